"""What is to be told: an action, and what makes it the same action again."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from domain.case.words import Role
from domain.clocks.schedule import Kind


class Action(BaseModel):
    """Something to tell people about an obligation, once. `at` is the nominal instant."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    at: datetime
    child: str
    obligation: str
    occurrence: int
    kind: Kind
    rung: int
    to: tuple[Role, ...]
    due: date | None
    clause: str
    message: str
    period: int = 1
    event: str | None = None

    @property
    def key(self) -> str:
        """The identity within a child's journey: an action of a key is never sent twice."""
        stem = action_stem(self.period, self.obligation, self.occurrence, self.due or self.event)
        return f"{stem}/{self.kind}/{self.rung}"

    @property
    def order(self) -> tuple[datetime, str, str, int, str, int]:
        return (self.at, self.child, self.obligation, self.occurrence, self.kind, self.rung)


def without_period(key: str) -> str:
    """What a key says beside the number of the period: by it an action is the same one (contract section 4)."""
    return key.partition("/")[2]


def stem_in_any_period(obligation: str, occurrence: int, what: date | str | None) -> str:
    """The same of a stem."""
    return f"{obligation}/{occurrence}/{what}"


def action_stem(period: int, obligation: str, occurrence: int, what: date | str | None) -> str:
    """What the actions about one due date (or one event) have in common in their keys."""
    return f"{period}/{obligation}/{occurrence}/{what}"

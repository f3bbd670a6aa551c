"""A line of the account, and the states it may be in: the one place where what is stored becomes a word for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from delivery.outbox import OutboxState
from domain.case.words import AccountState
from domain.clocks.schedule import Kind
from record.delivery_tables import Outcome, Via

How = Literal["message", "digest", "summary"]
"""By itself, in somebody's daily or weekly digest, or in the summary of a load."""

OF_ROW: Final[Mapping[OutboxState, AccountState]] = {
    "pending": AccountState.PLANNED,
    "gathered": AccountState.GATHERED,
    "closed": AccountState.GATHERED,
    "held": AccountState.GATHERED,
    "sent": AccountState.SENT,
    "superseded": AccountState.SUPERSEDED,
    "uncertain": AccountState.UNCERTAIN,
    "failed": AccountState.FAILED,
}
"""What a row of the outbox says by itself."""

OF_OUTCOME: Final[Mapping[Outcome, AccountState]] = {
    "begun": AccountState.UNCERTAIN,
    "sent": AccountState.SENT,
    "retry": AccountState.PLANNED,
    "down": AccountState.PLANNED,
    "refused": AccountState.FAILED,
    "bounced": AccountState.FAILED,
    "gave_up": AccountState.FAILED,
    "uncertain": AccountState.UNCERTAIN,
    "held": AccountState.GATHERED,
    "digested": AccountState.SENT,
    "released": AccountState.PLANNED,
    "superseded": AccountState.SUPERSEDED,
    "again": AccountState.PLANNED,
}
"""What the last attempt of a delivery says by itself."""

WENT: Final = frozenset({AccountState.SENT, AccountState.DELIVERED})
MAY_HAVE_GONE: Final = WENT | {AccountState.UNCERTAIN}
TO_COME: Final = frozenset({AccountState.PLANNED, AccountState.GATHERED})
UNDER_WAY: Final = "it is going at this moment, or its worker ended while it went"
SAID_OTHERWISE: Final = "it went another way"
PASSED_OVER_WHY: Final = "a later one said more, or it would have come too late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """That somebody is on to it, and how long its ladder stands still for that."""

    event: str
    on: date
    known_at: datetime
    until: date
    """The last day on which the ladder is held, by what was said and the longest that counts."""
    by: str | None
    """Who: a key of the directory, where it came by a link or the command; else as the case system wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt behind a line, as it stands in the ledger."""

    attempt: int
    outcome: Outcome
    began: datetime
    ended: datetime | None
    words: str | None
    provider: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One message to one person about one action in one role; or, without a person, why nobody is told."""

    child: str
    action_key: str
    period: int
    obligation: str
    """The obligation's id; of a notice or breach the notice's."""
    occurrence: int
    kind: Kind
    rung: int
    due: date | None
    clause: str
    at: datetime
    """The action's own time."""
    decided: datetime
    """When the journey truly decided it."""
    role: str | None
    """The role it is for, as a code. In a summary people also read what went to a rung above theirs."""
    person: str | None
    """As the directory calls them."""
    via: Via | None
    how: How
    channel: str | None
    state: AccountState
    gone: datetime | None
    """When it went, or may have gone."""
    expected: datetime | None
    """When it goes, where that is known: the next attempt, or about when the summary of a load is sent."""
    why: str | None
    """In words, why it stands so; or why it went to this person."""
    reference: str
    """The action's: what acknowledges it, the same for everyone who is told of it."""
    carried_by: str | None
    """The reference of the message that went: the action's own, or the digest's or summary's."""
    acknowledged: Acknowledged | None = None
    attempts: tuple[Tried, ...] = ()

    @property
    def went(self) -> bool:
        """Whether the person was told, as far as anybody can know."""
        return self.state in WENT

    @property
    def may_have_gone(self) -> bool:
        """Whether the person was told, or nobody can say that they were not."""
        return self.state in MAY_HAVE_GONE

    @property
    def is_to_come(self) -> bool:
        """Whether it is still to go."""
        return self.state in TO_COME

    @property
    def when(self) -> datetime:
        """Its place in time: when it went; else when it was decided."""
        return self.gone or self.decided

"""The links in messages: to a child and to record, on the desk; to acknowledge by, and to a calendar."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from delivery.tokens import Tokens

DESK: Final = "/desk"
"""Below which the desk is served at the intake's address."""


def path_of_child(child: str) -> str:
    """A child's page on the desk."""
    return f"{DESK}/children/{quote(child)}"


def path_of_step(child: str, step: str) -> str:
    """Where a step is recorded, booked or explained: it comes first on that page."""
    return f"{path_of_child(child)}/record?{urlencode({'step': step})}"


@dataclass(frozen=True, slots=True)
class Links:
    """Where people reach what messages link to; None where nothing can be reached."""

    ui_url: str | None = None
    namespace: str = "default"
    intake_url: str | None = None
    tokens: Tokens | None = None

    def journey(self, child: str) -> str | None:
        """A child's page: on the desk, which lets in whom it concerns; where people reach none, in the Temporal UI."""
        if self.intake_url is not None:
            return f"{self.intake_url.rstrip('/')}{path_of_child(child)}"
        if self.ui_url is None:
            return None
        return f"{self.ui_url.rstrip('/')}/namespaces/{quote(self.namespace)}/workflows/child-{quote(child)}"

    def record(self, child: str, step: str) -> str | None:
        """Where a step, or what a breach lacked, is recorded, booked or explained by whoever signs in."""
        return None if self.intake_url is None else f"{self.intake_url.rstrip('/')}{path_of_step(child, step)}"

    def acknowledge(self, reference: str, person: str) -> str | None:
        """Where somebody acknowledges an action by one press."""
        if self.intake_url is None or self.tokens is None:
            return None
        return f"{self.intake_url.rstrip('/')}/acknowledge/{self.tokens.for_acknowledging(reference, person)}"

    def calendar(self, whose: str, version: int) -> str | None:
        """Where a person's or team's calendar is."""
        if self.intake_url is None or self.tokens is None:
            return None
        return f"{self.intake_url.rstrip('/')}/calendar/{self.tokens.for_calendar(whose, version)}.ics"

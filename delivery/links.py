"""The links in messages: to a journey in the Temporal UI, to acknowledge by, and to a calendar."""

from dataclasses import dataclass
from urllib.parse import quote

from delivery.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Links:
    """Where people reach what messages link to; None where nothing can be reached."""

    ui_url: str | None = None
    namespace: str = "default"
    intake_url: str | None = None
    tokens: Tokens | None = None

    def journey(self, child: str) -> str | None:
        """A child's journey in the UI."""
        if self.ui_url is None:
            return None
        return f"{self.ui_url.rstrip('/')}/namespaces/{quote(self.namespace)}/workflows/child-{quote(child)}"

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

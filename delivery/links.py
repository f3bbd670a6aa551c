"""The links in messages: to a journey in the Temporal UI."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Links:
    """Where people reach what messages link to; None where nothing can be reached."""

    ui_url: str | None = None
    namespace: str = "default"

    def journey(self, child: str) -> str | None:
        """A child's journey in the UI."""
        if self.ui_url is None:
            return None
        return f"{self.ui_url.rstrip('/')}/namespaces/{quote(self.namespace)}/workflows/child-{quote(child)}"

    def acknowledge(self, _reference: str) -> str | None:
        """Where to acknowledge an action by one press."""
        return None

"""Whom a provider has let in, or why not: apart from `desk.provider`, which loads what it asks a provider with."""

from dataclasses import dataclass
from typing import Final

SIGNING_SECONDS: Final = 10 * 60
"""From leaving for the provider to coming back (ours: long enough for a second factor)."""


class ProviderFailed(Exception):
    """The provider did not let somebody in, or could not be asked. The text is for that person, and holds no value."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider has let in."""

    issuer: str
    subject: str
    person: str
    """What `sign_in` in the directory is compared with."""
    roles: tuple[str, ...]

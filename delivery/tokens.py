"""What stands in the links of messages: who may do what by them, signed, with nothing of the case in it.

By itsdangerous: HMAC, compared in constant time. Several keys may be valid at once, the newest last, so that a key is
changed without breaking the links of yesterday, and given up to break them all.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, NamedTuple

from itsdangerous import BadSignature, SignatureExpired, URLSafeSerializer, URLSafeTimedSerializer

from delivery.references import REFERENCE
from delivery.secret_files import read_secret

LINK_LASTS: Final = timedelta(days=60)
"""How long one may acknowledge by a link (ours: by then several later rungs have brought newer ones)."""

KEY_FILE: Final = "links.key"


class LinkRefused(ValueError):
    """A link that is not ours, or is no longer good. The text says what to do instead."""


class LinkNotOurs(LinkRefused):
    """A link that nobody here has made, or a part of one."""


class ForAcknowledging(NamedTuple):
    """Somebody's right to acknowledge an action."""

    reference: str
    person: str


class ForCalendar(NamedTuple):
    """Somebody's right to read their calendar; `version` is the one their directory entry had."""

    whose: str
    version: int


class Tokens:
    """Makes and reads what links carry."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._acknowledging = URLSafeTimedSerializer(list(keys), salt="acknowledge")
        self._calendar = URLSafeSerializer(list(keys), salt="calendar")

    def for_acknowledging(self, reference: str, person: str) -> str:
        """What a link to acknowledge an action carries."""
        return self._acknowledging.dumps([reference, person])

    def read_acknowledging(self, token: str) -> ForAcknowledging:
        """What such a link allows. Raises LinkRefused."""
        try:
            read = self._acknowledging.loads(token, max_age=int(LINK_LASTS.total_seconds()))
        except SignatureExpired:
            raise LinkRefused(
                f"this link was good for {LINK_LASTS.days} days; use that of the newest message about it"
            ) from None
        except BadSignature:
            raise LinkNotOurs(NOT_OURS) from None
        match read:
            case [str(reference), str(person)] if REFERENCE.fullmatch(reference):
                return ForAcknowledging(reference, person)
        raise LinkNotOurs(NOT_OURS)

    def for_calendar(self, whose: str, version: int) -> str:
        """What the address of a calendar carries."""
        return self._calendar.dumps([whose, version])

    def read_calendar(self, token: str) -> ForCalendar:
        """What such an address allows. Raises LinkRefused."""
        try:
            read: Any = self._calendar.loads(token)
        except BadSignature:
            raise LinkNotOurs(NOT_OURS) from None
        match read:
            case [str(whose), int(version)]:
                return ForCalendar(whose, version)
        raise LinkNotOurs(NOT_OURS)


NOT_OURS: Final = "this link is not complete, or none of ours; copy all of it from the message"


def key_in(folder: Path) -> str:
    """The key that an installation made for itself on first use, in a file that only its own user reads.

    Raises NotOurs where others could have written it, OSError where it cannot be read.
    """
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=folder, prefix=KEY_FILE) as made:  # readable by its own user only
            made.write(secrets.token_urlsafe(32))
            made.flush()
            with suppress(FileExistsError):  # another program was first, and its key stands
                path.hardlink_to(made.name)
    return read_secret(path)

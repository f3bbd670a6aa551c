"""What names a message: the reference a person types to acknowledge it, and the key that makes it unrepeatable.

Both are derived, never drawn: a worker that begins anew after a crash gives the same ones.
"""

import base64
import hashlib
import re
from typing import Final

REFERENCE: Final = re.compile(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}")
ACKNOWLEDGED: Final = "acknowledged-"
"""Begins the id of the event by which an action is acknowledged; its reference follows."""
LETTERS: Final = 12
"""60 bits (ours): among a million actions two share a reference with a chance below one in a million; and nobody
mistypes base32 into another one by accident."""


def reference_of(child: str, action_key: str) -> str:
    """The reference of an action, the same for everyone told, such as `K7QX-2MPA-V4TD`. It says nothing of the case."""
    return _grouped(_letters(f"{child}/{action_key}"))


def digest_reference(person: str, digest: str) -> str:
    """The reference of one person's digest."""
    return _grouped(_letters(f"digest/{digest}/{person}"))


def read_reference(typed: str) -> str | None:
    """A reference as it was typed (any case, with or without dashes), in its one form; None if it is none."""
    grouped = _grouped(re.sub(r"[\s-]", "", typed).upper())
    return grouped if REFERENCE.fullmatch(grouped) else None


def delivery_key(about: str, person: str, channel: str) -> str:
    """The idempotency key of telling one person one thing by one channel.

    `about` is the child and action key (`CLA-1001/1/initial-ppm/...`), or `digest/` and its day.
    """
    return f"{about}/{person}/{channel}"


def delivery_id(delivery: str) -> str:
    """An idempotency key as providers see it: nothing can be read out of it, and it is safe in a Message-ID or URL."""
    return "permanence-" + hashlib.sha256(delivery.encode()).hexdigest()[:24]


def address_hash(address: str) -> str:
    """An address as the ledger keeps it: enough to know whether it is the same one."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()[:16]


def _letters(what: str) -> str:
    return base64.b32encode(hashlib.sha256(what.encode()).digest()).decode()[:LETTERS]


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))

"""The keys that payloads are sealed with before Temporal keeps them: a ring, of which the newest seals.

They stand in PERMANENCE_PAYLOADS_KEYS, or in a file: PERMANENCE_PAYLOADS_KEYS_FILE, or one made in home on first use.
A key is known by its name, the beginning of its digest, which says nothing of it.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from delivery.secret_files import read_secret

KEY_FILE: Final = "payloads.key"
"""In the home folder: a key a line, the newest last."""

KEY_BITS: Final = 256
NAME_LENGTH: Final = 8


class KeysRefused(ValueError):
    """Keys that cannot be used; the text names the place and what is accepted, never a key."""


class KeyMissing(RuntimeError):
    """Something was sealed with a key of ours that is not on the ring; the text says where it should be."""


class KeyRing:
    """Keys by their names, read again where their file has changed: a key added counts without a restart.

    `used` are the names that Temporal's namespace is marked with: keys of ours, whether they are at hand or not.
    """

    def __init__(self, where: str, read: Callable[[], str], changed: Callable[[], int] = lambda: 0) -> None:
        self.where = where
        self.used: frozenset[str] = frozenset()
        self._read, self._changed = read, changed
        self._seen = -1
        self._keys: dict[str, AESGCM] = {}
        self._look()

    @classmethod
    def given(cls, keys: str) -> "KeyRing":
        """The keys of a setting, with commas between, the newest last. Raises KeysRefused."""
        return cls("PERMANENCE_PAYLOADS_KEYS", lambda: keys)

    @classmethod
    def of_file(cls, path: Path) -> "KeyRing":
        """The keys of a file, one a line, the newest last. Raises KeysRefused, NotOurs, OSError."""
        return cls(str(path), lambda: read_secret(path), lambda: path.stat().st_mtime_ns)

    @property
    def names(self) -> list[str]:
        """The names of the keys, the newest last."""
        return list(self._keys)

    def newest(self) -> tuple[str, AESGCM]:
        """The key that seals, and its name. One whose file is away for a moment goes on sealing."""
        with suppress(OSError, KeysRefused):
            self._look()
        name = self.names[-1]
        return name, self._keys[name]

    def opener(self, name: str) -> AESGCM | None:
        """The key of a name; None if it is none of ours. Raises KeyMissing if it is, and not at hand."""
        if name not in self._keys:
            with suppress(OSError, KeysRefused):
                self._look()
        if name not in self._keys and name in self.used:
            raise KeyMissing(missing([name], self.where))
        return self._keys.get(name)

    def _look(self) -> None:
        changed = self._changed()
        if changed != self._seen:
            self._keys, self._seen = _ring(self._read(), self.where), changed


def missing(names: Collection[str], where: str) -> str:
    """What is said where keys that were used are not on the ring."""
    which = f"the key {', '.join(sorted(names))}" if len(names) == 1 else f"the keys {', '.join(sorted(names))}"
    return (
        f"Temporal keeps what was sealed with {which}, which {where} does not hold. Put it back there, from a backup "
        f"of that file; if it is lost for good, docs/sealing.md says how the journeys begin anew from the case record"
    )


def new_key() -> str:
    """A key made at random, as it stands in a file."""
    return base64.urlsafe_b64encode(AESGCM.generate_key(KEY_BITS)).decode()


def name_of(key: bytes) -> str:
    """What a key is known by."""
    return hashlib.sha256(b"permanence payload key\0" + key).hexdigest()[:NAME_LENGTH]


def keys_in(home: Path) -> KeyRing:
    """The ring of an installation's home, begun with a key of its own. Raises KeysRefused, NotOurs, OSError."""
    path = home / KEY_FILE
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=home, prefix=KEY_FILE) as made:  # readable by its own user only
            made.write(new_key() + "\n")
            made.flush()
            with suppress(FileExistsError):  # another program was first, and its key stands
                path.hardlink_to(made.name)
    return KeyRing.of_file(path)


def name_of_text(key: str) -> str:
    """What a key is known by, as it stands in a file. Raises KeysRefused."""
    return next(iter(_ring(key, "what was given")))


def add_key(path: Path) -> str:
    """Put a new key last in a file, from when on it seals; its name. Raises KeysRefused, NotOurs, OSError."""
    name = prepare_key(path)
    take_in_key(path)
    return name


def prepare_key(path: Path) -> str:
    """Write beside a file its keys and a new one last, whole or not at all; the new one's name.

    One that was prepared before and not taken in is gone on with: the server may be marked with it already. Raises
    KeysRefused, NotOurs, OSError.
    """
    text, made = read_secret(path), _prepared(path)
    keys = list(_ring(text, str(path)))
    with suppress(FileNotFoundError, KeysRefused):
        *before, last = _ring(read_secret(made), str(made))
        if before == keys:
            return last
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        key = new_key()
        file.write(f"{text.rstrip()}\n{key}\n")
        file.flush()
        os.fsync(file.fileno())
    return name_of_text(key)


def take_in_key(path: Path) -> None:
    """Put what was prepared in the place of a file. Raises OSError."""
    _prepared(path).replace(path)


def _prepared(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _ring(text: str, where: str) -> dict[str, AESGCM]:
    keys = {}
    for number, line in enumerate(text.replace(",", "\n").split(), 1):
        try:
            key = base64.b64decode(line, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) * 8 != KEY_BITS:
            raise KeysRefused(
                f"{where}: the key in place {number} is none; accepted: {KEY_BITS} bits in base64, as "
                "`permanence keys new` makes them, with commas or line ends between"
            )
        keys[name_of(key)] = AESGCM(key)
    if not keys:
        raise KeysRefused(f"{where} holds no key; `permanence keys new` makes one")
    return keys

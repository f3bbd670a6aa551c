"""The keys that payloads are sealed with before Temporal keeps them: a ring, of which the newest seals.

They stand in PERMANENCE_PAYLOADS_KEYS, or in a file: PERMANENCE_PAYLOADS_KEYS_FILE, or one made in home on first use.
A key is known by its name, the beginning of its digest, which says nothing of it.
"""

import base64
import binascii
import fcntl
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from delivery.secret_files import NotOurs, read_secret

KEY_FILE: Final = "payloads.key"
"""In the home folder: a key a line, the newest last."""

KEY_BITS: Final = 256
NAME_LENGTH: Final = 8

ASK_EVERY: Final = 10.0
"""Seconds between askings whether the newest key may be used yet (ours: whoever rotates sees it soon)."""
STRANGE_AT_MOST: Final = 1_000
"""Names of strangers' keys that are remembered (ours: they come by mistake, or in malice)."""


class KeysRefused(ValueError):
    """Keys that cannot be used; the text names the place and what is accepted, never a key."""


class KeyMissing(RuntimeError):
    """Something was sealed with a key of ours that is not on the ring; the text says where it should be."""


class KeyRing:
    """Keys by their names, read again where their file has changed: a key added counts without a restart.

    `used` are the names that Temporal's namespace is marked with: keys of ours, whether they are at hand or not.
    `learn` asks it again: other programs may have begun with a key since. A program that keeps the marks adds there
    what it has.
    """

    def __init__(self, where: str, read: Callable[[], str], changed: Callable[[], int] = lambda: 0) -> None:
        self.where = where
        self.used: frozenset[str] = frozenset()
        self.learn: Callable[[], Awaitable[None]] = _nobody_to_ask
        self._strange: set[str] = set()
        self._asked_at = -ASK_EVERY
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
        """The keys of a file, one a line, the newest last. Raises KeysRefused, NotOurs."""
        return cls(str(path), lambda: _text_of(path), lambda: _changed(path))

    @property
    def names(self) -> list[str]:
        """The names of the keys, the newest last."""
        return list(self._keys)

    def newest(self) -> tuple[str, AESGCM]:
        """The key that seals, and its name: the newest that the namespace is marked with, if any is.

        So nothing is ever sealed with a key of which nobody could say later that it was lost.
        """
        marked = [name for name in self._keys if name in self.used]
        name = marked[-1] if marked else self.names[-1]
        return name, self._keys[name]

    def is_to_learn(self) -> bool:
        """Before something is sealed: whether the newest key was not used before, and is to be asked about.

        A key whose file is away for a moment goes on sealing.
        """
        self._look_if_there()
        now = time.monotonic()
        if self.names[-1] in self.used or now - self._asked_at < ASK_EVERY:
            return False
        self._asked_at = now
        return True

    async def know(self, name: str) -> None:
        """Before something is opened whose key is not at hand: ask whether it is ours by now.

        A key is marked before its first use, so that one that is not there is a stranger's for good.
        """
        if name not in self._keys:
            self._look_if_there()
        if name in self._keys or name in self.used or name in self._strange:
            return
        await self.learn()
        if name not in self.used:
            if len(self._strange) == STRANGE_AT_MOST:
                self._strange.clear()
            self._strange.add(name)

    def opener(self, name: str) -> AESGCM | None:
        """The key of a name; None if it is none of ours. Raises KeyMissing if it is, and not at hand."""
        if name not in self._keys:
            self._look_if_there()
        if name not in self._keys and name in self.used:
            raise KeyMissing(missing([name], self.where))
        return self._keys.get(name)

    def _look_if_there(self) -> None:
        with suppress(NotOurs, KeysRefused):
            self._look()

    def _look(self) -> None:
        changed = self._changed()
        if changed != self._seen:
            self._keys, self._seen = _ring(self._read(), self.where), changed


async def _nobody_to_ask() -> None:
    """Of a ring without a server: what it holds is all there is."""


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


def _text_of(path: Path) -> str:
    try:
        return read_secret(path)
    except NotOurs:
        raise
    except OSError as error:
        raise _unreadable(path, error) from None


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> KeysRefused:
    return KeysRefused(
        f"the keys of Temporal's payloads in {path} cannot be read: {error.strerror}; accepted: a file of the keys "
        "that were used, in home or where PERMANENCE_PAYLOADS_KEYS_FILE says"
    )


def name_of_text(key: str) -> str:
    """What a key is known by, as it stands in a file. Raises KeysRefused."""
    return next(iter(_ring(key, "what was given")))


def add_key(path: Path, key: str | None = None) -> str:
    """Put a key last in a file, from when on it seals; its name. Raises KeysRefused, NotOurs, OSError.

    Whole or not at all: a program killed here leaves the file as it was.
    """
    key = key or new_key()
    with _alone_in(path.parent):
        text = read_secret(path)
        _ring(text, str(path))
        made = path.with_name(f".{path.name}.new")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{text.rstrip()}\n{key}\n")
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    return name_of_text(key)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While nobody else adds a key there, who would write the file without ours, which may have sealed by then."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


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

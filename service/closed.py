"""Closed by default: what stands in the home folder is for its owner alone.

Our programs make files that only their user can read (service/closing.py). What is found looser is mended with a
word; a key or a list of credentials that others could have written is refused where it is read
(delivery/secret_files.py).
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from delivery.secret_files import WRITABLE_BY_OTHERS
from delivery.tokens import KEY_FILE
from service.payload_keys import KEY_FILE as PAYLOAD_KEYS

FOR_OTHERS: Final = 0o077
SECRETS: Final = (KEY_FILE, PAYLOAD_KEYS, "credentials.toml")
"""Whoever can write these is let in."""


def mend(home: Path, but_not: Iterable[Path] = ()) -> list[Path]:
    """Close the folder and what stands in it to others; what had been open.

    Links are not followed, and what another user owns is left as it is. `but_not`: the authority's own files.
    """
    spared = {path.resolve() for path in but_not}
    return [path for path in _ours_in(home) if path.resolve() not in spared and _close(path)]


def _ours_in(home: Path) -> Iterator[Path]:
    """The folder, its files and those of the demo; a closed folder closes whatever lies deeper."""
    for folder in (home, home / "demo"):
        if folder.is_dir() and not folder.is_symlink():
            yield folder
            yield from sorted(path for path in folder.iterdir() if path != home / "demo")


def _close(path: Path) -> bool:
    try:
        status = path.lstat()
        if path.name in SECRETS and status.st_mode & WRITABLE_BY_OTHERS:  # for a person to look at first
            return False
        if not status.st_mode & FOR_OTHERS or stat.S_ISLNK(status.st_mode) or status.st_uid != os.geteuid():
            return False
        if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:  # a place for everybody, such as /tmp
            return False
        path.chmod(stat.S_IMODE(status.st_mode) & ~FOR_OTHERS)
    except FileNotFoundError:  # gone meanwhile
        return False
    return True


def in_words(mended: list[Path]) -> str:
    """What is said of what was mended."""
    names = ", ".join(path.name for path in mended[:5]) + (f" and {len(mended) - 5} more" if len(mended) > 5 else "")
    return (
        f"Others could read what was for its owner alone, and now cannot: {names}. Where others use this machine, "
        "renew the credentials and keys."
    )

"""Reading files with secrets: never one that others could have put there."""

import os
import stat
from pathlib import Path

WRITABLE_BY_OTHERS = 0o022


class NotOurs(OSError):
    """Others could have written the file, or something did; the text names it and says what to do."""


def read_secret(path: Path) -> str:
    """The text of a file that only we, or the administrator, can have written. Raises NotOurs, OSError.

    Looked at is the open file itself: a link is followed, but not to what another user owns.
    """
    with path.open(encoding="utf-8") as file:
        status = os.fstat(file.fileno())
        if status.st_uid not in (os.geteuid(), 0):
            raise NotOurs(f"{path} belongs to another user, who could put anything there; let it belong to this one")
        if status.st_mode & WRITABLE_BY_OTHERS:
            mode = stat.filemode(status.st_mode)
            raise NotOurs(
                f"{path} can be written by others ({mode}), so that what stands there may be theirs; look at it, "
                f"then close it: chmod 600 {path}"
            )
        try:
            return file.read()
        except UnicodeDecodeError:
            raise NotOurs(
                f"{path} cannot be read: it holds no text; put back what stood there, from a backup"
            ) from None

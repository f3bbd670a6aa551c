"""A copy of a SQLite database in use, as it is at one instant: by SQLite's own backup, never by copying its file."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

UNFINISHED: Final = ".unfinished"
"""At the end of the name of a copy that is being made, or was cut off."""


class CopyRefused(RuntimeError):
    """A copy that could not be made, or is not whole; the text says why."""


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that others may be reading and writing; readable by its owner only. Raises CopyRefused.

    In one step: with the write-ahead log on, it reads one snapshot, and no writer waits for it. The copy stands alone,
    without a log beside it, and is put in its place only once it is whole.
    """
    unfinished = target.with_name(target.name + UNFINISHED)
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
            closing(sqlite3.connect(unfinished)) as writing,
        ):
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode=DELETE")
            [said] = writing.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise CopyRefused(f"the copy of {source.name} is not whole: {said}")
        unfinished.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise CopyRefused(f"{source.name} could not be copied to {target}: {error}") from None

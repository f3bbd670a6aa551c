"""Files that commands write."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from cli.errors import Refused


def write_privately(file: Path, text: str) -> None:
    """Write what only its owner may read, in the place of what was there, and whole or not at all. Raises Refused.

    What is no file of its own, such as /dev/stdout, is written to as it is.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_text(text, encoding="utf-8")
            return
        with NamedTemporaryFile("w", dir=file.resolve().parent, encoding="utf-8", delete=False) as made:
            try:
                made.write(text)
                made.flush()
                os.fsync(made.fileno())
                Path(made.name).replace(file.resolve())
            except BaseException:
                Path(made.name).unlink()
                raise
    except OSError as error:
        raise Refused(f"{file}: it cannot be written: {error.strerror}") from None

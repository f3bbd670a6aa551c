"""Files that commands write."""

from pathlib import Path

from cli.errors import Refused


def write_privately(file: Path, text: str) -> None:
    """Write what only its owner may read, in the place of what was there. Raises Refused."""
    try:
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{file}: it cannot be written: {error.strerror}") from None

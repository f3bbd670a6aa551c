"""What our programs write is for their user alone, whatever the shell says. Every command begins so."""

import os
from typing import Final

UMASK: Final = 0o077


def close_to_others() -> None:
    """From now on this program's files are for its user alone."""
    os.umask(UMASK)

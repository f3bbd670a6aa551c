"""What goes wrong, in words: a clear message on stderr and an exit code; a traceback only if asked for."""

import traceback
from typing import Final

from cli.output import say

FAILED: Final = 1
REFUSED: Final = 2


class CommandFailed(Exception):
    """A command could not do its work, though what it was given was right. The text says what to do."""

    exit_code = FAILED


class Refused(CommandFailed):
    """What was given cannot be taken. The text names it and says what would be accepted."""

    exit_code = REFUSED


def tell(error: Exception, *, debug: bool) -> int:
    """Say on stderr what went wrong; the exit code to end with."""
    if debug:
        say("".join(traceback.format_exception(error)), err=True)
    message, exit_code = _in_words(error)
    say(f"permanence: {message}", err=True)
    return exit_code


def _in_words(error: Exception) -> tuple[str, int]:
    if isinstance(error, CommandFailed):
        return str(error), error.exit_code
    # Every room and the engine: a command that goes well, or fails in its own words, need not load all that can.
    from cli.failures import in_words

    return in_words(error)

"""What goes wrong, in words: a clear message on stderr and an exit code; a traceback only if asked for."""

import traceback
from typing import Final

from cli.output import say

FAILED: Final = 1
REFUSED: Final = 2
NO_ANSWER: Final = "What was done by then stays done; see how it stands with `permanence health`, and run this again"


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
    # Once something has gone wrong: a command that goes well need not load all that can.
    from temporalio.service import RPCError

    from cli.configured import who_is_meant
    from delivery.secret_files import NotOurs
    from delivery.settings import DeliveryRefused
    from domain.case.events import EventRefused
    from domain.policy.loading import PolicyRefused
    from domain.study.simulation import FileRefused
    from intake.files import FileUnreadable
    from intake.returns.tables import ReturnRefused
    from journeys.skipping import ClockStuck
    from journeys.whole import NoJourney
    from local.driver import RehearsalStuck
    from local.server import ServerDidNotStart
    from service.keeping import GaveUp
    from service.locate import NoService

    match error:
        case NotOurs() | GaveUp() | NoService() | ServerDidNotStart() | ClockStuck() | RehearsalStuck():
            return str(error), FAILED
        case RPCError():
            return f"the Temporal server gave no answer ({error.status.name.lower()}). {NO_ANSWER}", FAILED
        case FileRefused():
            return _every_line(error.problems), REFUSED
        case NoJourney():
            return f"{error}{who_is_meant(error.child)[error.child]}", REFUSED
        case EventRefused() | PolicyRefused() | DeliveryRefused() | FileUnreadable() | ReturnRefused():
            return str(error), REFUSED
    return (
        f"unexpected {_without_content(error)}; `permanence --debug COMMAND ...` (or PERMANENCE_DEBUG=1) "
        "shows where it happened",
        FAILED,
    )


def _every_line(problems: list[tuple[int, str]]) -> str:
    numbers = len({number for number, _ in problems})
    count = "1 line of the file is" if numbers == 1 else f"{numbers} lines of the file are"
    return "\n".join(
        [f"{count} refused, so nothing is done", *(f"line {number}: {reason}" for number, reason in problems)]
    )


def _without_content(error: Exception) -> str:
    """What kind of error it is. Its own text may repeat what a case says, so only the system's is shown."""
    kind = type(error).__name__
    return f"{kind}: {error.strerror}" if isinstance(error, OSError) and error.strerror else kind

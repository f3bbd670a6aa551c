"""What each kind of error is in words: those that any room raises for people, and those that nobody foresaw."""

from typing import Final

from temporalio.service import RPCError, RPCStatusCode

from cli.configured import who_is_meant
from cli.errors import FAILED, REFUSED
from delivery.secret_files import NotOurs
from delivery.settings import DeliveryRefused
from domain.case.documents import EventRefused
from domain.policy.loading import PolicyRefused
from domain.study.simulation import FileRefused
from intake.files import FileUnreadable
from intake.returns.rows import ReturnRefused
from journeys.no_journey import NoJourney
from journeys.skipping import ClockStuck
from local.driver import RehearsalStuck
from local.server import ServerDidNotStart
from record.failures import EntryRefused, RecordUnavailable, Unreadable
from service.connection import TemporalSettingsRefused
from service.installation import TwoInstallations
from service.keeping import GaveUp
from service.locate import NoService
from service.payload_keys import KeyMissing, KeysRefused
from service.ports import NoFreePort

NO_ANSWER: Final = "What was done by then stays done; see how it stands with `permanence health`, and run this again"


def in_words(error: Exception) -> tuple[str, int]:
    """What to say of an error, and the exit code to end with."""
    match error:
        case (
            NotOurs()
            | KeysRefused()
            | KeyMissing()
            | GaveUp()
            | NoFreePort()
            | NoService()
            | ServerDidNotStart()
            | ClockStuck()
            | RecordUnavailable()
            | TwoInstallations()
            | RehearsalStuck()
        ):
            return str(error), FAILED
        case Unreadable():
            return str(error), FAILED
        case EntryRefused():
            return f"{error}, or holds one that cannot be read: `permanence record verify` names it", FAILED
        case RPCError(status=RPCStatusCode.NOT_FOUND) if error.message.startswith("Namespace "):
            return f"{error.message} TEMPORAL_NAMESPACE names one; `permanence namespace prepare` makes it", FAILED
        case RPCError():
            return (
                f"the Temporal server gave no answer ({error.status.name.lower().replace('_', ' ')}). {NO_ANSWER}",
                FAILED,
            )
        case FileRefused():
            return _every_line(error.problems), REFUSED
        case NoJourney():
            return f"{error}{who_is_meant(error.child)[error.child]}", REFUSED
        case (
            EventRefused()
            | PolicyRefused()
            | DeliveryRefused()
            | FileUnreadable()
            | ReturnRefused()
            | TemporalSettingsRefused()
        ):
            return str(error), REFUSED
        case OSError(filename=file, strerror=str(why)) if file is not None:
            return f"{file}: {why}", FAILED
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

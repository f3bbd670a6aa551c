"""The case record of the service here, for commands that look into it or mend it without the service."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.errors import CommandFailed
from cli.known import did_you_mean
from cli.running import settings
from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.installation import TwoInstallations, agreed, of_home, of_record
from service.locate import record_of_service


@contextmanager
def case_record(*, of_any_installation: bool = False) -> Iterator[CaseRecord]:
    """The case record, for as long as the context lasts.

    Raises CommandFailed where there is none, or not now, or where it is of another installation than the home folder.
    """
    here = settings()
    if here.database_url is None and not (here.home / "case-record.db").exists():
        raise CommandFailed(
            f"there is no case record in {here.home}. `permanence up` makes one; "
            "PERMANENCE_HOME and PERMANENCE_DATABASE_URL say where another is"
        )
    try:
        record = CaseRecord.open(here.record_url)
        try:
            if not of_any_installation:
                agreed([of_record(record), of_home(here.home)])
            yield record
        finally:
            record.close()
    except (RecordUnavailable, TwoInstallations) as error:
        raise CommandFailed(str(error)) from None


def who_is_meant(*children: str) -> dict[str, str]:
    """For each child a question to end a refusal with, asked among the children of the service's record.

    Empty of one that is known, of one that is like none, and where the record cannot be asked.
    """
    try:
        record = CaseRecord.open(record_of_service(settings()))
        try:
            known = record.children()
        finally:
            record.close()
    except RecordUnavailable:
        known = []
    return {child: did_you_mean(child, known) for child in children}

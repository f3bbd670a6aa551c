"""The case record of the service here, for commands that look into it or mend it without the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.errors import CommandFailed
from cli.service import settings

if TYPE_CHECKING:
    from record.store import CaseRecord


@contextmanager
def case_record() -> "Iterator[CaseRecord]":
    """The case record, for as long as the context lasts. Raises CommandFailed where there is none, or not now."""
    from record.failures import RecordUnavailable
    from record.store import CaseRecord

    here = settings()
    if here.database_url is None and not (here.home / "case-record.db").exists():
        raise CommandFailed(
            f"there is no case record in {here.home}. `permanence up` makes one; "
            "PERMANENCE_HOME and PERMANENCE_DATABASE_URL say where another is"
        )
    try:
        record = CaseRecord.open(here.record_url)
        try:
            yield record
        finally:
            record.close()
    except RecordUnavailable as unavailable:
        raise CommandFailed(str(unavailable)) from None

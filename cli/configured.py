"""The settings, and the case record that they name, for commands. What they import they import when run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.errors import CommandFailed, Refused

if TYPE_CHECKING:
    from record.store import CaseRecord
    from service.settings import Settings


def settings() -> "Settings":
    """What the environment says. Raises Refused naming every variable that is wrong."""
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        told = "; ".join(f"PERMANENCE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise Refused(told) from None


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

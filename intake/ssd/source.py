"""An SSD as a source: read in one snapshot, told as events, and kept from speaking where it is older than before."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from domain.case.calendar import local_date
from domain.policy.loading import Policies
from intake.sources.imported import Imported
from intake.sources.read import Progress, SourceRead
from intake.ssd.covering import NOBODY, beginning_no_earlier, covered_by, extract_of, why_not
from intake.ssd.database import address_of, read_tables, shown
from intake.ssd.events import events_of
from intake.ssd.mapping import CARRIED
from intake.ssd.periods import SOURCE
from intake.ssd.rows import SsdTables
from record.extracts import Extract, Extracts
from record.store import CaseRecord

SCHEMA: Final = "schema"
"""In the query of a URL: the schema that the tables lie in."""


@dataclass(frozen=True, slots=True)
class SsdOptions:
    """How an SSD is read. `as_at`: the day it was filled, if somebody knows it.

    `even_so`: even if it seems older, and for all days that it would speak for if it were read for the first time.
    """

    schema: str | None = None
    as_at: date | None = None
    even_so: bool = False


AS_IT_IS: Final = SsdOptions()


def tables_of(url: str, options: SsdOptions = AS_IT_IS, progress: Progress = lambda done, of: None) -> SsdTables:
    """The rows of an SSD, by its database's URL. Raises SsdRefused."""
    address = address_of(url)
    named = address.query.get(SCHEMA)
    schema = options.schema or (named if isinstance(named, str) else None)
    return read_tables(address.difference_update_query([SCHEMA]), schema, progress)


def ssd_read(
    url: str,
    tables: SsdTables,
    policies: Policies,
    policy: str,
    now: datetime,
    record: CaseRecord | None = None,
    progress: Progress = lambda done, total: None,
    options: SsdOptions = AS_IT_IS,
) -> tuple[SourceRead, Imported]:
    """What an SSD says now, beside what the record kept of earlier readings.

    Raises PolicyRefused for an unknown policy, RecordUnavailable.
    """
    today = local_date(now)
    before = None if record is None or options.even_so else _last_taken(record)
    covered = beginning_no_earlier(covered_by(tables, today, options.as_at), before)
    imported = events_of(tables, policies.resolve(policy), policies.ids(), today, covered, progress)
    stale = why_not(tables, covered, before, exactly=options.as_at is not None)

    def keep(record: CaseRecord, read_at: datetime) -> None:
        Extracts(record.engine).keep([extract_of(tables, covered, read_at)])

    read = SourceRead(
        SOURCE, shown(address_of(url)), imported.events, imported.covered, imported.doubts, CARRIED, covered.until,
        stale=stale, children=imported.children, keep=keep,
    )  # fmt: skip
    if not stale:
        return read, imported
    return replace(read, events={}, covered={}, doubts=[]), imported.without_what_it_says()


def _last_taken(record: CaseRecord) -> Extract | None:
    """What is remembered of the last reading that was taken."""
    kept = Extracts(record.engine).latest(SOURCE, [NOBODY]).get(NOBODY, [])
    return kept[-1] if kept else None

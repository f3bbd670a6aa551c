"""Reports kept as they were shown, and by what one sees that the record has moved since."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zlib import compress, decompress

from sqlalchemy import Engine, delete, func, not_, select

from record.caseload_reading import LEFT_OUT
from record.caseload_tables import CaseloadChild
from record.engine import INSERT, readers
from record.failures import in_plain_words
from record.report_tables import ReportChild, ReportPage

KEPT: Final = timedelta(days=1)
"""For so long and no longer: each says which day it is of."""
QUICKLY: Final = 1
"""How hard a page is compressed: one of 1.3 MB becomes 150 kB in 10 ms."""


class RecordState(NamedTuple):
    """How far the record is: another word after anything is written, worked out again or removed."""

    word: str
    settled: bool
    """Whether everything that is written, and can be read, is in the report's rows."""


class PageKept(NamedTuple):
    """A report as it was shown, made at an instant of a state in so many milliseconds."""

    made_at: datetime
    took: int
    state: str
    html: str


class ReportPages:
    """Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def state(self, left_out: Collection[str] = ()) -> RecordState:
        """How far the record is; to be asked before the report's rows are read.

        `left_out`: who is in no number, though lists have them (ReportKeeper.left_out): nobody waits for those either.
        """
        written, derived = func.sum(CaseloadChild.written), func.sum(CaseloadChild.derived)
        lists = select(func.count(), written, derived, func.max(CaseloadChild.derived_at)).where(not_(LEFT_OUT))
        lists = lists.where(CaseloadChild.child.not_in(left_out))
        lines = select(func.count(), func.sum(ReportChild.derived)).select_from(ReportChild)
        with in_plain_words(), readers(self._engine).connect() as connection:
            of_lists, of_lines = connection.execute(lists).one(), connection.execute(lines).one()
        settled = of_lists[:2] == tuple(of_lines)
        return RecordState(" ".join(map(str, (*of_lists, *of_lines))), settled)

    def find(self, key: str) -> PageKept | None:
        """The page of a key."""
        query = select(ReportPage.made_at, ReportPage.took, ReportPage.state, ReportPage.html)
        with in_plain_words(), readers(self._engine).connect() as connection:
            row = connection.execute(query.where(ReportPage.key == key)).one_or_none()
        return PageKept(row.made_at, row.took, row.state, decompress(row.html).decode()) if row else None

    def keep(self, key: str, page: PageKept) -> None:
        """Keep a page in the place of an older one; whoever comes later with an older one changes nothing."""
        values = {**page._asdict(), "html": compress(page.html.encode(), QUICKLY)}
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(delete(ReportPage).where(ReportPage.made_at < page.made_at - KEPT))
            row = INSERT[connection.dialect.name](ReportPage).values(key=key, **values)
            newer = ReportPage.made_at <= page.made_at
            connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=values, where=newer))

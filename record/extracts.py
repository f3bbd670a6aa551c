"""What sources said, kept: of each child the latest reading of each part, and the days it speaks for."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, func, select

from record.engine import insert_new, readers
from record.extract_tables import ExtractRow
from record.failures import in_plain_words

AT_ONCE: Final = 500
"""Children asked for in one query (ours: SQLite takes 32,766 parameters, and a reader should not hold it for long)."""


class Extract(NamedTuple):
    """What a source said of a child, of one part, when it was read; it speaks for the days from `since` to `until`."""

    source: str
    child: str
    part: str
    read_at: datetime
    since: date
    until: date
    said: dict[str, Any]


class Extracts:
    """The extracts of a record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, extracts: Iterable[Extract]) -> None:
        """Keep what was read. Raises RecordUnavailable."""
        rows = [extract._asdict() for extract in extracts]
        with in_plain_words(), self._engine.begin() as connection:
            insert_new(connection, ExtractRow, rows)

    def latest(self, source: str, children: Sequence[str]) -> dict[str, list[Extract]]:
        """The latest extract of each part, by child, for some children. Raises RecordUnavailable."""
        by_child: dict[str, list[Extract]] = {}
        for start in range(0, len(children), AT_ONCE):
            for extract in self._latest(source, children[start : start + AT_ONCE]):
                by_child.setdefault(extract.child, []).append(extract)
        return by_child

    def _latest(self, source: str, children: Sequence[str]) -> list[Extract]:
        of_these = (ExtractRow.source == source, ExtractRow.child.in_(children))
        newest = select(func.max(ExtractRow.number)).where(*of_these).group_by(ExtractRow.child, ExtractRow.part)
        columns = (getattr(ExtractRow, name) for name in Extract._fields)
        query = select(*columns).where(ExtractRow.number.in_(newest)).order_by(ExtractRow.child, ExtractRow.part)
        with in_plain_words(), readers(self._engine).connect() as connection:
            return [Extract(*row) for row in connection.execute(query)]

"""What returns said, kept child by child, so that a year's return that is read alone still stands beside the others.

Reading 2024 and then 2025, or 2025 and then 2024, or both at once, gives the same: each time all that was ever said of
a child is put together anew, and what has been taken from it is compared with that.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from intake.returns.care import SOURCE
from intake.returns.reading import day_in, reference_of
from intake.returns.rows import DAYS, READ, Return, ReturnRow
from intake.sources.covered import Covered
from intake.sources.holding import SourceHolding
from record.extracts import Extract

FEW: Final = 2
"""Rows that a table of a return may lose though they are most of it (ours: a year may have one or two children placed
for adoption, and one row that is corrected away must not keep every night's return from being taken)."""
Table = dict[str, list[ReturnRow]]


def children_of(returns: Iterable[Return]) -> list[str]:
    """The children that returns speak of."""
    return sorted({child for year in returns for child in _by_child(year)})


def extracts_of(returns: Sequence[Return], read_at: datetime) -> list[Extract]:
    """What the returns say of each child, to be kept: nothing, of a year that they deny. Their days must be known."""
    return [
        Extract(SOURCE, child, f"{year.year}", read_at, covered.since, covered.until, _said(tables))
        for year, covered, child, tables in _spoken(returns)
    ]


def _spoken(returns: Sequence[Return]) -> Iterator[tuple[Return, Covered, str, Table]]:
    """What each return says of each child; of one whom the returns deny to have been in it, nothing."""
    read = [_by_child(year) for year in returns]
    children = sorted({child for year in read for child in year})
    for year, own in zip(returns, read, strict=True):
        for child in children:
            if year.covered and (child in own or _denied(child, year.covered, read)):
                yield year, year.covered, child, own.get(child, {})


def why_not(returns: Sequence[Return], kept: Mapping[str, Sequence[Extract]]) -> str:
    """Why nothing of these returns is taken beside what was read before, in words; empty where it is.

    Compared are the same children in the same year's tables: who is new in it, or in it no more, loses nothing.
    """
    # A Reviews table of 2025/26 that was saved as its heading alone would take back every review of that year.
    counting = {(each.child, each.part): each for own in kept.values() for each in own}
    now, before, read_at = _Counting(), _Counting(), datetime.min.replace(tzinfo=UTC)
    for year, covered, child, tables in _spoken(returns):
        earlier = counting.get((child, f"{year.year}"))
        if earlier and earlier.until <= covered.until:  # an older extract takes nothing back
            now.count(year, tables)
            before.count(year, _rows(earlier))
            read_at = max(read_at, earlier.read_at)
    return now.held.less_than(before.held, read_at, few=FEW)


class _Counting:
    """What returns hold, by table and year, as it is counted child by child."""

    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._cells: Counter[str] = Counter()

    @property
    def held(self) -> SourceHolding:
        return SourceHolding(self._rows, self._cells)

    def count(self, year: Return, tables: Table) -> None:
        """Count a child's rows in those tables that the year's return has."""
        for name in tables.keys() & year.tables.keys():
            of = f"of {year.year}/{((year.year or 0) + 1) % 100:02}"
            self._rows[f"{name} {of}"] += len(tables[name])
            for column in READ[name]:
                reads = day_in if column in DAYS else bool
                self._cells[f"{name}.{column} {of}"] += sum(bool(reads(row[column])) for row in tables[name])


def beside(returns: Sequence[Return], kept: Mapping[str, Sequence[Extract]]) -> tuple[list[Return], list[Extract]]:
    """The returns with what earlier readings said of their children; and those of the kept that speak until later.

    Of a return read before, the one that was drawn later counts, and of two drawn at once the one read last. A table
    that a return lacks stays as it was said before.
    """
    together: list[Return] = []
    read = [_by_child(year) for year in returns]
    spoken_of = sorted({child for children in read for child in children})
    counting = {(each.child, each.part): each for child in spoken_of for each in kept.get(child, ())}
    stale: list[Extract] = []
    for year, children in zip(returns, read, strict=True):
        tables: Table = {name: [] for name in year.tables}
        for child in spoken_of:
            before = counting.get((child, f"{year.year}"))
            if before and year.covered and before.until > year.covered.until:
                stale += [before] * (child in children)
            elif child in children:
                _add(tables, children[child] | (_lacking(before, year) if before else {}))
                counting.pop((child, f"{year.year}"), None)
            elif before and year.covered and _denied(child, year.covered, read):
                del counting[child, f"{year.year}"]
        together.append(Return(year.year, tables, year.covered))
    return [*together, *_returns(counting.values())], stale


def _denied(child: str, covered: Covered, read: Sequence[Mapping[str, Table]]) -> bool:
    """Whether returns say that a child who is not in a year had left by then: none of their episodes reaches into it.

    Who is in care by another return, and not in this, is missing from it: what was said before stays.
    """
    episodes = [row for year in read for row in year.get(child, {}).get("Episodes", ())]
    return bool(episodes) and not any(_reaches(row, covered) for row in episodes)


def _reaches(row: ReturnRow, covered: Covered) -> bool:
    start, end = day_in(row["DECOM"]), day_in(row["DEC"])
    return (start is None or start <= covered.until) and (end is None or end >= covered.since)


def newly_said(extracts: Sequence[Extract], kept: Mapping[str, Sequence[Extract]]) -> list[Extract]:
    """What is to be kept of some extracts: not what was said before, nor what an earlier reading has overtaken."""
    before = {(each.child, each.part): each for own in kept.values() for each in own}
    return [each for each in extracts if _is_news(each, before.get((each.child, each.part)))]


def _is_news(extract: Extract, before: Extract | None) -> bool:
    if before is None:
        return bool(extract.said)
    return extract.until >= before.until and (extract.until, extract.said) != (before.until, before.said)


def _lacking(before: Extract, year: Return) -> Table:
    """The tables of an earlier reading that this one does not have at all."""
    return {name: rows for name, rows in _rows(before).items() if name not in year.tables}


def _add(tables: Table, more: Table) -> None:
    for name, rows in more.items():
        tables.setdefault(name, []).extend(rows)


def _by_child(year: Return) -> dict[str, Table]:
    by_child: dict[str, Table] = {}
    for table in READ:
        for row in year.rows(table):
            ref = reference_of(row["CHILD"])
            if ref:
                by_child.setdefault(ref, {}).setdefault(table, []).append(row)
    return by_child


def _said(tables: Table) -> dict[str, Any]:
    """Rows as JSON: the file, the line and the cells that are read."""
    return {
        table: [[row.file, row.line, {name: row[name] for name in READ[table] if row[name]}] for row in rows]
        for table, rows in tables.items()
    }


def _rows(extract: Extract) -> Table:
    return {table: [ReturnRow(file, line, cells) for file, line, cells in rows] for table, rows in extract.said.items()}


def _returns(extracts: Iterable[Extract]) -> Iterator[Return]:
    """Kept extracts as returns again, one for each span of days that they speak for."""
    together: dict[tuple[str, Covered], Table] = {}
    for extract in extracts:
        tables = together.setdefault((extract.part, Covered(extract.since, extract.until)), {})
        _add(tables, _rows(extract))
    for (part, covered), tables in together.items():
        yield Return(int(part), tables, covered)

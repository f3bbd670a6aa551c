"""The days an SSD speaks for, and whether it is older, or less, than what was read before.

Nothing in an SSD says when it was filled. It is taken to speak until the latest day that stands in it, so that what
came later is never voided by an older copy. Many hold the last six years only: what ended before is no longer in it,
and so it speaks from the earliest day on which anything in it ended or was held, and never from an earlier one than
when it was read last.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from intake.sources.covered import Covered
from intake.sources.holding import SourceHolding
from intake.ssd.mapping import TABLES
from intake.ssd.periods import SOURCE
from intake.ssd.reading import case_day, is_empty
from intake.ssd.rows import SsdTables
from record.extracts import Extract

POINTS: Final = (("ssd_cla_reviews", "clar_cla_review_date"),)
ENDS: Final = (
    ("ssd_cla_episodes", "clae_cla_episode_ceased_date"),
    ("ssd_legal_status", "lega_legal_status_end_date"),
    ("ssd_cla_placement", "clap_cla_placement_end_date"),
    ("ssd_involvements", "invo_involvement_end_date"),
)
A_WEEK: Final = timedelta(days=7)
"""By how much the latest day may move back before the dataset is an older copy (ours: rows of a few days may be taken
back; a council writes down something of some child on every working day)."""
PART: Final = "all"
NOBODY: Final = ""
"""In the place of the child: it is of the dataset as a whole."""


def covered_by(tables: SsdTables, today: date, as_at: date | None = None) -> Covered:
    """The days that the tables speak for; `as_at`: the day they were filled, if somebody knows it."""
    lived = [day for name, column in _days() for day in _of(tables, name, column) if day <= today]
    until = as_at or max(lived, default=date.min)
    gone = [day for name, column in (*POINTS, *ENDS) for day in _of(tables, name, column)]
    return Covered(min([*gone, until]), until)


def beginning_no_earlier(covered: Covered, before: Extract | None) -> Covered:
    """The days that the tables speak for, but for those of which the last reading taken said nothing any more."""
    # An end typed as 2006 opens eleven years again: reviews of 2017, whose rows have left the dataset, would be voided.
    return covered if before is None else replace(covered, since=max(covered.since, before.since))


def _days() -> list[tuple[str, str]]:
    """All columns that hold days of what happened; a birth says nothing of when the tables were filled."""
    return [(one.name, each.name) for one in TABLES for each in one.columns if each.kind == "day" and (
        one.name != "ssd_person")]  # fmt: skip


def _of(tables: SsdTables, name: str, column: str) -> Iterable[date]:
    for rows in tables.tables.get(name, {}).values():
        for row in rows:
            day = case_day(row[column])
            if day:
                yield day


def extract_of(tables: SsdTables, covered: Covered, read_at: datetime) -> Extract:
    """What is remembered of a reading: for which days it spoke, and how much each table held."""
    said = asdict(_held(tables))
    return Extract(SOURCE, NOBODY, PART, read_at, covered.since, covered.until, said)


def _held(tables: SsdTables) -> SourceHolding:
    return SourceHolding(tables.counts(), _cells(tables))


def _cells(tables: SsdTables) -> dict[str, int]:
    """How many cells of each column say something that can be read."""
    # A column that is renamed, emptied or written as 20260105 overnight says nothing; what it said is not untrue so.
    counts: dict[str, int] = {}
    for one in TABLES:
        rows = [row for own in tables.tables.get(one.name, {}).values() for row in own]
        for each in one.columns:
            reads = case_day if each.kind == "day" else _says
            counts[f"{one.name}.{each.name}"] = sum(bool(reads(row[each.name])) for row in rows)
    return counts


def _says(cell: Any) -> bool:
    return not is_empty(cell)


def why_not(tables: SsdTables, covered: Covered, before: Extract | None, *, exactly: bool = False) -> str:
    """Why nothing of this is taken beside what was read before, in words; empty where it is.

    `exactly`: that somebody said when it was filled.
    """
    if before is None:
        return ""
    if covered.until < before.until - (timedelta(0) if exactly else A_WEEK):
        return f"it speaks until {covered.until}; what was read on {before.read_at:%Y-%m-%d} spoke until {before.until}"
    said = before.said
    return _held(tables).less_than(SourceHolding(said.get("rows", {}), said.get("cells", {})), before.read_at)

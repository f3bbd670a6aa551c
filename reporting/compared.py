"""Known then beside known now: what was recorded late, or put right since, shows in the difference."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from domain.case.calendar import local_date
from domain.clocks.wording import short_date
from reporting.kept import ReportLines
from reporting.tables import Column, Definition, MakeTable, ReportTable, TableRow
from reporting.timeliness import OUTCOMES, SAYS, StepsJudged, timeliness

BESIDE: Final = {"reviews-by-month": "statutory", "meetings-by-month": "local"}
"""The tables laid side by side, each by the limit that it is first asked about."""
NAMES: Final = ("due", *OUTCOMES, "share")


def compared(then: ReportLines, now: ReportLines) -> dict[str, MakeTable]:
    """Reviews by the law's limit and meetings by the procedure's, of the same days: as known then, and as known now."""
    older, newer = timeliness(StepsJudged(then)), timeliness(StepsJudged(now))

    def beside(key: str, limit: str) -> ReportTable:
        return _beside(older[key](), newer[key](), limit, then)

    return {f"{key}-known-then": partial(beside, key, limit) for key, limit in BESIDE.items()}


def _beside(then: ReportTable, now: ReportTable, limit: str, of: ReportLines) -> ReportTable:
    known = short_date(local_date(of.span.known_at))
    return ReportTable(
        f"{then.key}-known-then",
        f"{then.title}: known then and now",
        then.of,
        Definition(
            then.definition.of_whom,
            f"{then.definition.between} Left: as recorded by {known}. Right: as recorded by now, of the same days.",
            then.definition.clause,
            f"{then.definition.left_out} What differs was recorded after {known}: late, corrected or taken back.",
        ),
        [*_columns(f"Known on {known}", f"then_{limit}"), *_columns("Known now", f"now_{limit}")],
        list(_rows(then.rows, now.rows, limit)),
    )


def _columns(group: str, prefix: str) -> Iterator[Column]:
    for name in NAMES:
        title, says = SAYS[name]
        parts = tuple(f"{prefix}_{outcome}" for outcome in OUTCOMES) if name == "due" else ()
        yield Column(f"{prefix}_{name}", title, says, "%" if name == "share" else "", group, parts)


def _rows(then: Sequence[TableRow], now: Sequence[TableRow], limit: str) -> Iterator[TableRow]:
    for before, after in zip(then, now, strict=True):
        cells = {f"then_{limit}_{name}": before.cell(f"{limit}_{name}") for name in NAMES}
        cells |= {f"now_{limit}_{name}": after.cell(f"{limit}_{name}") for name in NAMES}
        yield TableRow(before.key, before.title, cells, before.total)

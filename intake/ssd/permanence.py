"""The way to adoption or another order: decisions, matches, and what no status, placement or episode tells of."""

from collections.abc import Iterable, Sequence
from datetime import date

from intake.returns.care import ENDINGS
from intake.ssd.codes import ORDERS, REVERSAL_CODES
from intake.ssd.periods import Spoken, SsdPeriod, within
from intake.ssd.reading import CellReader
from intake.ssd.rows import SsdRow

ENDS = {
    "adoption_order_made": "E11",
    "special_guardianship_order_made": "E48",
    "child_arrangements_order_made": "E41",
}
"""The reason for ceasing that stands for an order, where no episode says which."""


def end_by_order(periods: Sequence[SsdPeriod], rows: Iterable[SsdRow], cells: CellReader) -> None:
    """End the last period by a permanence order, if no episode says how it ended."""
    for row in rows:
        day, kind = cells.past(row, "perm_permanence_order_date"), cells.code(row, "perm_permanence_order_type", (
            frozenset()), ORDERS)  # fmt: skip
        period = within(list(periods), day) if day else None
        if not day or not kind or not period:
            continue
        if period.end is None:
            cells.doubt("ended-elsewhere", row, column="perm_permanence_order_date")
            period.end, period.reason, period.last = day, ENDS[kind], row
        elif period.end == day and ENDINGS.get(period.reason) != kind:
            cells.doubt("order-and-reason", row)


def end_by_death(periods: Sequence[SsdPeriod], person: SsdRow, cells: CellReader) -> None:
    """End the last period by the child's death, if no episode says how it ended."""
    day = cells.past(person, "pers_death_date")
    if day and periods and periods[-1].end is None and periods[-1].holds(day):
        cells.doubt("ended-elsewhere", person, column="pers_death_date")
        periods[-1].end, periods[-1].reason, periods[-1].last = day, "E2", person


def tell_order_dates(periods: list[SsdPeriod], rows: Sequence[SsdRow], spoken: Spoken, cells: CellReader) -> None:
    """Placement orders that no legal status tells of."""
    for row in rows:
        day, period = _day_in(periods, row, "perm_placement_order_date", cells)
        if day is None or period is None:
            continue
        if _is_news(day, period.ordered, "order-differs", row, cells):
            spoken.tell("order", "placement_order_made", day, row.key)


def tell_adoption(periods: list[SsdPeriod], rows: Sequence[SsdRow], spoken: Spoken, cells: CellReader) -> None:
    """Decisions and their reversals, matches, and placements that no placement tells of; each in its own period."""
    for row in rows:
        _decision(periods, row, spoken, cells)
        matched, _ = _day_in(periods, row, "perm_matched_date", cells)
        if matched:
            spoken.tell("match", "matched", matched, row.key)
        placed, period = _day_in(periods, row, "perm_placed_for_adoption_date", cells)
        if placed is None or period is None:
            continue
        if _is_news(placed, period.placed, "placed-differs", row, cells):
            spoken.tell("placed", "placed_for_adoption", placed, row.key)


def _is_news(day: date, stands: list[date], differs: str, row: SsdRow, cells: CellReader) -> bool:
    """Whether no other table tells of such a thing in this period; if one does, and of another day, it is a doubt."""
    if not stands:
        stands.append(day)
        return True
    if day not in stands:
        cells.doubt(differs, row)
    return False


def _decision(periods: list[SsdPeriod], row: SsdRow, spoken: Spoken, cells: CellReader) -> None:
    decided, _ = _day_in(periods, row, "perm_adm_decision_date", cells)
    if decided:
        spoken.tell("decision", "adm_decision_made", decided, row.key, should_be_placed=True)
    reversed_on, _ = _day_in(periods, row, "perm_decision_reversed_date", cells)
    if reversed_on is None:
        return
    if decided and reversed_on < decided:
        cells.doubt("reversal-before-decision", row)
        return
    code = cells.code(row, "perm_decision_reversed_reason", REVERSAL_CODES)
    note = {"note": f"reason {code}"} if code else {}
    spoken.tell("reversal", "adm_decision_made", reversed_on, row.key, should_be_placed=False, **note)


def _day_in(
    periods: list[SsdPeriod], row: SsdRow, column: str, cells: CellReader
) -> tuple[date | None, SsdPeriod | None]:
    """The day in a cell and the period it falls in; none where the child was not looked after then."""
    day = cells.past(row, column)
    period = within(periods, day) if day else None
    if day and period is None:
        cells.doubt("outside-care", row, column=column)
        return None, None
    return day, period

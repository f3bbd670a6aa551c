"""Legal statuses of a period of care: that of the entry, each change, and the orders that a change tells of."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from domain.case.words import SHORT_BREAKS, LegalStatus
from intake.returns.merging import GRAVITY
from intake.ssd.codes import STATUS_CODES, STATUSES
from intake.ssd.periods import SsdPeriod, Told
from intake.ssd.reading import CellReader, Stretch, turns
from intake.ssd.rows import SsdRow

FINAL: Final = frozenset({LegalStatus.CARE_ORDER.value, LegalStatus.PLACEMENT_ORDER.value})
"""What a court makes at the end of care proceedings."""
OVERNIGHT: Final = timedelta(days=1)
"""Some systems end one status the day before the next begins."""


def statuses_of(rows: Iterable[SsdRow], cells: CellReader) -> list[Stretch]:
    """The legal statuses under which a child is looked after; the others that the table holds are passed over."""
    stretches = (_status(row, cells) for row in rows)
    return [stretch for stretch in stretches if stretch]


def _status(row: SsdRow, cells: CellReader) -> Stretch | None:
    code = cells.code(row, "lega_legal_status", STATUS_CODES, STATUSES)
    return cells.stretch(row, "lega_legal_status_start_date", "lega_legal_status_end_date", code)


def gravity(stretch: Stretch) -> tuple[int, date, str]:
    """A placement order stands before the care order beside it, that before section 20 (as in the 903)."""
    return GRAVITY.find(stretch.what), stretch.start, stretch.row.key


def at_entry(period: SsdPeriod, statuses: list[Stretch], cells: CellReader) -> Stretch | None:
    """The status of the first day; where there is none then, the first one of the period."""
    standing = max((s for s in statuses if s.stands_on(period.start)), key=gravity, default=None)
    if standing:
        return standing
    later = [s for s in statuses if period.goes_on(s.start)]
    first = min(later, key=lambda s: (s.start, -gravity(s)[0], s.row.key), default=None)
    if first is None:
        cells.doubt("no-status", period.row)
    else:
        cells.doubt("status-late", first.row, day=first.start)
    return first


def tell_statuses(
    period: SsdPeriod, first: Stretch, statuses: list[Stretch], issued: list[date], told: Told, cells: CellReader
) -> None:
    """The changes after the entry; `issued`: the days on which care proceedings were."""
    code = first.what
    if code == LegalStatus.PLACEMENT_ORDER:
        _ordered(period, period.start, first, told)
    in_short_breaks = code in SHORT_BREAKS
    for day, stretch in turns(statuses, gravity):
        if not period.goes_on(day) or day == period.start or stretch.what == code:
            continue
        told.tell("status", "legal_status_changed", day, stretch.row.key, legal_status=stretch.what)
        if stretch.what == LegalStatus.PLACEMENT_ORDER:
            _ordered(period, day, stretch, told)
        elif code == LegalStatus.PLACEMENT_ORDER:
            told.tell("revoked", "placement_order_revoked", day, stretch.row.key)
        if stretch.what in FINAL and code not in FINAL and any(each <= day for each in issued):
            told.tell("concluded", "care_proceedings_concluded", day, stretch.row.key)
            issued = [each for each in issued if each > day]
        code = stretch.what
        in_short_breaks = in_short_breaks and code in SHORT_BREAKS
    period.short_breaks = in_short_breaks
    _gaps(period, statuses, cells)


def _ordered(period: SsdPeriod, day: date, stretch: Stretch, told: Told) -> None:
    told.tell("order", "placement_order_made", day, stretch.row.key)
    period.ordered.append(day)


def _gaps(period: SsdPeriod, statuses: list[Stretch], cells: CellReader) -> None:
    for stretch in statuses:
        end = stretch.end
        if end is None or not period.goes_on(end) or end < period.start:
            continue
        over = period.end is not None and end + OVERNIGHT >= period.end
        if not over and not any(s.stands_on(end) or s.stands_on(end + OVERNIGHT) for s in statuses):
            cells.doubt("status-gap", stretch.row, day=end)

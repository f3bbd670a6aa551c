"""Placements of a period of care: into an adoptive family, to another one, and back."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from intake.returns.care import PLACED, UNDER_ORDER, WITH_CONSENT
from intake.returns.reading import TEMPORARY
from intake.ssd.codes import OLD_PLACES, PLACE_CODES
from intake.ssd.periods import SsdPeriod, Told
from intake.ssd.reading import CellReader, Stretch
from intake.ssd.rows import SsdRow

KNOWN: Final = PLACE_CODES | OLD_PLACES


def placements_of(rows: Iterable[SsdRow], cells: CellReader) -> list[Stretch]:
    """The placements, in order of time."""
    stretches = (
        cells.stretch(
            row, "clap_cla_placement_start_date", "clap_cla_placement_end_date",
            cells.code(row, "clap_cla_placement_type", KNOWN),
        )
        for row in rows
    )  # fmt: skip
    return sorted((s for s in stretches if s), key=lambda s: (s.start, s.end or date.max, s.row.key))


def tell_placements(period: SsdPeriod, placements: list[Stretch], told: Told, cells: CellReader) -> None:
    """What placements tell. One for a while only leaves the last place as it is."""
    # With adopters since 2 March (A6), in hospital from 13 April (T1), with them again on the 27th: one placement.
    place, away = "", False
    for placement in placements:
        day = max(placement.start, period.start)
        if not period.goes_on(day) or (placement.end is not None and placement.end <= period.start):
            continue
        if placement.what in TEMPORARY:
            away = True
            continue
        another = not away and day not in period.same_carers
        _moved(period, day, (place, placement), another, told)
        place, away = placement.what, False
        if placement.what in UNDER_ORDER and not any(ordered <= day for ordered in period.ordered):
            cells.doubt("placed-without-order", placement.row)


def _moved(period: SsdPeriod, day: date, move: tuple[str, Stretch], another: bool, told: Told) -> None:
    """A move from one place to another; `another`: to other carers."""
    place, placement = move
    own = placement.row.key
    was, now = place in PLACED, placement.what in PLACED
    if now and (another or not was):
        if placement.what in WITH_CONSENT and place not in WITH_CONSENT:
            told.tell("consent", "placement_consent_given", day, own)
        told.tell("placed", "placed_for_adoption", day, own)
        period.placed.append(day)
    elif was and not now:
        told.tell("back", "adoption_placement_ended", day, own)

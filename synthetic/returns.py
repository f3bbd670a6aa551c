"""A synthetic caseload as SSDA903 returns, tables for each year, so that an import can be held to known truths.

A return carries less than the events do: no meeting, no plan, no booking; of parental consent only the placement it
led to; a match only once the child is adopted; no review of a child in short breaks (the Department's rule 399).
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from domain.case import events as ev
from domain.case.calendar import birthday
from domain.case.facts import Known, unvoided
from domain.case.periods import ADULT_AGE
from domain.case.words import SHORT_BREAKS, LegalStatus
from synthetic.caseload import SyntheticChild

YEAR_STARTS: Final = (4, 1)
"""A return runs from 1 April to 31 March."""

COLUMNS: Final = {
    "header": ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"),
    "episodes": (
        "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE",
        "HOME_POST", "PL_POST", "URN",
    ),
    "reviews": ("CHILD", "DOB", "REVIEW", "REVIEW_CODE"),
    "placedadoption": ("CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"),
    "ad1": ("CHILD", "DOB", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"),
}  # fmt: skip

FOSTERED: Final = "U6"
AT_HOME: Final = "P1"
PLACED: Final = {False: "A6", True: "A4"}
"""Placed for adoption under an order, or with the parents' consent."""
REASONS: Final = {
    "adoption_order_made": "E12",
    "special_guardianship_order_made": "E47",
    "child_arrangements_order_made": "E41",
}
ADULT: Final = "E17"
Line = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days under one legal status in one placement."""

    start: date
    rne: str
    status: str
    place: str
    end: date | None = None
    rec: str = ""


@dataclass(frozen=True, slots=True)
class _Year:
    """A return's year: from its 1 April up to the next, and no further than what is known."""

    first: date
    after: date

    def holds(self, day: date) -> bool:
        return self.first <= day < self.after


def write_returns(children: Iterable[SyntheticChild], folder: Path, today: date) -> int:
    """Write the tables of every year in which a child of the caseload was looked after; how many years."""
    children = [replace(child, events=_standing(child.events)) for child in children]
    children = [child for child in children if any(isinstance(e, ev.BecameLookedAfter) for e in child.events)]
    years = list(_years(children, today))
    for year in years:
        for name, columns in COLUMNS.items():
            lines = [line for child in children for line in _LINES[name](child, year)]
            with (folder / f"{year.first.year}-{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(lines)
    return len(years)


def _years(children: Sequence[SyntheticChild], today: date) -> Iterator[_Year]:
    entries = [e.on for child in children for e in child.events if isinstance(e, ev.BecameLookedAfter)]
    earliest = min(entries, default=today)
    first = date(earliest.year - ((earliest.month, earliest.day) < YEAR_STARTS), *YEAR_STARTS)
    while first <= today:
        following = date(first.year + 1, *YEAR_STARTS)
        yield _Year(first, following)
        first = following


def _standing(events: list[ev.Event]) -> list[ev.Event]:
    """Without what was entered by mistake and taken back."""
    return [known.event for known in unvoided(Known(event, event.known_from) for event in events)]


def _born(child: SyntheticChild) -> date:
    return next(e.date_of_birth for e in reversed(child.events) if isinstance(e, ev.BecameLookedAfter))


def _base(child: SyntheticChild) -> Line:
    return {"CHILD": child.ref, "DOB": _written(_born(child))}


def _written(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


# The lines of one child in one year


def _header(child: SyntheticChild, year: _Year) -> Iterator[Line]:
    if any(True for _ in _episodes(child, year)):
        yield {**_base(child), "SEX": "2", "ETHNIC": "WBRI"}


def _episodes(child: SyntheticChild, year: _Year) -> Iterator[Line]:
    """Every stretch of care that touches the year; one that ends later is still open in it."""
    for stretch in _stretches(child):
        if stretch.start >= year.after or (stretch.end and stretch.end < year.first):
            continue
        over = stretch.end is not None and stretch.end < year.after
        yield {
            "CHILD": child.ref,
            "DECOM": _written(stretch.start),
            "RNE": stretch.rne,
            "LS": stretch.status,
            "CIN": "N1",
            "PLACE": stretch.place,
            "PLACE_PROVIDER": "PR1",
            "DEC": _written(stretch.end) if over else "",
            "REC": stretch.rec if over else "",
        }


def _reviews(child: SyntheticChild, year: _Year) -> Iterator[Line]:
    if all(stretch.status in SHORT_BREAKS for stretch in _stretches(child)):
        return
    for event in child.events:
        if isinstance(event, ev.ReviewHeld) and year.holds(event.on):
            yield {**_base(child), "REVIEW": _written(event.on), "REVIEW_CODE": "PN1"}


def _placed_adoption(child: SyntheticChild, year: _Year) -> Iterator[Line]:
    for event in child.events:
        if isinstance(event, ev.AdmDecisionMade) and event.should_be_placed and year.holds(event.on):
            yield {**_base(child), "DATE_PLACED": _written(event.on)}


def _ad1(child: SyntheticChild, year: _Year) -> Iterator[Line]:
    """Only of children adopted in the year."""
    if any(isinstance(e, ev.AdoptionOrderMade) and year.holds(e.on) for e in child.events):
        for event in child.events:
            if isinstance(event, ev.Matched):
                yield {**_base(child), "DATE_MATCH": _written(event.on)}


_LINES: Final = {
    "header": _header,
    "episodes": _episodes,
    "reviews": _reviews,
    "placedadoption": _placed_adoption,
    "ad1": _ad1,
}


# Stretches


def _stretches(child: SyntheticChild) -> list[_Stretch]:
    """A child's care in stretches, each ended by the next or by care itself ending."""
    done: list[_Stretch] = []
    now: _Stretch | None = None
    consented = False
    adult_on = birthday(_born(child), ADULT_AGE)
    for event in sorted(child.events, key=lambda e: (e.on, e.known_from, e.id)):
        consented = consented or isinstance(event, ev.PlacementConsentGiven)
        if isinstance(event, ev.BecameLookedAfter):
            now = _Stretch(event.on, "S", event.legal_status.value, FOSTERED)
        elif now is None or event.on >= adult_on:
            continue
        elif isinstance(event, ev.ENDING_TYPES):
            reason = event.reason.value if isinstance(event, ev.CeasedToBeLookedAfter) else REASONS[event.type]
            done.append(replace(now, end=event.on, rec=reason))
            now = None
        else:
            now = _after(event, now, done, consented=consented)
    if now is not None:
        over = bool(child.events) and adult_on <= max(e.on for e in child.events)
        done.append(replace(now, end=adult_on, rec=ADULT) if over else now)
    return done


def _after(event: ev.Event, now: _Stretch, done: list[_Stretch], *, consented: bool) -> _Stretch:
    """The stretch that runs after an event: the same, or a new one if legal status or placement changed."""
    status, place = now.status, now.place
    match event:
        case ev.LegalStatusChanged():
            status = event.legal_status.value
        case ev.PlacementOrderMade():
            status = LegalStatus.PLACEMENT_ORDER.value
        case ev.PlacementOrderRevoked() if status == LegalStatus.PLACEMENT_ORDER:
            status = LegalStatus.CARE_ORDER.value
        case ev.PlacedForAdoption():
            place = PLACED[consented]
        case ev.AdoptionPlacementEnded():
            place = FOSTERED
        case ev.ReturnedHome():
            place = AT_HOME
    if (status, place) == (now.status, now.place):
        return now
    if event.on == now.start:
        return replace(now, status=status, place=place, rne=now.rne if now.rne == "S" else "B")
    done.append(replace(now, end=event.on, rec="X1"))
    rne = "B" if status != now.status and place != now.place else "L" if status != now.status else "P"
    return _Stretch(event.on, rne, status, place)

"""A child's timeline: what happened, what was and is due, what was told and what was explained, on one axis of time."""

from collections.abc import Iterator
from datetime import date
from typing import Final, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import Response

from desk.child import tabs_of
from desk.corrections import fate_of
from desk.desk import AT
from desk.needs import Need
from desk.pages import Pages
from desk.recorded import by_and_when
from desk.rendering import page, sentence
from desk.taking import once_in, receipt_at
from desk.timeline_drawing import drawing
from desk.told import told_of
from desk.visits import Visit, Visited
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.calendar import local_date, months_after
from domain.case.facts import unvoided
from domain.clocks.judgement import Said
from domain.clocks.wording import days, in_words, short_date, spaced

Sort = Literal["happened", "due", "told", "explained"]
SORTS: Final[tuple[Sort, ...]] = ("happened", "due", "told", "explained")
PERIODS: Final[dict[str, tuple[str, int, int]]] = {
    "half": ("6 months back, 3 ahead", -6, 3),
    "year": ("1 year back, 6 months ahead", -12, 6),
    "all": ("All", 0, 0),
}
"""What is shown of a life in care: months back and ahead of today (ours: from one review to the next, and two)."""
UNSHOWN: Final = (*ev.ABOUT_AN_OBLIGATION, ev.EventVoided)
"""Events that are said of something else: they stand beside it."""
pages = Pages()


class Mark(NamedTuple):
    """One thing on the axis."""

    day: date
    sort: Sort
    text: str
    more: str = ""
    shape: str = ""
    """How it is drawn: each sort has a shape of its own; of what is due also whether it is done, open or late."""
    link: str | None = None


@pages.show("/children/{child}/timeline", Need.CHILD)
def show_timeline(visit: Visited, show: str = "", period: str = "half") -> Response:
    """The timeline; `show` is one sort of marks, else all, and `period` how far it goes back and ahead."""
    period = period if period in PERIODS else "half"
    sorts = (show,) if show in SORTS else SORTS
    marks = [one for one in within(visit.today, period, marks_of(visit)) if one.sort in sorts]
    return page(
        visit,
        "timeline.html",
        f"Timeline of {visit.child}",
        tabs=tabs_of(visit, "timeline"),
        marks=marks,
        drawing=drawing(marks, visit.today) if marks else None,
        sorts=_choices("show", {"": "Everything"} | {one: one.capitalize() for one in SORTS}, show, period=period),
        periods=_choices("period", {name: said for name, (said, _, _) in PERIODS.items()}, period, show=show),
        period=PERIODS[period][0],
    )


def within(today: date, period: str, marks: list[Mark]) -> list[Mark]:
    """The marks of a period around today, in order of time."""
    _, back, ahead = PERIODS[period]
    if not ahead:
        return sorted(marks)
    first, last = months_after(today, back), months_after(today, ahead)
    return sorted(one for one in marks if first <= one.day <= last)


def marks_of(visit: Visit) -> list[Mark]:
    """Everything of a child that has a day; what is due is of the latest period of care."""
    rows = visit.case.rows
    marks = [
        *_happened(visit),
        *(_due(visit, row) for row in rows),
        *_told(visit),
        *(_explained(visit, row, said) for row in rows for said in row.said),
        *_taken_back(visit),
    ]
    return list(dict.fromkeys(marks))


def _happened(visit: Visit) -> Iterator[Mark]:
    for facts in visit.case.journey.periods:
        for known in facts.known:
            if not isinstance(known.event, UNSHOWN):
                event = known.event
                late = (local_date(known.known_at) - event.on).days
                more = (
                    by_and_when(visit, known) if event.corrects else f"recorded {days(late)} later" if late > 0 else ""
                )
                link = receipt_at(visit, once_in(event.id)) if once_in(event.id) else None
                yield Mark(event.on, "happened", sentence(spaced(event.type)), more, "happened", link)


def _taken_back(visit: Visit) -> Iterator[Mark]:
    """What was said otherwise before, and what did not happen after all; on the day on which that was said."""
    known = visit.case.known
    standing = {one.event.id for one in unvoided(known)}
    for one in known:
        if one.event.id in standing or isinstance(one.event, UNSHOWN):
            continue
        fate = fate_of(known, one.event.id)
        if fate:
            what = f"{sentence(fate.sort)}: {sentence(spaced(one.event.type))} of {in_words(one.event.on)}"
            reason = fate.by.event.reason if isinstance(fate.by.event, ev.EventVoided) else ""
            by = f"by {visit.desk.name_of(fate.by.event.by)}" if fate.by.event.by else ""
            more = ": ".join(each for each in (by, reason) if each)
            yield Mark(local_date(fate.by.known_at), "explained", what, more, "explained")


def _due(visit: Visit, row: AgendaRow) -> Mark:
    number = f" (number {row.occurrence})" if row.occurrence > 1 else ""
    done = f" on {short_date(row.met_on)}" if row.met_on else ""
    late = f" by {days((visit.today - row.due).days)}" if row.status == "overdue" else ""
    shape = "late" if row.status in ("overdue", "met_late") else "open" if row.is_open else "done"
    link = f"{AT}/children/{row.child}/why/{row.obligation}/{row.occurrence}"
    return Mark(row.due, "due", row.title + number, f"{row.status_in_words}{late}{done}", shape, link)


def _told(visit: Visit) -> Iterator[Mark]:
    """What went, once for each action, with everybody who was told of it."""
    for one in told_of(visit, visit.case.journey.policy):
        if one.went_to:
            yield Mark(local_date(one.at), "told", f"{one.what}: {one.about}", f"to {'; '.join(one.went_to)}", "told")


def _explained(visit: Visit, row: AgendaRow, said: Said) -> Mark:
    until = f" until {in_words(said.until)}" if said.until else ""
    by = f"by {visit.desk.name_of(said.by)}" if said.by else ""
    return Mark(
        said.on,
        "explained",
        f"{sentence(said.kind)}{until}: {row.title}",
        ": ".join(each for each in (by, said.reason) if each),
        "explained",
    )


def _choices(name: str, choices: dict[str, str], chosen: str, **others: str) -> list[dict[str, object]]:
    """Links, each with what else is chosen kept."""
    return [
        {
            "text": text,
            "href": "?" + urlencode({key: value for key, value in {**others, name: one}.items() if value}),
            "active": one == chosen,
        }
        for one, text in choices.items()
    ]

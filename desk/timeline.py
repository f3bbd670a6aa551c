"""A child's timeline: what happened, what was and is due, what was told and what was explained, on one axis of time."""

from urllib.parse import urlencode

from fastapi import Response

from desk.child import tabs_of
from desk.needs import Need
from desk.pages import Pages
from desk.rendering import page
from desk.timeline_drawing import drawing
from desk.timeline_marks import PERIODS, SORTS, ChildShown, shown_of
from desk.told import told_of
from desk.visits import Visited

pages = Pages()


@pages.show("/children/{child}/timeline", Need.CHILD)
def show_timeline(visit: Visited, show: str = "", period: str = "half") -> Response:
    """The timeline; `show` is one sort of marks, else all, and `period` how far it goes back and ahead."""
    period = period if period in PERIODS else "half"
    desk, account = visit.desk, told_of(visit, visit.case.journey.policy)
    marks = shown_of(ChildShown(visit.case, account, desk.name_of, desk.contact_name), show, period)
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

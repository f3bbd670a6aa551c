"""My children: what is late, what is due within seven working days, and what comes later."""

from typing import Final, NamedTuple

from fastapi import Response

from desk.desk import AT, InScope
from desk.needs import Need
from desk.pages import Pages
from desk.rendering import page
from desk.scope import Relation
from desk.steps import counts, grouped, steps_of
from desk.visits import Visit, Visited

PATH: Final = f"{AT}/my-children"
pages = Pages()


class Tab(NamedTuple):
    """Whose children a tab shows: those whom somebody sees by these relations."""

    name: str
    title: str
    empty: str
    relations: frozenset[Relation]


TABS: Final = (
    Tab("mine", "My children", "No child names you for a role today.", frozenset({"allocated", "iro", "named"})),
    Tab("covering", "Covering", "You are covering for nobody today.", frozenset({"covering"})),
    Tab("recent", "Recent", "You have looked at no child yet.", frozenset()),
)


@pages.show("/my-children", Need.SESSION)
def show_my_children(visit: Visited, tab: str = "mine") -> Response:
    """The list of one tab."""
    shown = next((one for one in TABS if one.name == tab), TABS[0])
    visit.desk.views.write(visit.now, visit.viewer.key, None, f"/my-children {shown.name}", None, allowed=True)
    children = visit.desk.children_of(visit.viewer, visit.now)
    cases = [one.case for one in _of_tab(visit, shown, children)]
    steps = [step for case in cases for step in steps_of(case, visit.today)]
    tabs = [{"text": one.title, "href": f"{PATH}?tab={one.name}", "active": one is shown} for one in TABS]
    return page(
        visit,
        "my_children.html",
        shown.title if shown.name == "mine" else f"My children: {shown.title.lower()}",
        tabs=tabs,
        groups=grouped(steps),
        total=", ".join(counts(steps)),
        children=len(cases),
        empty=shown.empty,
    )


def _of_tab(visit: Visit, tab: Tab, children: list[InScope]) -> list[InScope]:
    if tab.name != "recent":
        return [one for one in children if one.relations & tab.relations]
    mine = {one.case.child: one for one in children}
    return [mine[child] for child in visit.desk.views.recent(visit.viewer.key) if child in mine]

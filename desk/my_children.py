"""My children: what is late, what is due within seven working days, and what comes later."""

from typing import Final, NamedTuple

from fastapi import Response

from desk.desk import AT
from desk.lists import PAGE, ChildInScope
from desk.needs import Need
from desk.pages import Pages
from desk.paging import Paging, page_number
from desk.rendering import page
from desk.sights import Whose
from desk.steps import SOON, counts, grouped, steps_ahead
from desk.visits import Visit, Visited
from record.caseload_reading import CaseloadPart

PATH: Final = f"{AT}/my-children"
pages = Pages()


class Tab(NamedTuple):
    """Whose children a tab shows."""

    name: str
    title: str
    empty: str
    whose: Whose


TABS: Final = (
    Tab(
        "mine",
        "My children",
        "No child names you for a role today. If one should, ask your manager who is allocated.",
        "mine",
    ),
    Tab("covering", "Covering", "You are covering for nobody today.", "covering"),
    Tab("recent", "Looked at lately", "You have looked at no child yet.", "all"),
)


@pages.show("/my-children", Need.CHILDREN)
def show_my_children(visit: Visited, tab: str = "mine", number: str = "1") -> Response:
    """The list of one tab."""
    shown = next((one for one in TABS if one.name == tab), TABS[0])
    visit.desk.views.write(visit.now, visit.viewer.key, None, f"/my-children {shown.name}", None, allowed=True)
    visit.desk.caseload.renew_news(READER)
    children, paging = _of_tab(visit, shown, page_number(number))
    lists = visit.desk.lists(visit.viewer, visit.now)
    steps = steps_ahead([one.child for one in children], visit.today)
    return page(
        visit,
        "my_children.html",
        shown.title if shown.name == "mine" else f"My children: {shown.title.lower()}",
        tabs=[{"text": one.title, "href": f"{PATH}?tab={one.name}", "active": one is shown} for one in TABS],
        groups=grouped(steps),
        labels=visit.labels(one.child.child for one in children),
        total=", ".join(counts(steps)),
        paging=paging,
        left_out=lists.left_out(shown.whose),
        empty=shown.empty,
        covers=[visit.desk.name_of(one.key) for one in visit.viewer.covers] if shown.name == "covering" else [],
        soon=SOON,
    )


READER: Final = 5
"""Children whose news is worked out before a list is shown (ours: 10 ms each; the workers do the rest in seconds)."""


def _of_tab(visit: Visit, tab: Tab, number: int) -> tuple[list[ChildInScope], Paging]:
    lists = visit.desk.lists(visit.viewer, visit.now)
    if tab.name == "recent":
        children = visit.desk.views.recent(visit.viewer.key)
        listed = (
            {one.child.child: one for one in lists.children(of=CaseloadPart(children=children))} if children else {}
        )
        latest_first = [listed[child] for child in children if child in listed]
        return latest_first, Paging(1, len(latest_first), f"{PATH}?tab=recent")
    first = lists.children(tab.whose) if number == 1 else []
    count = len(first) if 0 < len(first) < PAGE else lists.count(tab.whose)  # most have one page
    paging = Paging(number, count, f"{PATH}?tab={tab.name}")
    return first or lists.children(tab.whose, offset=paging.begins), paging

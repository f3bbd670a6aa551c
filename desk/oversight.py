"""For who reviews and who manages: what climbed and how it stands, which plans do not hold, which disputes go on."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from fastapi import Response
from sqlalchemy import Select, func, select

from delivery.account import escalations
from delivery.account_line import AccountLine
from delivery.account_words import together, what, who
from delivery.case_now import years
from desk.desk import AT
from desk.lists import Lists
from desk.needs import Need
from desk.open_dispute import ever_in_dispute, open_disputes
from desk.pages import Pages
from desk.paging import Paging, page_number
from desk.rendering import page, sentence
from desk.rows import rows_of
from desk.sights import Whose
from desk.steps import DueStep, steps_ahead
from desk.told import named
from desk.visits import Visit, Visited
from desk.workers import worker_of
from domain.case import events as ev
from domain.case.calendar import midnight
from domain.case.facts import Known, unvoided
from domain.case.words import Progress
from domain.clocks.wording import spaced
from record.caseload_reading import CaseloadPart, Child, ChildAhead
from record.pasts import pasts
from record.tables import ActionRow, EventRow

PATH: Final = f"{AT}/oversight"
DAYS: Final = 10
"""Working days back that are looked at for escalations (ours: two weeks, a full round of most ladders' steps)."""
WEEKS: Final = 12
"""Weeks back that are looked at for drift (ours: three monthly trackings)."""
RESOLVED: Final = "dispute-resolved"
"""The step that a dispute opens under a policy with the IRO Handbook's pack."""
CHILDREN: Final = 20
"""Of a page whose children are looked at one by one (ours: to stay under 200 ms)."""
pages = Pages()


class RungShown(NamedTuple):
    """A rung of a ladder that came due, and what became of telling those it is for."""

    what: str
    when: datetime
    to: tuple[str, ...]


class Climbed(NamedTuple):
    """Something about which a ladder climbed: how it stands today, and its rungs, the latest first."""

    child: str
    obligation: str
    occurrence: int
    title: str
    step: DueStep | None
    """None: it is not open any more."""
    rungs: tuple[RungShown, ...]


class Drifting(NamedTuple):
    """Something that says a plan does not hold or move on."""

    child: str
    on: date
    what: str


@pages.show("/oversight", Need.OVERSIGHT)
def show_oversight(visit: Visited, tab: str = "", number: str = "1") -> Response:
    """One of its tabs."""
    shown = tab if tab in TITLES and (tab != "children" or visit.viewer.reviews) else _first(visit)
    visit.desk.views.write(visit.now, visit.viewer.key, None, f"/oversight {shown}", None, allowed=True)
    lists = visit.desk.lists(visit.viewer, visit.now)
    tabs = [
        {"text": title, "href": f"{PATH}?tab={name}", "active": name == shown}
        for name, title in TITLES.items()
        if name != "children" or visit.viewer.reviews
    ]
    show = {"children": _children, "escalations": _escalations, "drift": _drift, "disputes": _disputes}[shown]
    return show(visit, lists, tabs, page_number(number))


TITLES: Final = {
    "children": "Children I review",
    "escalations": "Escalations",
    "drift": "Drift",
    "disputes": "Disputes",
}
Tabs = list[dict[str, object]]


def _first(visit: Visit) -> str:
    return "children" if visit.viewer.reviews else "escalations"


def _whose(visit: Visit) -> Whose:
    """A manager looks at all they see, who reviews at those whom they review."""
    return "all" if visit.viewer.manager else "reviewed"


def _children(visit: Visit, lists: Lists, tabs: Tabs, number: int) -> Response:
    paging = Paging(number, lists.count("reviewed"), f"{PATH}?tab=children")
    children = [one.child for one in lists.children("reviewed", offset=paging.begins)]
    directory = visit.desk.directory
    rows = [(row, worker_of(directory, row.child)) for row in rows_of(children, visit.today)]
    return page(
        visit,
        "oversight_children.html",
        "Oversight: children I review",
        tabs=tabs,
        rows=rows,
        labels=visit.labels(one.child for one in children),
        paging=paging,
    )


def _escalations(visit: Visit, lists: Lists, tabs: Tabs, number: int) -> Response:
    first = years(visit.today.year - 1, visit.today.year + 1).working_days_after(visit.today, -DAYS)
    since = midnight(first)
    paging, of_page = _page_of(visit, lists, "escalations", _lately_escalated(since), number)
    ahead = [one.child for one in lists.children(of=CaseloadPart(children=of_page))] if of_page else []
    accounts = escalations(visit.desk.reach.record().engine, of_page)
    climbed = [
        one
        for child in ahead
        for one in _climbed(
            visit, child, [line for line in accounts.get(child.child, ()) if since <= line.when < visit.now]
        )
    ]
    return page(
        visit,
        "escalations.html",
        "Oversight: escalations",
        tabs=tabs,
        climbed=sorted(climbed, key=lambda one: (one.step is None, -one.rungs[0].when.timestamp(), one.child)),
        labels=visit.labels(of_page),
        paging=paging,
        since=first,  # in summer the instant at which it begins is of the day before, by UTC
        days=DAYS,
        late_at=f"{AT}/team/children?colour=red" if _whose(visit) == "all" else f"{PATH}?tab=children",
    )


def _page_of(visit: Visit, lists: Lists, tab: str, latest: Select[Any], number: int) -> tuple[Paging, list[str]]:
    """A page of the children of whom there is something, and their references; the last where there is none such."""
    whose, address = _whose(visit), f"{PATH}?tab={tab}"
    of_page, count = lists.lately(latest, whose, CHILDREN, (number - 1) * CHILDREN)
    if of_page or number == 1:
        return Paging(number, count, address, CHILDREN), of_page
    _, count = lists.lately(latest, whose, 1)
    return _page_of(visit, lists, tab, latest, Paging(number, count, address, CHILDREN).number)


def _lately_escalated(since: datetime) -> Select[Any]:
    """When a step of a ladder of a child last came due."""
    escalations = ActionRow.kind == "escalation", ActionRow.decided_at >= since
    return select(func.max(ActionRow.decided_at)).where(ActionRow.child == Child.child, *escalations)


def _climbed(visit: Visit, ahead: ChildAhead, account: Iterable[AccountLine]) -> Iterator[Climbed]:
    """What climbed of a child."""
    titles = visit.desk.cases.titles(ahead.policy)
    open_steps = {(step.obligation, step.occurrence): step for step in steps_ahead([ahead], visit.today)}
    by_step: dict[tuple[str, int], dict[str, list[AccountLine]]] = {}
    for line in account:
        of_step = by_step.setdefault((line.obligation, line.occurrence), {})
        of_step.setdefault(line.action_key, []).append(named(visit.desk.name_of, line))
    for (obligation, occurrence), of_step in by_step.items():
        yield Climbed(
            ahead.child,
            obligation,
            occurrence,
            titles.get(obligation) or sentence(obligation.replace("-", " ")),
            open_steps.get((obligation, occurrence)),
            _rungs(of_step.values()),
        )


def _rungs(of_step: Iterable[list[AccountLine]]) -> tuple[RungShown, ...]:
    """The rungs, the latest first and in full; of an earlier one who was told, if everybody was."""
    latest, *earlier = sorted(of_step, key=lambda lines: max(line.when for line in lines), reverse=True)
    return _rung(latest, together(latest)), *(_rung(lines, _in_short(lines, latest)) for lines in earlier)


def _rung(lines: list[AccountLine], said: Iterable[str]) -> RungShown:
    return RungShown(sentence(what(lines[0])), max(line.when for line in lines), tuple(map(sentence, said)))


def _in_short(lines: list[AccountLine], latest: list[AccountLine]) -> list[str]:
    if all(line.went for line in lines):
        return ["told: " + "; ".join(dict.fromkeys(who(line) for line in lines))]
    said = together(lines)
    return ["the same"] if said == together(latest) else said


def _drift(visit: Visit, lists: Lists, tabs: Tabs, number: int) -> Response:
    since = date.fromordinal(visit.today.toordinal() - 7 * WEEKS)
    record = visit.desk.reach.record()
    paging, of_page = _page_of(visit, lists, "drift", _perhaps_drifting(since), number)
    known = pasts(record, of_page).known
    drifting = [one for child in of_page if child in known for one in _drifting(child, known[child], since)]
    return page(
        visit,
        "drift.html",
        "Oversight: drift",
        tabs=tabs,
        drifting=drifting,
        labels=visit.labels(of_page),
        paging=paging,
        since=since,
        weeks=WEEKS,
    )


def _disputes(visit: Visit, lists: Lists, tabs: Tabs, number: int) -> Response:
    record = visit.desk.reach.record()
    going_on = open_disputes(record, lists.lately(ever_in_dispute(), _whose(visit))[0], visit.now)
    paging = Paging(number, len(going_on), f"{PATH}?tab=disputes", CHILDREN)
    of_page = going_on[paging.begins : paging.begins + CHILDREN]
    labels = visit.labels(one.child for one in of_page)
    children = [one.child for one in of_page]
    ahead = [one.child for one in lists.children(of=CaseloadPart(children=children))] if children else []
    steps = [step for step in steps_ahead(ahead, visit.today) if step.obligation == RESOLVED and not step.forecast]
    due = {step.child: step for step in sorted(steps, key=lambda step: step.due, reverse=True)}
    return page(
        visit,
        "disputes.html",
        "Oversight: disputes",
        tabs=tabs,
        going_on=of_page,
        due=due,
        labels=labels,
        paging=paging,
    )


SIGNS: Final = (ev.DriftIdentified, ev.PlanTracked, ev.PlanChanged, ev.DriftPlanAgreed)
TYPES: Final = ("drift_identified", "plan_tracked", "plan_changed")


def _perhaps_drifting(since: date) -> Select[Any]:
    """The latest day of which a child's events may say so; voided ones are among them still."""
    drifting = EventRow.document["progress"].as_string() == Progress.DRIFTING.value
    says = (EventRow.type != "plan_tracked") | drifting
    of_child = EventRow.child == Child.child, EventRow.type.in_(TYPES), EventRow.on >= since
    return select(func.max(EventRow.on)).where(*of_child, says)


def _drifting(child: str, known: Sequence[Known], since: date) -> list[Drifting]:
    """What says so of a child, the latest first."""
    standing = (one.event for one in unvoided(known) if isinstance(one.event, SIGNS) and one.event.on >= since)
    said = [Drifting(child, event.on, what) for event in standing if (what := _in_words(event))]
    return sorted(said, key=lambda one: one.on, reverse=True)


def _in_words(event: ev.Event) -> str:
    match event:
        case ev.DriftIdentified():
            return "Drift identified"
        case ev.DriftPlanAgreed():
            return "Plan to end drift agreed"
        case ev.PlanTracked(progress=Progress.DRIFTING):
            return "Tracked as drifting"
        case ev.PlanChanged():
            return f"Plan changed to {spaced(event.primary_plan.value)}"
    return ""

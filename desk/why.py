"""Why a step is due on its date: each limit counted day by day, what moved it, and who hears if nothing is done."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from fastapi import Response

from delivery.case_now import CaseNow
from desk.child import tabs_of
from desk.days import day_typed
from desk.needs import Need
from desk.pages import Pages
from desk.people import who_is_told
from desk.refusing import NotHere
from desk.rendering import page, role_name
from desk.steps import DueStep, steps_of
from desk.visits import Visit, Visited
from domain.agenda import AgendaRow
from domain.case.calendar import end_of, local_date
from domain.clocks.wording import booked, days
from domain.policy.cited import CitedLaw
from domain.study.as_known import AsKnown, as_known
from domain.study.counting import DayCounted, steps_counted, weeks_counted
from domain.study.explain import Counted, DecidedAction, Explanation, NothingToExplain, explain
from domain.study.explain_words import about, known_now, law_behind, moved, why_limit
from domain.study.explain_words import extended as extended_to

pages = Pages()


class LimitShown(NamedTuple):
    """One limit: its clause, its date, how it was counted in words, and the count on the calendar."""

    clause: str
    statutory: bool
    binds: bool
    due: date
    said: list[str]
    against: str
    weeks: list[list[DayCounted]]
    steps: list[tuple[int, date]]
    unit: str
    law: tuple[CitedLaw, ...]


class Ahead(NamedTuple):
    """What is told next if nothing is done: the day, which reminder or rung, and who."""

    day: date
    what: str
    people: list[tuple[str, str]]


@pages.show("/children/{child}/why/{obligation}/{occurrence}", Need.CHILD)
def show_why(visit: Visited, obligation: str, occurrence: str, known_on: str = "") -> Response:
    """The page of one step, and what was known of it on a day, if one is given; another address is not there."""
    case = visit.lived
    explained = _explained(visit, case, obligation, occurrence)
    row = explained.row
    compared = _as_known(visit, case, row, known_on) if known_on.strip() else None
    step = next((one for one in steps_of(case, visit.today) if (one.obligation, one.occurrence) == _key(row)), None)
    return page(
        visit,
        "why.html",
        f"Why this date: {row.title}",
        tabs=tabs_of(visit, ""),
        row=row,
        step=step,
        stands=_stands(explained, step, visit.today),
        booked=booked(row.booked_for, visit.today) if row.booked_for else "",
        limits=[_limit(case, explained, one) for one in explained.limits],
        extended=list(extended_to(explained)),
        moved=list(moved(explained)),
        about=list(about(explained)),
        ahead=list(_ahead(visit, explained)),
        ladder=explained.ladder,
        policy=case.journey.policy.id,
        known_on=known_on,
        known_wrong=compared if isinstance(compared, str) else "",
        known=[] if compared is None or isinstance(compared, str) else list(known_now(compared)),
    )


def _as_known(visit: Visit, case: CaseNow, row: AgendaRow, typed: str) -> AsKnown | str:
    """The step as it was known at the end of a day; or what to enter instead."""
    read = day_typed(typed, visit.today)
    if isinstance(read, str):
        return read
    if read.day > visit.today:
        return "The day must be over, or today"
    then = visit.desk.cases.then(visit.desk.reach.record(), visit.child, end_of(read.day))
    cited = visit.desk.cases.citations(case.journey.policy.id)
    now = (case.journey, visit.now)
    return as_known(read.day, then.journey if then else None, now, _key(row), _decided(visit), cited)


def _decided(visit: Visit) -> list[DecidedAction]:
    actions = visit.desk.reach.record().actions(visit.child)
    return [DecidedAction(a.action, a.status == "sent", a.decided_at) for a in actions]


def _explained(visit: Visit, case: CaseNow, obligation: str, occurrence: str) -> Explanation:
    cited = visit.desk.cases.citations(case.journey.policy.id)
    try:
        return explain(case.journey, obligation, int(occurrence), visit.now, _decided(visit), cited)
    except (NothingToExplain, ValueError):
        raise NotHere from None


def _key(row: AgendaRow) -> tuple[str, int]:
    return row.obligation, row.occurrence


def _stands(explained: Explanation, step: DueStep | None, today: date) -> str:
    row = explained.row
    if row.status == "overdue":
        return f"{days((today - row.due).days)} late"
    return row.status_in_words if step is None or row.forecast else step.tag.lower()


def _limit(case: CaseNow, explained: Explanation, limit: Counted) -> LimitShown:
    said, against = why_limit(explained, limit)
    calendar, offset = case.journey.calendar, limit.offset
    return LimitShown(
        limit.clause,
        limit.statutory,
        limit.binds,
        limit.due,
        said,
        against,
        weeks_counted(calendar, limit.base, offset),
        steps_counted(limit.base, calendar, offset),
        offset.unit.removesuffix("s"),
        tuple(law_behind(limit)),
    )


def _ahead(visit: Visit, explained: Explanation) -> Iterator[Ahead]:
    for step in explained.steps:
        if step.fate == "planned" and step.at:
            day = local_date(step.at)
            people = [(role_name(role.value), who_is_told(visit, role, day)) for role in sorted(step.to)]
            yield Ahead(day, f"{step.kind} {step.rung}".capitalize(), people)

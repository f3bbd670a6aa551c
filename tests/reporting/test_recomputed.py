"""Tables recomputed from the events and the actions alone: no line of reporting/ is used but the numbers it shows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from statistics import median, quantiles
from typing import Any

from delivery.case_now import CaseNow
from domain.case import events as ev
from domain.case.calendar import local_date, months_after
from domain.case.words import LegalStatus
from record.store import CaseRecord
from reporting.report import Report
from reporting.tables import ReportTable
from tests.reporting.lived import SINCE, TODAY

PERMANENT = ("adoption_order_made", "special_guardianship_order_made", "child_arrangements_order_made")
ENDS = (*PERMANENT, "ceased_to_be_looked_after")


def shown(made: Report, key: str, *columns: str) -> dict[str, tuple[Any, ...]]:
    table = made.table(key)
    assert table is not None
    return {row.title: tuple(row.cell(column).value for column in columns) for row in table.rows}


def periods(cases: list[CaseNow]) -> Iterator[tuple[CaseNow, date, date, list[ev.Event]]]:
    """Each period of care by the events alone: when it began and ended, and what happened in it."""
    for case in cases:
        voided = {k.event.event for k in case.known if isinstance(k.event, ev.EventVoided)}
        events = [k.event for k in sorted(case.known, key=lambda k: k.order) if k.event.id not in voided]
        entries = [one.on for one in events if one.type == "became_looked_after"]
        for began, following in pairwise([*entries, date.max]):
            within = [one for one in events if began <= one.on < following]
            ended = next((one.on for one in within if one.type in ENDS), date.max)
            yield case, began, ended, within


def team_of(case: CaseNow) -> str:
    teams = [team for k in sorted(case.known, key=lambda k: k.order) if (team := getattr(k.event, "team", None))]
    return teams[-1] if teams else "No team"


def test_changes_of_plan_are_those_of_the_meetings_and_changes(made: Report, cases: list[CaseNow]) -> None:
    counted: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for case, began, ended, within in periods(cases):
        if began > TODAY or ended < SINCE:
            continue
        plans = [(one.on, *plan) for one in within if (plan := plan_of(one, case.child))]
        changes = sum(
            SINCE <= day <= TODAY and (first != was or bool(second and had and second != had))
            for (_, was, had), (day, first, second) in pairwise(plans)
        )
        counted[team_of(case)][min(changes, 3)] += 1
    rows = shown(made, "changes-of-plan", "children", "none", "one", "two", "more")
    whole = sum(counted.values(), Counter[int]())
    expected = {team: (each.total(), *(each[n] for n in range(4))) for team, each in {**counted, "All": whole}.items()}
    assert rows == expected
    assert whole[1] + whole[2] + whole[3] > 0


def plan_of(event: ev.Event, child: str) -> tuple[Any, Any] | None:
    if not isinstance(event, ev.PpmHeld | ev.PlanChanged):
        return None
    own = (getattr(event, "plans", None) or {}).get(child) if event.child != child else None
    of = own or event
    return of.primary_plan, of.contingency_plan


def first_days(case: CaseNow, within: list[ev.Event]) -> Iterator[tuple[str, date]]:
    """When each stage was first reached, by the contract's section 3."""

    def days(*types: str) -> list[date]:
        return [one.on for one in within if one.type in types]

    yield from (("Permanency planning meeting held", day) for day in days("ppm_held")[:1])
    reviews = [one.on for one in within if one.type == "review_held" and getattr(one, "series", None) != "adoption"]
    yield from zip(("First review held", "Second review held"), reviews, strict=False)
    yield from (("Placement order made", day) for day in days("placement_order_made", "placement_consent_given")[:1])
    yield from (("Placed for adoption", day) for day in days("placed_for_adoption")[:1])
    ratified = [one.on for one in within if getattr(one, "long_term_placement_ratified", False)]
    yield from (("Permanence reached", day) for day in sorted([*days(*PERMANENT, "returned_home"), *ratified])[:1])


def test_days_from_entry_to_every_stage_are_those_between_the_events(made: Report, cases: list[CaseNow]) -> None:
    days: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for case, began, _, within in periods(cases):
        for stage, day in first_days(case, within):
            if SINCE <= day <= TODAY:
                days[stage, case.journey.policy.id].append((day - began).days)
    table = shown(made, "from-entry-to-each-stage", "children", "median", "lower", "upper", "longest")
    for (stage, policy), each in days.items():
        lower, _, upper = quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
        assert table[f"{stage} ({policy})"] == (len(each), median(each), lower, upper, max(each)), stage
    assert len(days) > 4


def test_local_limits_by_month_are_those_of_the_childrens_agendas(made: Report, cases: list[CaseNow]) -> None:
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    once = {case.child for case in cases if len(case.journey.periods) == 1}
    for case in (one for one in cases if one.child in once):
        for row in (one for one in case.rows if not one.forecast):
            rule = case.occurrence(row).rule
            own = [one.due for one in row.limits if not one.clause.startswith(("CPPCR", "AAR"))]
            if not own or not {*rule.met_by} <= {"ppm_held", "ppm_after_the_day", "specialist_discussion_held"}:
                continue
            limit, ended = max(min(own), row.due) if len(row.limits) == 1 else min(own), case.occurrence(row).ended_on
            gone = row.status in ("waived", "lapsed") and ended is not None and ended <= limit
            if SINCE <= limit <= TODAY and not gone and not (limit == TODAY and not row.met_on):
                in_time = bool(row.met_on and row.met_on <= limit)
                counted[f"{limit:%B %Y}"]["in_time" if in_time else "late" if row.met_on else "open"] += 1
    table = made.table("meetings-by-month")
    assert table is not None
    for row_shown in table.rows[:-1]:
        got = [sum(one.child in once for one in row_shown.cell(f"local_{name}").of) for name in PARTS]
        assert got == [counted[row_shown.title][name] for name in PARTS], row_shown.title
    assert sum(each.total() for each in counted.values()) > 5


PARTS = ("in_time", "late", "open")


def test_time_in_stage_is_since_the_day_the_journeys_stage_was_reached(made: Report, cases: list[CaseNow]) -> None:
    days: defaultdict[str, list[int]] = defaultdict(list)
    long: Counter[str] = Counter()
    for case, began, ended, within in periods(cases):
        if began <= TODAY < ended and not case.journey.ended:
            stage, since = ([("Looked after", began), *first_days(case, within)])[-1]
            days[stage].append((TODAY - since).days)
            long[stage] += since <= months_after(TODAY, -6)
    expected = {stage: (len(each), median(each), max(each), long[stage]) for stage, each in days.items()}
    everybody = [one for each in days.values() for one in each]
    expected["All"] = (len(everybody), median(everybody), max(everybody), long.total())
    assert shown(made, "time-in-stage", "children", "median", "longest", "long") == expected


def test_days_to_an_answer_are_those_from_the_rung_to_what_was_done_or_said(
    made: Report, cases: list[CaseNow], record: CaseRecord
) -> None:
    of_child = {case.child: case for case in cases if len(case.journey.periods) == 1}
    days: list[int] = []
    for action in (one.action for one in record.actions() if one.action.kind == "escalation"):
        case, sent_on = of_child.get(action.child), local_date(action.at)
        if case is None or not SINCE <= sent_on <= TODAY:
            continue
        [row] = [one for one in case.rows if (one.obligation, one.occurrence) == (action.obligation, action.occurrence)]
        done = case.occurrence(row).ended_on
        said = [k.event.on for k in case.known if getattr(k.event, "obligation", None) == action.obligation]
        open_then = [day for day in said if row.opened_on <= day and (done is None or day <= done)]
        first = min((day for day in [*open_then, *([done] if done else [])] if sent_on <= day <= TODAY), default=None)
        days += [(first - sent_on).days] if first else []
    table: ReportTable | None = made.table("escalations-by-rung")
    assert table is not None
    answered = table.rows[-1].cell("answered").of
    assert sorted(one.days or 0 for one in answered if one.child in of_child) == sorted(days)
    assert len(days) > 10
    total, listed = table.rows[-1], [one.days for one in answered if one.days is not None]
    assert (total.cell("median").value, total.cell("longest").value) == (median(listed), max(listed))


def test_section_20_by_team_is_in_the_bands_of_the_calendar(made: Report, cases: list[CaseNow]) -> None:
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case, began, ended, within in periods(cases):
        changes = [(one.on, status) for one in within if (status := getattr(one, "legal_status", None))]
        if began <= TODAY < ended and not case.journey.ended and changes[-1][1] == LegalStatus.SECTION_20:
            band = next((name for name, months in BANDS if months_after(changes[-1][0], months) > TODAY), "over")
            counted[team_of(case)][band] += 1
    counted["All"] = sum(counted.values(), Counter[str]())
    rows = shown(made, "time-under-section-20", "children", *(name for name, _ in BANDS), "over")
    expected = {t: (c.total(), *(c[name] for name, _ in BANDS), c["over"]) for t, c in counted.items()}
    assert rows == expected


BANDS = (("under_3", 3), ("under_6", 6), ("under_12", 12))


def test_children_with_every_review_in_time_by_their_agendas(made: Report, cases: list[CaseNow]) -> None:
    names = ("first-review", "second-review", "subsequent-review")
    counted: Counter[bool] = Counter()
    for case, began, ended, _ in periods(cases):
        if len(case.journey.periods) > 1 or ended <= TODAY or case.journey.ended or began > TODAY - timedelta(28):
            continue
        rows = [row for row in case.rows if row.obligation in names and not row.forecast]
        laws = [(row, [one.due for one in row.limits if one.clause.startswith("CPPCR")]) for row in rows]
        due = [(row, min(own)) for row, own in laws if own and SINCE <= min(own) <= TODAY]
        due = [(row, limit) for row, limit in due if row.met_on or limit < TODAY]
        kept = [(row, limit) for row, limit in due if row.status not in ("waived", "lapsed")]
        if kept:
            counted[all(row.met_on is not None and row.met_on <= limit for row, limit in kept)] += 1
    table = made.table("children-with-all-reviews-in-time")
    assert table is not None
    once = {case.child for case in cases if len(case.journey.periods) == 1}
    got = [sum(one.child in once for one in table.rows[-1].cell(name).of) for name in ("all", "not_all")]
    assert got == [counted[True], counted[False]]
    assert counted[True] > 0


def test_what_counts_the_same_together_lists_the_same(made: Report) -> None:
    for table in made.tables:
        for row in table.rows:
            for column in (one for one in table.columns if one.parts):
                together = [one for part in column.parts for one in row.cell(part).of]
                assert Counter(row.cell(column.key).of) == Counter(together), (table.key, row.key, column.key)

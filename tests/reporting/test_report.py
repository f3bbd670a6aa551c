"""Every number of the report beside the same number recomputed by a few lines of its own."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from delivery.case_now import CaseNow
from domain.agenda import AgendaRow
from domain.case.calendar import local_date
from domain.case.documents import parse_event
from domain.study.simulation import EventLine, Simulation
from record.caseload import CaseloadRows
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from reporting.csv_files import files_of, table_csv
from reporting.kept import span_of
from reporting.report import Report, ReportOf
from reporting.tables import ReportTable
from tests.domain.story import raw_events
from tests.reporting.lived import NOW, POLICIES, POLICY, SINCE, TODAY, keeper

ROOT = Path(__file__).parents[2]


def table(made: Report, key: str) -> ReportTable:
    shown = made.table(key)
    assert shown is not None
    return shown


def numbers(shown: ReportTable, *columns: str) -> dict[str, tuple[Any, ...]]:
    return {row.title: tuple(row.cell(column).value for column in columns) for row in shown.rows}


REVIEWS = ("first-review", "second-review", "subsequent-review", "adoption-review", "placement-review")


def of_reviews(case: CaseNow) -> list[tuple[AgendaRow, date]]:
    """The latest period's reviews with their limit by law, by the words of the clauses."""
    rows = [row for row in case.rows if row.obligation in (*REVIEWS, "disruption-review", "short-break-review")]
    lawful = [(row, [one.due for one in row.limits if one.clause.startswith(("CPPCR", "AAR"))]) for row in rows]
    return [(row, min(due)) for row, due in lawful if due and not row.forecast]


def test_reviews_in_time_by_the_laws_limit_are_those_of_the_childrens_agendas(
    made: Report, cases: list[CaseNow]
) -> None:
    once = [case for case in cases if len(case.journey.periods) == 1]
    in_one_period = {case.child for case in once}
    due, in_time, late, not_done = (Counter[str]() for _ in range(4))
    for row, limit in (each for case in once for each in of_reviews(case)):
        gone = row.status in ("waived", "lapsed") and case_ended(once, row) <= limit
        if not SINCE <= limit <= TODAY or gone or (limit == TODAY and not row.met_on):
            continue
        month = f"{limit:%B %Y}"
        due[month] += 1
        in_time[month] += bool(row.met_on and row.met_on <= limit)
        late[month] += bool(row.met_on and row.met_on > limit)
        not_done[month] += not row.met_on
    shown = table(made, "reviews-by-month")
    for row_shown in shown.rows[:-1]:
        month = row_shown.title
        counted = [
            sum(one.child in in_one_period for one in row_shown.cell(f"statutory_{name}").of)
            for name in ("due", "in_time", "late", "open")
        ]
        assert counted == [due[month], in_time[month], late[month], not_done[month]], month
    assert sum(due.values()) > 10
    assert late.total() + not_done.total() > 0


def case_ended(cases: list[CaseNow], row: AgendaRow) -> date:
    [occurrence] = [case.occurrence(row) for case in cases if case.child == row.child]
    assert occurrence.ended_on is not None
    return occurrence.ended_on


def test_each_table_of_reviews_counts_the_same_and_a_number_is_as_long_as_its_list(made: Report) -> None:
    columns = [f"{limit}_{name}" for limit in ("statutory", "local") for name in ("due", "in_time", "late", "open")]
    totals = [numbers(table(made, f"reviews-by-{by}"), *columns)["All"] for by in ("month", "team", "policy", "step")]
    assert len({*totals}) == 1
    for shown in made.tables:
        for row in shown.rows:
            for column in shown.columns:
                if column.unit == "" and not row.cell(column.key).words:
                    assert row.cell(column.key).value == len(row.cell(column.key).of), (shown.key, row.key, column.key)


def test_days_from_entry_to_the_first_review_are_those_between_the_events(made: Report, cases: list[CaseNow]) -> None:
    days: dict[str, list[int]] = {}
    for case in cases:
        held = sorted(k.event.on for k in case.known if k.event.type == "review_held")
        entries = sorted(k.event.on for k in case.known if k.event.type == "became_looked_after")
        for number, entry in enumerate(entries):
            until = entries[number + 1] if number + 1 < len(entries) else date.max
            first = next((day for day in held if entry <= day < until), None)
            if first and SINCE <= first <= TODAY and not short_breaks(case):
                days.setdefault(case.journey.policy.id, []).append((first - entry).days)
    shown = numbers(table(made, "from-entry-to-each-stage"), "children", "median", "longest")
    for policy, each in days.items():
        assert shown[f"First review held ({policy})"] == (len(each), median(each), max(each))


def short_breaks(case: CaseNow) -> bool:
    return any(getattr(k.event, "legal_status", None) in ("V3", "V4") for k in case.known)


def test_time_under_section_20_is_since_the_status_of_the_events(made: Report, cases: list[CaseNow]) -> None:
    since = []
    for case in cases:
        changes = [k.event for k in sorted(case.known, key=lambda k: k.order) if hasattr(k.event, "legal_status")]
        if changes and not case.journey.ended and changes[-1].legal_status == "V2":
            since.append(changes[-1].on)
    days = sorted((TODAY - day).days for day in since)
    shown = numbers(table(made, "time-under-section-20"), "children", "median", "longest")
    assert shown["All"] == (len(days), median(days), days[-1])


def test_children_at_each_stage_are_those_the_journeys_are_at(made: Report, cases: list[CaseNow]) -> None:
    stages = Counter(case.journey.stage for case in cases if case.facts.entry and not case.journey.ended)
    shown = table(made, "time-in-stage")
    assert {row.key: row.cell("children").value for row in shown.rows if not row.total} == dict(stages)


def test_escalations_told_and_answered_are_those_of_the_record(made: Report, record: CaseRecord) -> None:
    rungs = [
        one.action for one in record.actions() if one.action.kind == "escalation" and one.action.at.date() >= SINCE
    ]
    shown = numbers(table(made, "escalations-by-rung"), "told", "answered", "waiting")
    assert shown["All"][0] == len(rungs) > 0
    by_rung = Counter(one.rung for one in rungs)
    for rung, count in by_rung.items():
        rows = [row for row in table(made, "escalations-by-rung").rows if f", rung {rung}" in row.title]
        assert sum(row.cell("told").value or 0 for row in rows) == count
    assert all(one[0] == (one[1] or 0) + (one[2] or 0) for one in shown.values())


def test_a_report_says_of_no_escalation_that_somebody_was_told(made: Report) -> None:
    """It counts them also where no channel is switched on, and nobody was."""
    shown = table(made, "escalations-by-rung")
    assert "told" not in " ".join(f"{one.title} {one.counts}" for one in shown.columns).lower()
    assert "`permanence outbox` says it" in shown.definition.left_out


def test_a_table_reads_the_same_as_csv(made: Report) -> None:
    for shown in made.tables:
        lines = table_csv(shown).splitlines()
        assert len(lines) == 1 + len(shown.rows)
    names = [name for name, _ in files_of(made)]
    assert len(names) == 2 * len(made.tables) + 1


# By hand

STORIES = {
    "A": "2026-01-05 became_looked_after policy=ppm-procedure team=North | 2026-01-15 ppm_held primary_plan=return_home"
    " | 2026-01-30 review_held",
    "B": "2026-01-05 became_looked_after policy=ppm-procedure team=North | 2026-02-04 review_held"
    " | 2026-02-05 lateness_explained obligation=first-review reason=illness",
    "C": "2026-01-05 became_looked_after policy=ppm-procedure team=South"
    " | 2026-01-12 ceased_to_be_looked_after reason=E4A",
}
"""The first review is due by 2 February 2026, the first meeting by 19 January. A: both in time. B: two days late, and
the meeting never held. C had left care before either."""


def told_by_hand(record: CaseRecord, child: str, lines: str, known_at: datetime | None = None) -> None:
    for number, line in enumerate(lines.split(" | ")):
        [event] = raw_events(f"{line.strip()} @{child} #{child}-{number}-{line[:10]}")
        at = known_at or datetime.fromisoformat(f"{line.strip()[:10]}T12:00:00+00:00")
        record.write(RecordEntry(child=child, decided_at=at, events=[KnownEvent(known_at=at, event=event)]))


@pytest.fixture
def by_hand(database_url: str) -> Iterator[CaseRecord]:
    record = CaseRecord.open(database_url)
    for child, lines in STORIES.items():
        told_by_hand(record, child, lines)
    keeper(record).renew_all()
    yield record
    record.close()


def of_day(record: CaseRecord, day: date, known_on: date | None = None) -> Report:
    return ReportOf(record, POLICIES).report(span_of(day, None, NOW, known_on), NOW)


def test_three_children_counted_by_hand(by_hand: CaseRecord) -> None:
    made = of_day(by_hand, date(2026, 2, 27))
    reviews = numbers(table(made, "reviews-by-team"), "statutory_due", "statutory_in_time", "statutory_late")
    assert reviews == {"North": (2, 1, 1), "All": (2, 1, 1)}
    meetings = numbers(table(made, "meetings-by-step"), "local_due", "local_in_time", "local_open")
    assert meetings["All"] == (2, 1, 1)
    [late] = table(made, "reviews-by-team").rows[0].cell("statutory_late").of
    assert (late.child, late.due, late.done, late.days, late.note) == (
        "B",
        date(2026, 2, 2),
        date(2026, 2, 4),
        2,
        "illness",
    )
    children = numbers(table(made, "children-with-all-reviews-in-time"), "children", "all", "not_all", "share")
    assert children["All"] == (2, 1, 1, 50.0)


def test_each_limit_is_listed_with_its_own_clause_where_both_ask_for_the_same_day(by_hand: CaseRecord) -> None:
    lines = "2026-01-05 became_looked_after policy=ppm-procedure | 2026-01-12 placement_order_made"
    told_by_hand(by_hand, "F", lines)
    keeper(by_hand).renew_all()
    steps = table(of_day(by_hand, date(2026, 5, 1)), "reviews-by-step")
    [row] = [row for row in steps.rows if row.title == "Review while waiting to be placed for adoption"]
    [law], [procedure] = row.cell("statutory_open").of, row.cell("local_open").of
    assert (law.due, procedure.due) == (date(2026, 4, 12), date(2026, 4, 12))
    assert law.what.endswith(", AAR reg 36(1)")
    assert procedure.what.endswith(", S1 §2, §7")


def test_what_was_never_done_is_no_later_than_it_was_when_the_child_left_care(by_hand: CaseRecord) -> None:
    lines = "2026-01-05 became_looked_after policy=ppm-procedure | 2026-02-12 ceased_to_be_looked_after reason=E8"
    told_by_hand(by_hand, "G", lines)
    keeper(by_hand).renew_all()
    for day, days in ((date(2026, 2, 11), 9), (date(2026, 2, 12), 10), (date(2026, 6, 30), 10)):
        listed = table(of_day(by_hand, day), "reviews-by-team").rows[-1].cell("statutory_open").of
        assert [one.days for one in listed if one.child == "G"] == [days], day


def test_a_report_of_a_past_day_knows_what_was_known_then(by_hand: CaseRecord) -> None:
    told_by_hand(
        by_hand,
        "D",
        "2026-01-05 became_looked_after policy=ppm-procedure team=North",
        datetime(2026, 1, 5, 12, tzinfo=UTC),
    )
    told_by_hand(by_hand, "D", "2026-02-02 review_held", datetime(2026, 2, 20, 9, tzinfo=UTC))
    keeper(by_hand).renew_all()
    day = date(2026, 2, 6)
    columns = ("statutory_due", "statutory_in_time", "statutory_late", "statutory_open")
    then = numbers(table(of_day(by_hand, day, day), "reviews-by-team"), *columns)["All"]
    now = numbers(table(of_day(by_hand, day), "reviews-by-team"), *columns)["All"]
    assert (then, now) == ((3, 1, 1, 1), (3, 2, 1, 0))
    beside = numbers(
        table(of_day(by_hand, day, day), "reviews-by-month-known-then"),
        *(f"{known}_statutory_{name}" for known in ("then", "now") for name in ("in_time", "late", "open")),
    )
    assert beside["All"] == (1, 1, 1, 2, 1, 0)


def test_rows_follow_the_record_and_come_back_when_emptied(by_hand: CaseRecord) -> None:
    before = numbers(table(of_day(by_hand, TODAY), "reviews-by-month"), "statutory_due")
    assert keeper(by_hand).renew_all() == 0
    told_by_hand(by_hand, "A", "2026-04-20 review_held")
    assert CaseloadRows(by_hand.engine).written(["A"]) == {"A": 4}
    assert keeper(by_hand).renew_all() == 1
    after = numbers(table(of_day(by_hand, TODAY), "reviews-by-month"), "statutory_due")
    assert after != before
    assert keeper(by_hand).rebuild() == 3
    assert numbers(table(of_day(by_hand, TODAY), "reviews-by-month"), "statutory_due") == after


def test_the_page_and_the_file_look_the_same() -> None:
    style = (ROOT / "reporting" / "templates" / "report.css").read_text("utf-8")
    assert style.strip() in (ROOT / "desk" / "assets" / "desk.css").read_text("utf-8")


def test_what_was_recorded_late_shows_in_each_table_that_it_touches(by_hand: CaseRecord) -> None:
    late = datetime(2026, 3, 20, 9, tzinfo=UTC)
    told_by_hand(by_hand, "E", "2026-01-05 became_looked_after policy=ppm-procedure team=North legal_status=V2")
    for line in (
        "2026-01-16 ppm_held primary_plan=return_home",
        "2026-01-29 review_held",
        "2026-02-20 plan_changed primary_plan=adoption",
        "2026-02-25 legal_status_changed legal_status=C2",
        "2026-02-26 lateness_explained obligation=second-review reason=illness",
    ):
        told_by_hand(by_hand, "E", line, late)
    keeper(by_hand).renew_all()
    day = date(2026, 3, 10)
    then, now = of_day(by_hand, day, day), of_day(by_hand, day)

    def both(key: str, row: str, *columns: str) -> tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]:
        return (numbers(table(then, key), *columns).get(row), numbers(table(now, key), *columns).get(row))

    held = ("in_time", "late", "open")
    assert both("reviews-by-team", "North", *(f"statutory_{name}" for name in held)) == ((1, 1, 1), (2, 1, 0))
    assert both("meetings-by-month", "January 2026", *(f"local_{name}" for name in held)) == ((1, 0, 2), (2, 0, 1))
    assert both("children-with-all-reviews-in-time", "North", "all", "not_all") == ((1, 2), (2, 1))
    assert both("from-entry-to-each-stage", "First review held (ppm-procedure)", "children") == ((2,), (3,))
    assert both("time-in-stage", "Looked after", "children") == ((1,), None)
    assert both("changes-of-plan", "North", "none", "one") == ((3, 0), (2, 1))
    assert both("time-under-section-20", "North", "children") == ((1,), None)
    beside = numbers(table(then, "meetings-by-month-known-then"), "then_local_in_time", "now_local_in_time")
    assert beside["January 2026"] == (1, 2)


def test_a_rung_told_after_an_outage_is_of_the_day_on_which_it_was_told(by_hand: CaseRecord) -> None:
    """Meant for 26 January and told on 2 February: it stood in February's report with January's day, and as answered by
    what had been said before."""
    told_by_hand(by_hand, "H", "2026-01-05 became_looked_after policy=ppm-procedure team=North")
    [entry] = raw_events("2026-01-05 became_looked_after policy=ppm-procedure @H #H")
    lived = Simulation(POLICIES, POLICY).run([EventLine(1, parse_event(entry))], date(2026, 2, 1))["H"]
    [rung] = [a for a in lived.actions if (a.obligation, a.kind, a.rung) == ("initial-ppm", "escalation", 2)]
    assert local_date(rung.at) == date(2026, 1, 26)
    by_hand.write(RecordEntry(child="H", decided_at=datetime(2026, 2, 2, 10, tzinfo=UTC), actions=[rung]))
    told_by_hand(by_hand, "H", "2026-01-30 lateness_explained obligation=initial-ppm reason=ice")
    keeper(by_hand).renew_all()

    [waiting] = table(of_day(by_hand, date(2026, 2, 5)), "escalations-by-rung").rows[-1].cell("waiting").of
    assert (waiting.child, waiting.due, waiting.done, waiting.days) == ("H", date(2026, 2, 2), None, 3)
    told_by_hand(by_hand, "H", "2026-02-04 ppm_held primary_plan=return_home")
    keeper(by_hand).renew_all()
    [answered] = table(of_day(by_hand, date(2026, 2, 5)), "escalations-by-rung").rows[-1].cell("answered").of
    assert (answered.done, answered.days) == (date(2026, 2, 4), 2)

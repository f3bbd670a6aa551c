"""What falls due: every number beside the same number counted from the children's agendas by a few lines of its own."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from delivery.case_now import CaseNow, Cases
from delivery.caseload import CaseloadKeeper
from delivery.directory import Directory, read_directory
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.calendar import end_of
from domain.case.documents import parse_event
from domain.case.facts import Known, unvoided
from domain.case.words import Role
from domain.policy.loading import Policies
from record.caseload_reading import CaseloadReading
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from reporting.ahead import DueAhead, ahead
from reporting.bars import picture
from reporting.csv_files import children_csv
from reporting.falls_due import falls_due
from reporting.tables import ReportTable
from tests.domain.story import raw_events
from tests.fewer import MORE
from tests.reporting.lived import POLICY, live_caseload

TODAY = date(2026, 11, 18)
"""A Wednesday."""
LAST = date(2027, 2, 14)
"""The Sunday after twelve whole weeks."""
NOW = end_of(TODAY)
POLICIES = Policies.load()
DIRECTORY = read_directory(
    """
fallback = "desk"
[people.desk]
email = "desk@example.org"
[people.anna]
name = "Anna Brown"
email = "anna@example.org"
absent = [{ from = 2026-12-07, until = 2026-12-18, cover = "ben" }, { from = 2027-01-04, until = 2027-01-15 }]
[people.ben]
email = "ben@example.org"
[people.iris]
name = "Iris Okafor"
email = "iris@example.org"
[roles]
social_worker = "anna"
iro = "iris"
ppm_chair = "iris"
team_manager = "ben"
"""
)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRecord]:
    record = CaseRecord.open(f"sqlite:///{tmp_path_factory.mktemp('ahead')}/record.db")
    live_caseload(record, 40 if MORE else 30, TODAY)
    lists_of(record)
    yield record
    record.close()


def lists_of(record: CaseRecord) -> None:
    CaseloadKeeper(record, Cases(POLICIES, POLICY), lambda: NOW).rebuild()


def of_record(record: CaseRecord, directory: Directory | None = DIRECTORY) -> DueAhead:
    return ahead(record, POLICIES, directory, TODAY, CaseloadReading(record.engine, NOW).under_way())


@pytest.fixture(scope="module")
def made(record: CaseRecord) -> dict[str, ReportTable]:
    return {table.key: table for table in falls_due(of_record(record))}


@pytest.fixture(scope="module")
def cases(record: CaseRecord) -> list[CaseNow]:
    """The children's cases as their pages have them: nothing of the lists, and nothing of the report."""
    histories = record.histories(record.children())
    known = {child: [Known(parse_event(one.event), one.known_at) for one in own] for child, own in histories.items()}
    each = [Cases(POLICIES, POLICY).at(child, own, NOW) for child, own in known.items()]
    return [case for case in each if case is not None and not case.journey.ended]


@pytest.fixture(scope="module")
def due(cases: list[CaseNow]) -> list[tuple[CaseNow, AgendaRow]]:
    """What is open and due from today to the last day, forecasts aside."""
    rows = [(case, row) for case in cases for row in case.rows if row.is_open and not row.forecast]
    return [(case, row) for case, row in rows if TODAY <= row.due <= LAST]


def numbers(table: ReportTable, column: str) -> dict[str, float]:
    return {row.key: value for row in table.rows if not row.total and (value := row.cell(column).value)}


def week(day: date) -> str:
    return max(TODAY, day - timedelta(days=day.weekday())).isoformat()


def sort(row: AgendaRow) -> str:
    if row.obligation.endswith("-review") and row.obligation != "permanence-plan-at-review":
        return "review"
    return "meeting" if row.obligation.endswith("ppm") else "other"


def test_each_week_has_what_is_due_in_it_on_the_agendas(
    made: dict[str, ReportTable], due: list[tuple[CaseNow, AgendaRow]], cases: list[CaseNow]
) -> None:
    table = made["falls-due"]
    assert numbers(table, "all") == Counter(week(row.due) for _, row in due)
    assert len(table.rows) == 14
    for column in ("review", "meeting", "other"):
        assert numbers(table, column) == Counter(week(row.due) for _, row in due if sort(row) == column), column
    rows = (row for case in cases for row in case.rows)
    expected = Counter(week(row.due) for row in rows if row.is_open and row.forecast and TODAY <= row.due <= LAST)
    assert numbers(table, "forecast") == expected
    assert table.rows[-1].cell("all").value == len(due) > 40


def test_by_role_and_team_each_week_and_what_is_late(
    made: dict[str, ReportTable], due: list[tuple[CaseNow, AgendaRow]], cases: list[CaseNow]
) -> None:
    entries = {case.child: [k.event for k in case.known if isinstance(k.event, ev.BecameLookedAfter)] for case in cases}
    teams = {child: (own[-1].team if own else None) or "No team" for child, own in entries.items()}
    late = [row for case in cases for row in case.rows if row.status == "overdue"]
    ways: dict[str, Callable[[AgendaRow], str]] = {
        "falls-due-by-role": lambda row: row.owner.value,
        "falls-due-by-team": lambda row: teams[row.child],
    }
    for key, by in ways.items():
        table = made[key]
        assert numbers(table, "all") == Counter(by(row) for _, row in due)
        assert numbers(table, "late") == Counter(by(row) for row in late)
        for first in {week(row.due) for _, row in due}:
            assert numbers(table, first) == Counter(by(row) for _, row in due if week(row.due) == first)


def contact(case: CaseNow, role: str) -> str:
    """Whom the events name for a role, by its address."""
    named = "-nobody"
    for event in (known.event for known in sorted(unvoided(case.known), key=lambda known: known.order)):
        if isinstance(event, ev.BecameLookedAfter):
            named = event.people.get(Role(role), named)
        elif isinstance(event, ev.PersonAssigned) and event.role == role:
            named = event.contact
    return named.lower()


def test_by_person_and_days_that_clash_as_the_events_name_people(
    record: CaseRecord, due: list[tuple[CaseNow, AgendaRow]]
) -> None:
    tables = {table.key: table for table in falls_due(of_record(record, None))}
    owners = Counter(contact(case, row.owner) for case, row in due)
    assert numbers(tables["falls-due-by-person"], "all") == owners
    wanted: dict[tuple[date, str], set[str]] = {}
    for case, row in due:
        booked = row.booked_for if row.booked_for and TODAY <= row.booked_for <= LAST else row.due
        chair = {"review": "iro", "meeting": "ppm_chair"}.get(sort(row))
        for person in {contact(case, row.owner), contact(case, chair)} - {"-nobody"} if chair else ():
            wanted.setdefault((booked, person), set()).add(case.child)
    clashes = {f"{day}.{person}" for (day, person), children in wanted.items() if len(children) > 1}
    assert {row.key for row in tables["clash-days"].rows if not row.total} == clashes
    days = Counter(person.partition(".")[2] for person in clashes)
    assert numbers(tables["falls-due-by-person"], "clashes") == days
    assert numbers(tables["falls-due"], "clashes") == Counter(week(date.fromisoformat(one[:10])) for one in clashes)


def test_a_number_is_as_long_as_its_list_and_the_picture_says_the_same(made: dict[str, ReportTable]) -> None:
    for table in made.values():
        for row in table.rows:
            for column in table.columns:
                if column.unit == "":
                    assert row.cell(column.key).value == len(row.cell(column.key).of), (table.key, row.key, column.key)
    drawn = picture(made["falls-due"])
    assert drawn is not None
    assert [bar.total for bar in drawn.bars] == [row.cell("all").text for row in made["falls-due"].rows[:-1]]


def test_who_is_away_when_something_is_due_and_who_covers(
    record: CaseRecord, due: list[tuple[CaseNow, AgendaRow]]
) -> None:
    owners = sorted({contact(case, row.owner) for case, row in due} - {"-nobody"})
    of_all = "from = 2026-12-01, until = 2027-01-15"
    cover = ("", ', cover = "duty"')
    people = [
        f'[people.p{number}]\nemail = "{email}"\nabsent = [{{ {of_all}{cover[number % 2]} }}]'
        for number, email in enumerate(owners)
    ]
    directory = read_directory("\n".join(['fallback = "duty"', '[people.duty]\nemail = "d@example.org"', *people]))
    table = next(one for one in falls_due(of_record(record, directory)) if one.key == "falls-due-while-away")
    away = [contact(case, row.owner) for case, row in due if date(2026, 12, 1) <= row.due <= date(2027, 1, 15)]
    expected = Counter(f"p{owners.index(one)}" for one in away if one in owners)
    assert numbers(table, "all") == expected
    assert numbers(table, "covered") == {person: n for person, n in expected.items() if int(person[1:]) % 2}
    assert numbers(table, "nobody") == {person: n for person, n in expected.items() if not int(person[1:]) % 2}
    assert table.rows[-1].cell("covered").value
    assert table.rows[-1].cell("nobody").value


# By hand

STORIES = {
    "A": "2026-11-12 became_looked_after policy=england-statutory",
    "B": "2026-11-12 became_looked_after policy=england-statutory",
}
"""Twenty working days: the first reviews of A and B are due on 10 December 2026, while Anna is away and Ben covers."""


def test_two_reviews_of_one_day_clash_for_worker_and_iro_and_the_cover_is_named(database_url: str) -> None:
    record = CaseRecord.open(database_url)
    for child, line in STORIES.items():
        [event] = raw_events(f"{line} @{child} #{child}-1")
        record.write(RecordEntry(child=child, decided_at=NOW, events=[KnownEvent(known_at=NOW, event=event)]))
    lists_of(record)
    tables = {table.key: table for table in falls_due(of_record(record))}
    clashes = tables["clash-days"].rows
    assert [(row.title, row.cell("steps").value) for row in clashes[:-1]] == [
        ("Thu 10 Dec 2026: Anna Brown", 2),
        ("Thu 10 Dec 2026: Iris Okafor", 2),
    ]
    [anna, _] = tables["falls-due-while-away"].rows
    assert (anna.title, anna.cell("all").value, anna.cell("covered").value) == ("Anna Brown", 2, 2)
    assert anna.cell("when").words == "7 Dec 2026 to 18 Dec 2026: ben covers; 4 Jan 2027 to 15 Jan 2027: nobody covers"
    assert "Anna Brown; away; ben covers" in children_csv(tables["falls-due"])
    record.close()

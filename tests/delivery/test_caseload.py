"""The caseload as it is kept: how each child stands, by urgency, whoever wrote it and in whatever order."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from importlib import import_module
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, func, insert, select, update

from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from delivery.holding import covering, holding, teams_called, whose
from delivery.people import People
from domain.agenda import AgendaRow, agenda, rag
from domain.case import events as ev
from domain.case.documents import document_of
from domain.case.words import Role
from domain.journey import Journey
from domain.study.simulation import batches
from record.caseload import CaseloadRows, WorkedOut, note_written
from record.caseload_list import CaseloadList, ListedChild
from record.caseload_reading import CaseloadPart, CaseloadReading, Child, ChildAhead, StepAhead
from record.caseload_tables import CaseloadChild, CaseloadPerson, CaseloadStep
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from record.tables import EventRow
from tests.delivery.offices import office
from tests.domain.story import CHILD, Live, london, policies
from tests.fewer import MORE
from tests.random_journeys import random_journey

NOW = london("2026-03-02", "10:00")


class Town:
    """A record, a keeper of its caseload, and a clock."""

    def __init__(self, record: CaseRecord) -> None:
        self.record = record
        self.now = NOW
        self.keeper = CaseloadKeeper(record, Cases(policies(), "ppm-procedure"), lambda: self.now)

    def enters(self, child: str, on: str, *more: dict[str, object], team: str | None = None, **people: str) -> None:
        """A child enters care, and more happens."""
        entry: dict[str, object] = {"type": "became_looked_after", "on": on}
        entry |= {"date_of_birth": "2016-05-04", "legal_status": "C2"}
        of_it = [entry | ({"team": team} if team else {}) | ({"people": people} if people else {}), *more]
        events = [{"id": f"{child}-{place}", "child": child} | event for place, event in enumerate(of_it)]
        self.record.write(RecordEntry(child=child, decided_at=self.now, events=[self.known(e) for e in events]))

    def known(self, event: dict[str, object]) -> KnownEvent:
        return KnownEvent(known_at=london(str(event["on"]), "12:00"), event=event)

    def renew(self) -> "CaseloadReading":
        while self.keeper.renew_outdated():
            pass
        return self.reading

    @property
    def reading(self) -> CaseloadReading:
        return CaseloadReading(self.record.engine, self.now)

    def references(self, **which: object) -> list[str]:
        return [child.child for child in self.reading.children(CaseloadPart(**which))]  # type: ignore[arg-type]  # as named


@pytest.fixture
def town(record: CaseRecord) -> Town:
    return Town(record)


def rows_of(record: CaseRecord) -> list[tuple[object, ...]]:
    """All that stands in the tables, but for counts and instants of working out."""
    left_out = {"number", "derived", "derived_at", "written"}
    with record.engine.connect() as connection:
        return [
            tuple(row)
            for table in (CaseloadChild, CaseloadStep, CaseloadPerson)
            for row in connection.execute(
                select(*(column for column in table.__table__.columns if column.name not in left_out)).order_by(
                    *(getattr(table, name) for name in table.identity)
                )
            )
        ]


def entries_of(live: Live, happened: list[ev.Event], until: datetime) -> Iterator[RecordEntry]:
    """A journey lived on, entry by entry, as its wakes write them."""
    for instant, batch in [*batches(happened), (until, [])]:
        live.sleep_until(instant - timedelta(microseconds=1))
        live.told(instant, batch)
        new = [KnownEvent(known_at=instant, event=document_of(event)) for event in batch]
        yield RecordEntry(child=CHILD, decided_at=instant, events=new, actions=live.sent, skipped=live.skipped)


def as_agenda(journey: Journey, now: datetime) -> list[tuple[object, ...]]:
    return [] if journey.ended else [_as_row(row) for row in agenda(journey, now) if row.is_open]


def _as_row(row: AgendaRow) -> tuple[object, ...]:
    ahead = (
        (row.next.at, row.next.kind, row.next.rung, tuple(map(str, row.next.to)))
        if row.next
        else (None, None, None, ())
    )
    return (row.obligation, row.occurrence, row.due, row.owner.value, row.forecast, *ahead)


def as_kept(child: ChildAhead | None) -> list[tuple[object, ...]]:
    steps: tuple[StepAhead, ...] = child.steps if child else ()
    return sorted(
        (s.obligation, s.occurrence, s.due, s.owner, s.forecast, s.next_at, s.next_kind, s.next_rung, s.next_to)
        for s in steps
    )


@pytest.mark.parametrize("seed", range(3 if MORE else 2))
def test_what_is_kept_is_how_the_journey_stands_in_whatever_order_it_was_worked_out(
    record: CaseRecord, seed: int
) -> None:
    """Several workers are at it after each wake; one of them comes late, with what it worked out long before."""
    chance, policy = Random(seed), ("ppm-procedure", "quick-guide")[seed % 2]
    happened = random_journey(chance, CHILD, policy)
    until = batches(happened)[-1][0] + timedelta(days=chance.randint(0, 60), minutes=3)
    town, rows, late = Town(record), CaseloadRows(record.engine), list[WorkedOut]()
    town.keeper = CaseloadKeeper(record, Cases(policies(), policy), lambda: town.now)
    live = Live(policy)

    for entry in entries_of(live, happened, until):
        record.write(entry)
        town.now = entry.decided_at
        if chance.random() < 0.2:
            late += town.keeper.work_out([CHILD])
    final = town.keeper.work_out([CHILD])
    chance.shuffle(late)
    for one in [*late, *final, *late]:
        rows.put([one])

    child = next(iter(town.reading.children(CaseloadPart())), None)
    assert as_kept(child) == as_agenda(live.journey, until)
    firm = [row for row in agenda(live.journey, until) if not row.forecast]
    assert child is None or child.colour == rag(firm, live.journey.policy)
    kept = rows_of(record)
    rows.forget_all()
    assert town.keeper.rebuild() == 1
    assert rows_of(record) == kept


HELD: dict[str, object] = {"type": "ppm_held", "primary_plan": "adoption", "chair": "cla_service_manager"}


def test_the_latest_comes_first_then_what_is_due_soonest_and_each_day_turns_the_list_by_itself(town: Town) -> None:
    town.enters("C-LATE", "2026-01-05")
    town.enters("C-LATER", "2025-12-29")
    town.enters("C-SOON", "2026-02-20")
    town.enters("B-SOON", "2026-02-20")
    later, late, *soon = town.renew().children(CaseloadPart())

    assert [child.child for child in (later, late, *soon)] == ["C-LATER", "C-LATE", "B-SOON", "C-SOON"]
    assert [(child.days_late, child.colour) for child in (later, late)] == [(49, "red"), (42, "red")]
    assert [child.colour for child in soon] == ["amber", "amber"]
    assert later.most_urgent is not None
    assert (later.most_urgent.obligation, later.most_urgent.due.isoformat()) == ("initial-ppm", "2026-01-12")
    upcoming = soon[0].next_due(town.reading.today)
    assert upcoming is not None
    assert (upcoming.due.isoformat(), upcoming.next_at) == ("2026-03-06", london("2026-03-05", "09:00"))

    town.now = london("2026-03-07", "00:01")  # a day after theirs, and nobody has worked anything out since
    assert town.references(colours=["red"]) == ["C-LATER", "C-LATE", "B-SOON", "C-SOON"]
    assert [child.days_late for child in town.reading.children(CaseloadPart(), limit=2, offset=1)] == [47, 1]
    assert [step.child for step in town.reading.steps(CaseloadPart(), until=late.steps[0].due)] == ["C-LATER", "C-LATE"]
    tally = town.reading.tally(CaseloadPart())
    assert (tally.children, tally.red, tally.late_children) == (4, 4, 4)


def test_children_are_asked_for_by_worker_iro_team_stage_and_policy_as_the_directory_has_it_today(town: Town) -> None:
    town.enters(
        "C-1", "2026-02-02", HELD | {"on": "2026-02-09"}, team="North Team", social_worker="S.Worker@Example.org"
    )
    town.enters("C-2", "2026-02-02", team="NORTH", social_worker="a-patel", team_manager="b-osei")
    town.enters(
        "C-3", "2026-02-03", {"type": "policy_adopted", "on": "2026-02-04", "policy": "quick-guide"}, team="South"
    )
    town.renew()
    house, day = office(), town.reading.today
    away = office('\n[[people.a-patel.absent]]\nfrom = 2026-03-01\nuntil = 2026-03-09\ncover = "s-worker"\n')
    worker, manager, iro = (Role.SOCIAL_WORKER, Role.TEAM_MANAGER, Role.IRO)

    assert town.references(held=[[holding(house, "s-worker", worker, day)]]) == ["C-1"]
    assert town.references(held=[[holding(house, "m-north", manager, day)]]) == ["C-1"], "C-2 names another"
    assert town.references(held=[[holding(house, "i-second", iro, day)]]) == ["C-1", "C-2", "C-3"], (
        "for all: i-first left"
    )
    assert town.references(held=[[holding(None, "a-patel", worker, day)]]) == ["C-2"], "without a directory"
    cover = covering(away, "s-worker", worker, day)
    assert cover is not None
    assert town.references(held=[[cover]]) == ["C-2"]
    assert covering(house, "s-worker", worker, day) is None
    assert town.references(teams=teams_called(house, "north team")) == ["C-1", "C-2"]
    assert (town.references(stages=["ppm"]), town.references(policies=["quick-guide"])) == (["C-1"], ["C-3"])
    by_worker = town.reading.tallies_by_holder(CaseloadPart(), worker)
    assert {key: tally.children for key, tally in by_worker.items()} == {
        ("s.worker@example.org", "north-team"): 1,
        ("a-patel", "north"): 1,
        ("", "south"): 1,
    }
    people = People(house)
    [named] = town.reading.children(CaseloadPart(children=["C-2"]))
    assert [whose(named, role, people, day).keys for role in (worker, manager, iro)] == [
        ("a-patel",),
        ("b-osei",),
        ("i-second",),
    ]


def test_no_child_is_lost_on_the_way_to_the_list(town: Town, record: CaseRecord) -> None:
    """Before it is worked out, where it cannot be, after the tables were emptied; those who left care are in none."""
    town.enters("C-1", "2026-02-02")
    town.enters("C-LEFT", "2026-02-02", {"type": "ceased_to_be_looked_after", "on": "2026-02-20", "reason": "E4A"})
    assert (town.references(), town.reading.unknown()) == ([], ["C-1", "C-LEFT"])
    assert (town.renew().unknown(), town.references()) == ([], ["C-1"])

    CaseloadRows(record.engine).forget_all()
    assert town.reading.unknown() == ["C-1", "C-LEFT"]
    town.keeper.follow_the_record()
    assert (town.renew().unknown(), town.references()) == ([], ["C-1"])

    odd = {"type": "of_a_later_version", "id": "C-ODD-1", "child": "C-ODD", "on": "2026-02-02"}
    with record.engine.begin() as connection:
        row = {"child": "C-ODD", "event_id": "C-ODD-1", "type": "x", "on": NOW.date(), "known_at": NOW, "document": odd}
        connection.execute(insert(EventRow), row)
    town.keeper.follow_the_record()
    town.enters("C-2", "2026-02-02")
    assert (town.renew().left_out(), town.references()) == (["C-ODD"], ["C-1", "C-2"])
    town.enters("C-2", "2026-02-02", HELD | {"on": "2026-02-09"})
    assert town.reading.outdated() == 1
    assert (town.renew().outdated(), town.references(stages=["ppm"])) == (0, ["C-2"])

    with record.engine.begin() as connection:  # a child whose file was destroyed leaves nothing here
        note_written(connection, "C-GONE")
    assert "C-GONE" in town.reading.unknown()
    town.keeper.follow_the_record()
    assert (town.reading.unknown(), town.reading.left_out()) == ([], ["C-ODD"])


def test_a_policy_of_another_version_has_its_children_worked_out_again(town: Town, record: CaseRecord) -> None:
    town.enters("C-1", "2026-02-02")
    town.renew()
    rows = CaseloadRows(record.engine)
    town.keeper.follow_the_record()
    assert rows.outdated(NOW - timedelta(days=1), 10) == []
    rows.follow_the_record([("ppm-procedure", "ppm-procedure@of-tomorrow")])
    assert rows.outdated(NOW - timedelta(days=1), 10) == ["C-1"]
    town.renew()
    assert rows.outdated(NOW + timedelta(days=1), 10) == ["C-1"], "worked out on another day, it is looked at again"


def test_a_long_list_has_the_children_of_a_page_in_its_order_with_what_is_to_be_met(town: Town) -> None:
    town.enters("C-LATE", "2025-12-01", team="Duty (North)", social_worker="p.osei", iro="r.iro")
    town.enters("C-SOON", "2026-02-20", social_worker="p.osei")
    town.enters("C-NEW", "2026-03-01")
    town.renew()
    for part in (CaseloadPart(), CaseloadPart(colours=["red"]), CaseloadPart(teams=["duty-north"])):
        page, listed = town.reading.children(part), CaseloadList(town.record.engine, town.now).listed(part)
        assert listed
        assert [_shown(one, town) for one in listed] == [_shown(one, town) for one in page]


def _shown(child: ChildAhead | ListedChild, town: Town) -> tuple[object, ...]:
    """What both say of a child, but forecasts, which no row of a long list shows."""
    today = town.reading.today
    steps = [
        (step.obligation, step.title, step.clause, step.owner, step.due, step.escalates, step.booked_for)
        for step in child.steps
        if not getattr(step, "forecast", False)
    ]
    first, coming = child.most_urgent, child.next_due(today)
    return (
        (child.child, child.stage, child.policy, child.team, child.legal_status, child.primary_plan, child.rejected),
        (child.colour, child.days_late, first and first.obligation, coming and coming.due, dict(child.contacts)),
        steps,
    )


def test_those_of_whom_there_is_something_come_latest_first_with_how_many_they_are(town: Town) -> None:
    for child, day in (("A-1", "2026-02-03"), ("A-2", "2026-02-05"), ("A-3", "2026-02-04")):
        town.enters(child, day, team="North")
    town.enters("B-1", "2026-02-06", team="South")
    reading = town.renew()
    entered = select(func.max(EventRow.on)).where(EventRow.child == Child.child, EventRow.on >= date(2026, 2, 4))
    of_north = CaseloadPart(teams=["north"])

    assert reading.lately(entered, of_north) == (["A-2", "A-3"], 2)
    assert reading.lately(entered, of_north, limit=1, offset=1) == (["A-3"], 2)
    assert reading.lately(entered, of_north, limit=1, offset=2) == ([], 0), "past the last"
    assert reading.lately(entered, CaseloadPart()) == (["B-1", "A-2", "A-3"], 3)


def test_a_child_of_whom_nothing_is_open_is_counted(town: Town) -> None:
    town.enters("A-1", "2026-02-03", team="North")
    reading = town.renew()
    with town.record.engine.begin() as connection:
        connection.execute(delete(CaseloadStep))

    tally = reading.tally(CaseloadPart())
    assert (tally.children, tally.late, tally.due[4]) == (1, 0, 0)


def test_the_roles_that_a_child_needs_and_its_events_name_nobody_for_are_counted_by_team(town: Town) -> None:
    town.enters("A-1", "2026-02-03", team="North", social_worker="anna")
    town.enters("A-2", "2026-02-03", team="North", iro="iris", ppm_chair="mo")
    town.enters("B-1", "2026-02-03")
    unnamed = town.renew().unnamed(CaseloadPart())

    assert (unnamed[Role.SOCIAL_WORKER, "north"], unnamed[Role.IRO, "north"]) == (1, 1)
    assert (unnamed[Role.SOCIAL_WORKER, ""], unnamed[Role.IRO, ""]) == (1, 1)
    assert unnamed[Role.PPM_CHAIR, "north"] == unnamed[Role.PPM_CHAIR, ""] == 1, "the meeting is the chair's to hold"
    assert town.reading.unnamed(CaseloadPart(teams=["south"])) == {}


def test_an_older_database_is_given_the_roles_that_are_not_named_as_they_are_worked_out(town: Town) -> None:
    town.enters("A-1", "2026-02-03", team="North", social_worker="anna")
    town.enters("A-2", "2026-02-03", {"type": "review_held", "on": "2026-02-25"}, iro="iris", ppm_chair="mo")
    town.enters("A-3", "2026-02-03", {"type": "ceased_to_be_looked_after", "on": "2026-02-20", "reason": "E4A"})
    town.renew()
    worked_out = rows_of(town.record)
    with town.record.engine.begin() as connection:
        connection.execute(update(CaseloadChild).values(unnamed=None))
        import_module("record.migrations.versions.0013_lists").fill(connection)

    assert rows_of(town.record) == worked_out


# What it asks


def questions(work: Callable[[], object]) -> int:
    """How often a database is asked something meanwhile."""
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.extend([statement] if statement.startswith("SELECT") else [])

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    return len(asked)


def test_a_round_asks_no_more_for_many_children_than_for_two(town: Town) -> None:
    for number in range(2):
        town.enters(f"CLA-{number}", "2026-01-05")
    for_two = questions(town.keeper.renew_outdated)
    for number in range(2, 12):
        town.enters(f"CLA-{number}", "2026-01-05")
    assert questions(town.keeper.renew_outdated) == for_two
    assert len(town.references()) == 12

"""What the report keeps is what it would work out afresh, whatever is edited in between and in whatever order."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from random import Random, randrange
from typing import Any

import pytest
from sqlalchemy import select

from delivery import policy_versions
from domain.case.calendar import end_of, local_date
from domain.case.facts import Known
from domain.case.words import Role
from domain.clocks.actions import Action
from domain.policy.loading import PolicyFile, read_policy
from record.entries import KnownEvent, RecordEntry
from record.policy_texts import PolicyText, PolicyTexts
from record.report_rows import TABLES
from record.report_tables import ReportRung, ReportStep
from record.store import CaseRecord
from reporting import keeping
from reporting.keeping import PoliciesHad, ReportKeeper
from reporting.program import LINES
from tests.domain.story import events, london, next_version, raw_events
from tests.domain.test_policy_check import SOUND
from tests.reporting.lived import NOW, POLICIES, POLICY, TODAY

CHILDREN = ("A", "B", "C")
HAPPENED = (
    "ppm_held primary_plan=return_home",
    "ppm_held primary_plan=adoption",
    "review_held",
    "lateness_explained obligation=first-review reason=illness",
    "lateness_explained obligation=initial-ppm reason=staffing",
    "ceased_to_be_looked_after reason=E4A",
    "became_looked_after policy=england-statutory team=South",
)


class Edits:
    """A record that somebody edits at random, and whose clock goes on."""

    def __init__(self, record: CaseRecord, chance: Random) -> None:
        self.record, self.chance = record, chance
        self.now = end_of(TODAY - timedelta(days=120))
        self.policies, self.default, self.number = POLICIES, POLICY, 0

    def keeper(self) -> ReportKeeper:
        return ReportKeeper(self.record, self.policies, self.default, lambda: self.now)

    def write(self, child: str, **what: Any) -> None:
        self.number += 1
        self.record.write(RecordEntry(child=child, decided_at=self.now, **what))

    def tell(self, child: str, line: str, ago: int) -> str:
        name = f"{child}-{self.number}"
        [event] = raw_events(f"{local_date(self.now) - timedelta(days=ago)} {line} @{child} #{name}")
        self.write(child, events=[KnownEvent(known_at=self.now, event=event)])
        return name

    def happen(self) -> None:
        self.tell(self.chance.choice(CHILDREN), self.chance.choice(HAPPENED), self.chance.randrange(60))

    def undo(self) -> None:
        child = self.chance.choice(CHILDREN)
        self.tell(child, f"event_voided event={self.tell(child, self.chance.choice(HAPPENED), 5)}", 0)

    def escalate(self) -> None:
        child, obligation = self.chance.choice(CHILDREN), self.chance.choice(("first-review", "initial-ppm"))
        said = {"occurrence": 1, "kind": "escalation", "rung": self.chance.randrange(1, 5), "to": (Role.TEAM_MANAGER,)}
        said |= {"obligation": obligation, "due": None, "event": f"e{self.number}", "clause": "", "message": ""}
        self.write(child, actions=[Action.model_validate({"at": self.now, "child": child, **said})])

    def wait(self) -> None:
        self.now += timedelta(days=self.chance.randrange(1, 15))

    def adopt(self) -> None:
        file = self.policies.file(POLICY)
        self.policies = self.policies.with_file(next_version(file, due=[{"weeks": self.chance.randrange(1, 9)}]))

    def name_another(self) -> None:
        self.default = self.chance.choice(self.policies.ids())


def rows(record: CaseRecord) -> dict[str, list[tuple[Any, ...]]]:
    """Every kept row without its number."""
    with record.engine.connect() as connection:
        return {
            table.__tablename__: sorted(
                tuple(map(str, row)) for row in connection.execute(select(*without_number(table))).all()
            )
            for table in TABLES
        }


def without_number(table: Any) -> Iterator[Any]:
    return (column for column in table.__table__.columns if column.name != "number")


def test_rows_are_those_worked_out_afresh_after_any_edits(database_url: str) -> None:
    chance = Random(seed := randrange(10**6))
    record = CaseRecord.open(database_url)
    edits = Edits(record, chance)
    for child in CHILDREN:
        edits.tell(child, f"became_looked_after policy={POLICY} team=North", 50)
    any_of: list[Callable[[], None]] = [edits.happen, edits.undo, edits.escalate, edits.wait, edits.adopt]
    for step in range(8):
        for _ in range(chance.randrange(1, 4)):
            chance.choice([*any_of, edits.happen, edits.escalate, edits.name_another])()
        edits.keeper().renew_all()
        kept = rows(record)
        assert edits.keeper().rebuild() == len(CHILDREN)
        assert kept == rows(record), (seed, step)
    record.close()


def test_another_policy_calendar_or_program_makes_all_of_it_old(
    record: CaseRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = len(record.children())
    assert ReportKeeper(record, POLICIES, POLICY, lambda: NOW).waiting() == 0
    newer = POLICIES.with_file(next_version(POLICIES.file(POLICY), due=[{"days": 9}]))
    assert ReportKeeper(record, newer, POLICY, lambda: NOW).waiting() == every
    assert ReportKeeper(record, POLICIES, "quick-guide", lambda: NOW).waiting() == every
    monkeypatch.setattr("reporting.program.version", lambda name: f"{name} of another year")
    assert ReportKeeper(record, POLICIES, POLICY, lambda: NOW).waiting() == every
    monkeypatch.undo()
    monkeypatch.setattr(keeping, "LINES", (*LINES, "worker.py"))
    assert ReportKeeper(record, POLICIES, POLICY, lambda: NOW).waiting() == every
    monkeypatch.undo()
    assert ReportKeeper(record, POLICIES, POLICY, lambda: NOW).waiting() == 0


def test_policies_as_they_were_are_read_once_while_no_text_comes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = CaseRecord.open(database_url)
    texts, read = PolicyTexts(record.engine), list[str]()

    def noted(name: str, text: str) -> PolicyFile:
        read.append(name)
        return read_policy(name, text)

    monkeypatch.setattr(policy_versions, "read_policy", noted)
    edits = Edits(record, Random(1))
    for child in CHILDREN:
        edits.tell(child, f"became_looked_after policy={POLICY} team=North", 50)
    keeper, today = edits.keeper(), POLICIES.texts[POLICY]
    texts.keep([PolicyText(POLICY, "today", today, edits.now)])
    assert keeper.renew(CHILDREN) == len(CHILDREN)
    assert read == [], "it says what is read already"

    texts.keep([PolicyText(POLICY, "other", f"{today}\n# as it was", edits.now - timedelta(days=90))])
    for _ in range(2):
        assert keeper.renew(CHILDREN) == len(CHILDREN)
        assert read == [f"{POLICY} other"]
    record.close()


@pytest.mark.parametrize("first", ["A", "B"])
def test_a_beginning_that_was_voided_lends_no_other_child_its_policies(first: str) -> None:
    second = SOUND.replace("working_days = 10", "working_days = 12").replace('version = "1"', 'version = "2"')
    kept = [
        PolicyText("newtown", "1", SOUND, london("2025-12-01")),
        PolicyText("newtown", "2", second, london("2026-02-02")),
    ]
    had = PoliciesHad(POLICIES.with_file(read_policy("newtown.toml", second)), kept, POLICY)
    stories = {
        "A": "2026-01-05 became_looked_after #1\n2026-03-02 event_voided event=1\n2026-03-02 became_looked_after #2",
        "B": "2026-01-05 became_looked_after",
    }
    known = {child: [Known(e, e.known_from) for e in events(story)] for child, story in stories.items()}
    at = london("2026-03-09")
    had.at(known[first], at)
    versions = {child: had.at(known[child], at).resolve("newtown").own_version for child in stories}
    assert versions == {"A": "2", "B": "1"}


def test_a_rung_says_of_its_step_what_the_steps_own_row_says(record: CaseRecord) -> None:
    with record.engine.connect() as connection:
        rungs = connection.execute(select(ReportRung.__table__)).all()
        steps = connection.execute(select(ReportStep.__table__)).all()
    of: dict[tuple[Any, ...], list[Any]] = {}
    for step in steps:
        of.setdefault((step.child, step.period, step.obligation, step.occurrence), []).append(step)
    instants = [end_of(TODAY - timedelta(days=ago)) for ago in (0, 30, 120, 300)]
    for at in instants:
        expected = []
        for recorded in record.actions():
            one = recorded.action
            if one.kind != "escalation" or recorded.status != "sent" or recorded.decided_at > at:
                continue
            expected += [
                (one.child, one.key, step.title, step.reason, answered(step, local_date(recorded.decided_at)))
                for step in of.get((one.child, one.period, one.obligation, one.occurrence), [])
                if known(step, at)
            ]
        got = [
            (one.child, one.action, one.title, one.reason, one.answered_on)
            for one in rungs
            if known(one, at) and one.decided_at <= at
        ]
        assert sorted(map(str, got)) == sorted(map(str, expected))
    assert len(rungs) > 10


def known(row: Any, at: datetime) -> bool:
    return bool(row.known_from <= at and (row.known_until is None or row.known_until > at))


def answered(step: Any, told_on: date) -> date | None:
    days = [*map(date.fromisoformat, step.answers), *([step.ended_on] if step.ended_on else [])]
    return min((day for day in days if day >= told_on), default=None)

"""The ledger, the mailbox, `explain` and the file of a child tell one story, message by message, whatever happens.

Random journeys are lived with a real case record and a real mail server: loads, quiet days, digests, holds, bounces,
outages, absences, workers that ask late, and people who have things tried again. PERMANENCE_MORE=1 tries many more.
"""

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cli.explain_words import is_about, told_rows
from delivery.account import account, account_as_data, last_told
from delivery.account_line import AccountLine, Tried
from delivery.again import bounced, try_again
from delivery.digesting import DigestsWait
from delivery.people import People
from delivery.still import journey_now
from domain.case.calendar import local_date, nine
from domain.case.documents import document_of, parse_event
from domain.case.events import Event
from domain.clocks.actions import Action
from domain.study.explain import DecidedAction, explain
from domain.study.simulation import Simulated, Simulation, batches
from domain.waking import next_change
from record.delivery_tables import AttemptRow
from record.entries import KnownEvent, RecordEntry
from record.export import case_file
from record.page import page
from record.store import CaseRecord
from tests.delivery.conftest import Office
from tests.delivery.digests import digests
from tests.delivery.offices import OFFICE, office
from tests.delivery.test_backlog import LOAD, backlog
from tests.delivery.test_mail import plain, smtp
from tests.domain.story import policies
from tests.fewer import MORE
from tests.random_journeys import random_journey
from tools.faults.mailserver import DIES, DROPS, MailServer

STEPS: Final = 60 if MORE else 20
"""Wakes of the journeys in one story (ours: enough for a load, its summary, and the weeks after it)."""

POLICY: Final = "ppm-procedure"
PEOPLE: Final = {"social_worker": "s-worker", "iro": "i-second", "team_manager": "m-north", "case_supervisor": "b-osei"}
CHOICES: Final = ("", 'reminders = "daily"', 'reminders = "daily"\nescalations = "daily"', 'reminders = "weekly"')
ADDRESSES: Final = ("s.worker@example.org", "sam@example.net", "i.second@example.org", "duty@example.org")
AWAY: Final = '\n[[people.s-worker.absent]]\nfrom = {today}\nuntil = {until}\ncover = "a-patel"\n'
DIRECTORY: Final = office()
REFERENCE: Final = re.compile(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}")


@dataclass
class Weeks:
    """Some weeks of an office: children whose journeys wake in order of time, and what happens around them."""

    office: Office
    mail: MailServer
    rng: Random
    lives: dict[str, Simulated] = field(default_factory=dict)
    ahead: dict[str, list[tuple[datetime, list[Event]]]] = field(default_factory=dict)
    rules: Simulation = field(default_factory=lambda: Simulation(policies(), POLICY))

    def child(self, child: str) -> None:
        events = [_named(event) for event in random_journey(self.rng, child, POLICY)]
        self.lives[child] = Simulated(self.rules.journey_for(child, events))
        self.ahead[child] = batches(events)

    async def pass_by(self) -> None:
        for _ in range(STEPS):
            upcoming = [(at, child) for child in self.lives if (at := self._next(child))]
            if not upcoming:
                break
            at, child = min(upcoming)
            await self._until(at)
            self._wake(child)
            await self._something_happens()
        self.mail.greeting = ""
        await self._until(self.office.now + timedelta(days=1 if self.rng.random() < 0.5 else 0, minutes=30))

    # The journeys

    def _next(self, child: str) -> datetime | None:
        instants = [at for at, _ in self.ahead[child][:1]]
        life = self.lives[child]
        if life.journey.known and (change := next_change(life.journey, life.now)):
            instants.append(change[0])
        return max(min(instants), self.office.now) if instants else None

    def _wake(self, child: str) -> None:
        life, now = self.lives[child], self.office.now
        sent, over, first = len(life.actions), len(life.passed_over), not life.journey.known
        batch = self.ahead[child].pop(0)[1] if self.ahead[child] and self.ahead[child][0][0] <= now else []
        loaded = first and self.rng.random() < 0.6
        if loaded and self.rng.random() < 0.3:
            life.journey.keep_quiet(now, nine(local_date(now) + timedelta(days=self.rng.choice((1, 5)))))
        if batch:
            self.rules.take(life, batch, now)
        else:
            life.now = now
            life.add(life.journey.step(now))
        known = [KnownEvent(known_at=now, event=document_of(event)) for event in batch]
        told, skipped = life.actions[sent:], life.passed_over[over:]
        entry = RecordEntry(child=child, decided_at=now, events=known, actions=told, skipped=skipped)
        self.office.record.write(entry.model_copy(update={"load": LOAD if loaded else None}))
        self.office.standing[child] = journey_now(life.journey, now)

    # Time, and what goes by itself

    async def _until(self, at: datetime) -> None:
        """Time passes: what is due goes, now and then late, and digests at nine."""
        if self.rng.random() < 0.8:
            await self._go()
        for minutes in (3, 11):
            if self.office.now + timedelta(minutes=minutes) < at and self.rng.random() < 0.7:
                self.office.now += timedelta(minutes=minutes)
                await self._go()
        morning = nine(local_date(self.office.now) + timedelta(days=1))
        if morning < at and self.rng.random() < 0.8:
            self.office.now = morning
            with suppress(DigestsWait):
                digests(self.office).send()
            await self._go()
        self.office.now = max(at, self.office.now)

    async def _go(self) -> None:
        for child, life in self.lives.items():
            if life.journey.known:
                life.journey.look(self.office.now)
                self.office.standing[child] = journey_now(life.journey, self.office.now)
        await backlog(self.office).once()
        await self.office.deliver()

    # What happens around them

    async def _something_happens(self) -> None:
        office, rng = self.office, self.rng
        match rng.randrange(12):
            case 0 | 1:
                self.mail.greeting = "421 closing" if not self.mail.greeting and rng.random() < 0.6 else ""
            case 2 | 3:
                reply = rng.choice(("550 5.1.1 No such user", "451 4.7.1 Later"))
                self.mail.replies[rng.choice(ADDRESSES)] = [reply] * rng.choice((1, 2, 5))
            case 4:
                self.mail.at_the_text = [rng.choice((DIES, DROPS))]
            case 5 if self.mail.mails:
                came_back = reference_in(rng.choice(self.mail.mails)["Subject"])
                bounced(office.ledger, came_back, None, office.now)
            case 6:
                try_again(office.record.engine, office.now, child=None, by="A. Admin")
            case 7 | 8:
                today = local_date(office.now)
                away = AWAY.format(today=today, until=today + timedelta(days=10)) if rng.random() < 0.5 else ""
                chosen = OFFICE.replace("[people.s-worker]", f"[people.s-worker]\n{rng.choice(CHOICES)}")
                office.people(chosen + away)


def _named(event: Event) -> Event:
    """The same event; an entry names the people of the office."""
    raw = document_of(event)
    return parse_event(raw | {"people": PEOPLE}) if raw["type"] == "became_looked_after" else event


def reference_in(subject: str) -> str:
    return str(REFERENCE.findall(subject)[-1])


# The four that must agree


@dataclass
class Stories:
    """What each of the four says at the end."""

    weeks: Weeks
    lines: list[AccountLine]

    @classmethod
    def of(cls, weeks: Weeks) -> "Stories":
        return cls(weeks, account(weeks.office.record.engine))

    def the_mailbox_agrees(self) -> None:
        """Every mail is in the account, and whatever the account says went is a mail that names the child."""
        mails = {(person_of(to), reference_in(one["Subject"])): plain(one) for to, one in self._mails()}
        went = {(one.person, one.carried_by) for one in self.lines if one.went}
        maybe = {(one.person, one.carried_by) for one in self.lines if any(map(_may_have_gone, one.attempts))}
        assert went <= mails.keys()
        assert mails.keys() <= maybe | self._digests_of_nothing_new()
        for line in self.lines:
            if line.went:
                assert line.child in mails[str(line.person), str(line.carried_by)]
        for (person, reference), text in mails.items():
            if "Cases that were loaded" in text:
                named = {one.child for one in self.lines if (one.person, one.carried_by) == (person, reference)}
                assert set(re.findall(r"CLA-\d", text)) <= named

    def the_ledger_agrees(self) -> None:
        """What each attempt came to, and what each row of the outbox waits for, is in the account as well."""
        by_attempt = {(one.child, one.action_key, one.person) for one in self.lines if one.went}
        for child in self.weeks.lives:
            for attempt in self.weeks.office.attempts(child):
                if attempt.outcome == "sent":
                    assert (child, attempt.action_key, attempt.person) in by_attempt
        for row in self.weeks.office.outbox.rows():
            mine = [one for one in self.lines if (one.child, one.action_key, one.role) == (*_of(row.action), row.role)]
            assert mine, "no row of the outbox is passed over in silence"
            if row.state in ("pending", "gathered", "closed", "held"):
                assert any(one.is_to_come or one.may_have_gone for one in mine)
            if row.state == "sent":
                assert any(one.may_have_gone or one.state == "failed" for one in mine)

    def the_file_agrees(self) -> None:
        """The file of a child has the same lines, its chain vouches for all that went, and its page names everybody."""
        for child in self.weeks.lives:
            mine = [one for one in self.lines if one.child == child]
            made = json.loads(json.dumps(case_file(self._record, child, self.weeks.office.now, account_as_data)))
            assert made["verified"]["faults"] == []
            assert [_in_short(one) for one in made["account"]] == [_in_short(vars_of(one)) for one in mine]
            chained = [entry["content"] for entry in made["chain"] if entry["kind"] == "delivery"]
            vouched = {(said["person"], said["reference"]) for said in chained if said["outcome"] == "sent"}
            people = {one.person for one in mine if one.went}
            assert {(one.person, one.carried_by) for one in mine if one.went} <= vouched
            shown = page(made)
            assert all(str(person) in shown for person in people)
            assert f"{len(people)}, in" in shown or not people

    def explain_agrees(self) -> None:
        """It says of each reminder and rung what the account says of it, and `sent` only where something went."""
        for child, life in self.weeks.lives.items():
            if not life.journey.periods:
                continue
            life.journey.look(self.weeks.office.now)
            mine = [one for one in self.lines if one.child == child]
            everybody = {one.person for one in mine if one.person}
            decided = [DecidedAction(one.action, one.status == "sent", one.decided_at) for one in self._actions(child)]
            spoken = {(one.obligation, one.occurrence) for one in mine}
            for occurrence in [one for one in life.journey.occurrences if one.key in spoken][-3:]:
                explained = explain(life.journey, *occurrence.key, self.weeks.office.now, decided)
                about = [one for one in mine if is_about(explained, one)]
                rows = "\n".join(row[3] for row in told_rows(explained, about))
                went = {one.person for one in about if one.went}
                said = {person for person in everybody if any(_says(line, person) for line in rows.splitlines())}
                assert said == went, (said ^ went, rows)

    def the_last_of_each_child_is_the_last(self) -> None:
        latest = last_told(self._record.engine)
        assert latest.keys() == {one.child for one in self.lines if one.went}
        assert all(
            line.when == max(one.when for one in self.lines if one.child == child and one.went)
            for child, line in latest.items()
        )

    @property
    def _record(self) -> CaseRecord:
        return self.weeks.office.record

    def _actions(self, child: str) -> list[Any]:
        return self._record.actions(child)

    def _mails(self) -> Iterator[tuple[str, Any]]:
        yield from zip(self.weeks.mail.recipients, self.weeks.mail.mails, strict=True)

    def _digests_of_nothing_new(self) -> set[tuple[str, str]]:
        """Digests that say how things stand: what was decided had been told before, and is not told again by them."""
        with self._record.engine.connect() as connection:
            query = select(AttemptRow.person, AttemptRow.reference).where(AttemptRow.delivery.startswith("digest/"))
            return {(person, reference) for person, reference in connection.execute(query)}


def person_of(address: str) -> str:
    return People(DIRECTORY).who_is(address)[0]


def vars_of(line: AccountLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in AccountLine.__dataclass_fields__}


def _in_short(line: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(line[name] for name in ("action_key", "role", "person", "state", "how", "carried_by", "why"))


def _of(action: Action) -> tuple[str, str]:
    return action.child, action.key


def _may_have_gone(attempt: Tried) -> bool:
    return attempt.outcome in ("begun", "sent", "bounced", "uncertain")


def _says(line: str, person: str) -> bool:
    """Whether a line of an explanation says that something was sent to somebody."""
    return re.search(rf"\bsent \d.*(?<![\w-]){person} as ", line) is not None


@settings(
    max_examples=60 if MORE else 4,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller seed is no simpler story
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_the_ledger_the_mailbox_explain_and_the_file_of_a_child_agree(
    mail: MailServer, migrated_file: Path, seed: int
) -> None:
    mail.greeting, mail.replies, mail.at_the_text = "", {}, []
    mail.mails.clear()
    mail.recipients.clear()
    with TemporaryDirectory() as folder:
        shutil.copy(migrated_file, Path(folder) / "record.db")
        record = CaseRecord.open(f"sqlite:///{Path(folder) / 'record.db'}")
        our = Office(Path(folder), record, datetime(2022, 1, 1, 9, tzinfo=UTC), {"smtp": smtp(mail)})
        weeks = Weeks(our, mail, Random(seed))
        for number in range(1, 3):
            weeks.child(f"CLA-{number}")
        asyncio.run(weeks.pass_by())
        stories = Stories.of(weeks)
        stories.the_mailbox_agrees()
        stories.the_ledger_agrees()
        stories.the_file_agrees()
        stories.explain_agrees()
        stories.the_last_of_each_child_is_the_last()
        record.close()

"""Backlog day: what a load of histories tells first goes to each person in one summary, not message by message.

The journeys have decided as ever; this is only how it is told. What is no longer so when the summary goes is left out.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import structlog

from delivery.case_now import CaseNow, Cases
from delivery.delivering import Deliverer, what_it_is_about
from delivery.digest import CaseLines, Digest, DigestLine, HowItStands
from delivery.draining import AFTER_A_FAULT
from delivery.ledger import CarriedLine
from delivery.loads import ABOUT, OVER_AFTER, Loads
from delivery.outbox import OutboxState, Queued
from delivery.people import People, Recipient
from delivery.references import digest_reference, reference_of
from delivery.still import journey_now, no_longer
from delivery.telling import Thing, Told
from domain.agenda import Rag
from domain.case.calendar import local_date
from domain.case.words import Role
from domain.clocks.actions import Action
from domain.clocks.schedule import Kind
from domain.clocks.wording import booked, booking_said
from record.failures import RecordUnavailable, Unreadable
from record.pasts import past

IN_A_SUMMARY: Final = "in the summary of a load"
WHY: Final[Mapping[OutboxState, str]] = {
    "sent": IN_A_SUMMARY,
    "uncertain": f"{IN_A_SUMMARY}, which may or may not have arrived, and nobody can be asked",
    "failed": f"{IN_A_SUMMARY}: neither who was to read it nor the fallback can be reached",
}
"""What is said of a row beside its state, once its part has been told."""

ENDED: Final = "the journey has ended: nothing is left to do"
"""Why a breach of years ago is told to nobody on the day that its history is loaded; the record has it."""

STANDING: Final[Mapping[Kind, HowItStands]] = {
    "escalation": "overdue",
    "reminder": "due_soon",
    "notice": "told",
    "breach": "told",
}
log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass
class Reader:
    """Somebody a load has something to say to: lines by child and action."""

    recipient: Recipient
    cases: dict[str, dict[str, DigestLine]] = field(default_factory=dict)
    colours: dict[str, Rag] = field(default_factory=dict)
    carried: list[CarriedLine] = field(default_factory=list)
    rows: dict[int, str] = field(default_factory=dict)
    """The rows of the outbox of which they are to hear, by number: one is told when all of its readers are."""
    kept_from: dict[str, frozenset[str]] = field(default_factory=dict)
    """From whom an exclusion keeps each of these children."""
    copied: dict[int, str] = field(default_factory=dict)
    """The rows of which they only get a copy: those wait for it, and do not fail with it."""

    def hears(self, child: str, key: str, role: Role, line: DigestLine, colour: Rag) -> None:
        """Have a line read, once: theirs to do, if by any of their roles it is."""
        self.colours[child] = colour
        self.carried.append(CarriedLine(child, key, role.value))
        lines = self.cases.setdefault(child, {})
        if key not in lines or line.yours:
            lines[key] = line

    def of(self, children: Collection[str]) -> "Reader":
        """The same of some of these children alone."""
        return Reader(
            self.recipient,
            {child: lines for child, lines in self.cases.items() if child in children},
            self.colours,
            [line for line in self.carried if line.child in children],
            {number: child for number, child in self.rows.items() if child in children},
            self.kept_from,
            {number: child for number, child in self.copied.items() if child in children},
        )


@dataclass(frozen=True, slots=True)
class Backlog:
    """Tells what loads have gathered. Safe to share among threads."""

    loads: Loads
    deliverer: Deliverer
    cases: Cases

    async def once(self) -> int:
        """Tell what is ready to be told; how many rows of the outbox were settled. Raises RecordUnavailable."""
        return await asyncio.to_thread(self._once)

    def _once(self) -> int:
        telling, now = self.deliverer.telling, self.deliverer.clock()
        if not telling.channels or telling.open_at() is not None:
            return 0
        self.loads.close(now - OVER_AFTER)
        return sum(self._tell_or_put_off(part) for part in self.loads.parts(now))

    def _tell_or_put_off(self, part: str) -> int:
        """Tell one part of a load. A fault of ours holds up no other part, and is shown as failed when it stays."""
        try:
            return self._tell(part)
        except RecordUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the other parts are told)
            why = f"the summary of a load could not be made: an error of ours ({type(error).__name__})"
            log.error("backlog_failed", load=part, error=type(error).__name__)
            now = self.deliverer.clock()
            self.loads.put_off(part, now + AFTER_A_FAULT, why)
            return self.loads.give_up(part, now - self.deliverer.telling.settings.give_up_after, why)

    def _tell(self, part: str) -> int:
        """Tell each person of one part of a load. Whom it has been told is not told again, whatever happens between."""
        rows = self.loads.rows(part)
        people, today = People(self.deliverer.directory()), local_date(self.deliverer.clock())
        readers: dict[str, Reader] = {}
        superseded: dict[str, list[int]] = {}
        for child, own in _by_child(rows):
            try:
                for row, why in self._gather(child, own, people, readers):
                    superseded.setdefault(why, []).append(row.number)
            except RecordUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 (one case that cannot be told in short is told at length)
                log.error("case_not_in_summary", child=child, error=type(error).__name__)
                rows = [row for row in rows if row.child != child]
                self.loads.leave([row.number for row in own], "it could not stand in the summary of a load")
        told = [one for reader in readers.values() for one in self._tell_one(part, reader, people, today)]
        return self._settle(part, rows, superseded, told)

    def _gather(
        self, child: str, rows: Sequence[Queued], people: People, readers: dict[str, Reader]
    ) -> Iterator[tuple[Queued, str]]:
        """Give each person what is so of a child; the rows that are no longer so, and why."""
        if any(row.unreadable for row in rows):
            raise Unreadable(child)
        now = self.deliverer.clock()
        today = local_date(now)
        known = past(self.deliverer.record, child)
        case, on_the_case = self.cases.at(child, known, now), self.deliverer.people_on(child, known)
        standing = None if case is None or case.journey.ended else journey_now(case.journey, now)
        for row in rows:
            why = ENDED if standing is None else no_longer(row.action, row.role, standing, (), now)
            if why:
                yield row, why
                continue
            told = {r: people.tell(r, on_the_case, today).recipients for r in sorted(_reading(row, case))}
            # What nobody may be told here goes by itself, and so do its copies.
            copies = people.copies(today, on_the_case.kept_from) if any(told.values()) else ()
            for role, recipients in told.items():
                line, colour = self._line(row.action, role, case, today), case.rag if case else "green"
                for one in recipients:
                    reader = readers.setdefault(one.key, Reader(one))
                    reader.kept_from[child] = on_the_case.kept_from
                    reader.rows[row.number] = child
                    reader.hears(child, row.action.key, role, line, colour)
                for one in copies:
                    reader = readers.setdefault(one.key, Reader(one))
                    reader.kept_from[child] = on_the_case.kept_from
                    reader.copied[row.number] = child
                    reader.hears(child, row.action.key, role, line, colour)

    def _tell_one(self, part: str, reader: Reader, people: People, today: date) -> list[tuple[Reader, Told]]:
        """Tell somebody, or in their place the fallback of each child: what became of which of it.

        On 8 January i-second's mailbox is full for good. Duty's own is kept from CLA-7, and hears of CLA-8 alone.
        """
        told = self._telling(part, reader, reader.recipient, today)
        if told.state != "unreachable":
            return [(reader, told)]
        in_place = {child: people.fallback(today, reader.kept_from[child]) for child in reader.cases}
        others = {one.key: one for some in in_place.values() for one in some}
        by_key = {
            key: self._telling(part, reader.of([c for c, some in in_place.items() if one in some]), one, today)
            for key, one in others.items()
        }
        reached = {key: one for key, one in by_key.items() if one.state != "unreachable"}
        return [
            (reader.of([child]), next((reached[one.key] for one in some if one.key in reached), told))
            for child, some in in_place.items()
        ]

    def _telling(self, part: str, reader: Reader, recipient: Recipient, today: date) -> Told:
        digest = self._digest(part, reader, recipient.key, today)
        return self.deliverer.telling.tell(
            recipient,
            Thing(
                about=f"{ABOUT}{part}/{reader.recipient.key}",
                reference=digest.reference,
                lines=tuple(dict.fromkeys(reader.carried)),
                write=lambda one, now: self.deliverer.writer.surely(lambda writer: writer.write_digest(digest)),
            ),
        )

    def _digest(self, part: str, reader: Reader, person: str, today: date) -> Digest:
        """The summary of what a reader hears, with links for whoever it goes to."""
        links = self.deliverer.links
        cases = [
            CaseLines(
                child,
                tuple(line.linked(links, person) for line in sorted(lines.values(), key=lambda line: line.order)),
                links.journey(child),
                reader.colours[child],
            )
            for child, lines in reader.cases.items()
        ]
        return Digest(
            person=reader.recipient.key,
            kind="backlog",
            day=today,
            since=today,
            until=None,
            reference=digest_reference(reader.recipient.key, part),
            children=len(cases),
            cases=tuple(sorted(cases, key=lambda case: case.order)),
        )

    def _line(self, action: Action, role: Role, case: CaseNow | None, today: date) -> DigestLine:
        standing = STANDING[action.kind]
        late = (today - action.due).days if action.due else 0
        owner = _owner(action, case) or role
        booked_for = booking_said(action.message) if action.due else None
        return DigestLine(
            standing=standing,
            what=what_it_is_about(action, self.deliverer.titles),
            clause=action.clause,
            owner=owner.value,
            due=action.due,
            days=-late if standing == "due_soon" else late,
            yours=owner is role,
            escalates=action.kind == "escalation",
            booking=booked(booked_for, today) if booked_for else "",
            reference=reference_of(action.child, action.key) if standing == "overdue" else None,
        )

    def _settle(
        self,
        part: str,
        rows: Sequence[Queued],
        superseded: Mapping[str, list[int]],
        told: Sequence[tuple[Reader, Told]],
    ) -> int:
        """Settle each row by how telling its own readers stands; how many are settled.

        On 8 January the IRO's mailbox is full for good, and the duty desk's too. What she was to read failed; what her
        social worker alone was to read is told, and stays so when somebody has the rest tried again.
        """
        states: dict[OutboxState, list[int]] = {}
        gone = {number for numbers in superseded.values() for number in numbers}
        by_row = _states_by_row(told)
        unread = {row.number for row in rows} - gone - by_row.keys()
        rows = [row for row in rows if row.number not in unread]
        if unread:
            self.loads.leave(sorted(unread), "nobody of its summary may be told of it")
        for row in rows:
            if row.number not in gone:
                states.setdefault(_row_state(by_row[row.number]), []).append(row.number)
        for why, numbers in superseded.items():
            self.loads.settle(numbers, "superseded", why)
        waiting = [one for _, one in told if one.state == "waiting"]
        if waiting:
            self.loads.put_off(part, min((one.until for one in waiting if one.until), default=None), waiting[0].why)
        left = len(states.pop("closed", ()))
        for state, numbers in states.items():
            self.loads.settle(numbers, state, WHY[state])
        became = {state: len(numbers) for state, numbers in states.items()}
        log.info("backlog_told", load=part, people=len(told), left=left, superseded=len(gone), **became)
        return len(rows) - left


def _states_by_row(told: Sequence[tuple[Reader, Told]]) -> Mapping[int, set[str]]:
    """How telling each row's readers stands; a row that nobody reads has no state."""
    states: dict[int, set[str]] = defaultdict(set)
    for reader, one in told:
        numbers = reader.rows | reader.copied if one.state == "waiting" else reader.rows
        for number in numbers:
            states[number].add(one.state)
    return states


def _row_state(states: set[str]) -> OutboxState:
    """How a row stands whose readers stand so."""
    if "waiting" in states:
        return "closed"
    return "failed" if "unreachable" in states else "uncertain" if "uncertain" in states else "sent"


def _by_child(rows: Sequence[Queued]) -> Iterator[tuple[str, list[Queued]]]:
    rows_by_child: dict[str, list[Queued]] = {}
    for row in rows:
        rows_by_child.setdefault(row.child, []).append(row)
    return iter(rows_by_child.items())


def _reading(row: Queued, case: CaseNow | None) -> set[Role]:
    """Who reads of a row: its role and, of what is overdue, the owner and every rung up to the one reached.

    The journey has passed over the lower rungs, since only the highest goes: those who are to do it would not hear.
    """
    roles = {Role(row.role)}
    if case is not None and row.action.kind == "escalation":
        owner = _owner(row.action, case)
        steps = case.journey.policy.told_of(row.action.obligation).steps[: row.action.rung]
        roles |= {role for step in steps for role in step.to} | ({owner} if owner else set())
    return roles


def _owner(action: Action, case: CaseNow | None) -> Role | None:
    """The role that is to do what an action is about; None for a notice or breach."""
    rows = case.rows if case else ()
    named = (action.obligation, action.occurrence)
    return next((row.owner for row in rows if (row.obligation, row.occurrence) == named), None)

"""Sending digests: once for each person and day, whatever happens in between, and with what is true when it is sent.

What the ledger says of a person's digests is all there is to remember: when the last one was, and whether today's has
gone. So a run that is killed or put off is simply begun again, and each digest is written anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy import Update

from delivery.case_now import CaseNow, Cases, years
from delivery.choices import Cadence, cadence_of, digest_before, is_digest_day, next_digest, waits_for_digest
from delivery.delivering import what_it_is_about
from delivery.digest import CaseLines, Caseloads, Digest, DigestLine
from delivery.directory import Addressee, Directory, is_there
from delivery.ledger import Attempt, CarriedLine
from delivery.links import Links
from delivery.message import Written
from delivery.outbox import closed_by_digest, reopened
from delivery.people import People, Recipient
from delivery.references import digest_reference, reference_of
from delivery.still import journey_now, no_longer
from delivery.telling import Telling, Thing
from delivery.writing import Writer
from domain.case.calendar import WorkingCalendar, local_date, nine
from domain.case.words import Role
from domain.clocks.actions import Action
from record.delivery_tables import Outcome
from record.failures import EntryRefused, RecordUnavailable
from record.pasts import past
from record.protections import Protections
from record.store import CaseRecord

ABOUT: Final = "digest/"
NOTHING_LEFT: Final = "nothing was left to say of it when the digest came"
NOT_IN_IT: Final = "the digest does not speak of it, and it is still so: it goes to whoever holds the role now"
TOO_LATE: Final = "the next digest would be read too late"
NO_TIME: Final = "no digest goes now: they go on working days from nine"
UNREAD: Final = (EntryRefused, ValidationError)
"""What the reading of a child's actions raises where one of them cannot be read."""
log: structlog.stdlib.BoundLogger = structlog.get_logger()


class DigestsWait(Exception):
    """Some could not be sent yet, and can be tried again at `until`."""

    def __init__(self, number: int, until: datetime) -> None:
        super().__init__(f"{number} digests wait for a channel or a mailbox")
        self.until = until


@dataclass
class Sent:
    """What became of one run."""

    sent: int = 0
    before: int = 0
    """Had today's already."""
    quiet: int = 0
    """There was nothing to say to them."""
    failed: int = 0
    """Could not be made: what was held for them goes message by message."""
    waiting: list[datetime] | None = None

    def __str__(self) -> str:
        said = f"{self.sent} sent, {self.before} sent before, {self.quiet} with nothing to say"
        return said + (f", {self.failed} failed" if self.failed else "")


@dataclass(frozen=True, slots=True)
class Digests:
    """Sends everyone's digests. Synchronous: for a thread. Everything raises RecordUnavailable."""

    record: CaseRecord
    telling: Telling
    directory: Callable[[], Directory]
    writer: Writer
    links: Links
    cases: Cases

    def send(self, alive: Callable[[], object] = lambda: None) -> str:
        """Send what is due today and has not gone; in words, what was done. `alive` is called now and then.

        Raises DigestsWait while some cannot go, after all the others have gone.
        """
        now = self.telling.clock()
        today = local_date(now)
        calendar = years(today.year - 1, today.year + 1)
        if now < nine(today) or not calendar.is_working_day(today):
            return NO_TIME
        if not self.telling.channels:
            return "no channel is switched on"
        directory = self.directory()
        self._note_what_was_read()
        self._release_what_nobody_reads(directory, today)
        due, later = _read_today(directory, today, calendar)
        self._release_what_would_be_read_too_late(later, now, calendar)
        if not due:
            return "nobody reads a digest today"
        self.telling.look_at_channels()
        protections = Protections(self.record.engine).of_all()
        loads = Caseloads(self._cases_now(now, alive), People(directory), now, calendar, protections)
        done = Sent()
        for recipient, cadence in due:
            alive()
            try:
                self._send_one(recipient, cadence, loads, now, calendar, done)
            except RecordUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 (whatever it is, the others get their digests)
                log.error("digest_failed", person=recipient.key, error=type(error).__name__)
                done.failed += 1
                self._release_unless_sent(recipient.key, today)
        if done.waiting:
            raise DigestsWait(len(done.waiting), min(done.waiting))
        log.info("digests", sent=done.sent, before=done.before, quiet=done.quiet, failed=done.failed)
        return str(done)

    def _cases_now(self, now: datetime, alive: Callable[[], object]) -> Iterator[CaseNow]:
        for child in self.record.children():
            alive()
            case = self._case_now(child, now)
            if case is not None:
                yield case

    def _case_now(self, child: str, now: datetime) -> CaseNow | None:
        """A case; None where there is none, or it cannot be worked out, which must not keep the others' from going."""
        try:
            return self.cases.at(child, past(self.record, child), now)
        except RecordUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, it is about this case alone)
            log.error("case_not_in_digests", child=child, error=type(error).__name__)
            return None

    def _send_one(
        self,
        recipient: Recipient,
        cadence: Cadence,
        loads: Caseloads,
        now: datetime,
        calendar: WorkingCalendar,
        done: Sent,
    ) -> None:
        today, last = local_date(now), self.telling.ledger.last_digest(recipient.key)
        if last is not None and last.at is not None and local_date(last.at) == today:
            done.before += 1
            self._close(recipient.key, last.at, last, loads)  # a crash may have come between
            return
        since = last.at if last and last.at else nine(digest_before(cadence, today, calendar))
        lines = loads.lines_of(recipient.key, cadence, since, self.cases)
        held = [one for one in self.telling.ledger.of_person(recipient.key, "held") if one.began <= now]
        cases = self._with_held(lines, held, loads, recipient.key)
        quiet = set(loads.children_of(recipient.key)) - {case.child for case in cases}
        digest = Digest(
            person=recipient.key,
            kind=cadence,
            day=today,
            since=local_date(since),
            until=local_date(next_digest(cadence, now, calendar)),
            reference=digest_reference(recipient.key, str(today)),
            children=len(quiet) + len(cases),
            cases=tuple(sorted(cases, key=lambda case: case.order)),
            others=tuple(loads.colour_of(child) for child in sorted(quiet)),
        )
        if not cases:
            done.quiet += 1
            self._close(recipient.key, now, None, loads)
        elif self._tell(recipient, digest, _carried(held, digest), now, done):
            self._close(recipient.key, now, self.telling.ledger.last_digest(recipient.key), loads)

    def _tell(
        self, recipient: Recipient, digest: Digest, lines: tuple[CarriedLine, ...], now: datetime, done: Sent
    ) -> bool:
        """Send somebody their digest; whether it has gone, as far as is known."""

        def write(_one: Recipient, _now: datetime) -> Written:
            return self.writer.surely(lambda writer: writer.write_digest(digest))

        thing = Thing(about=f"{ABOUT}{digest.day}", reference=digest.reference, write=write, at=now, lines=lines)
        told = self.telling.tell(recipient, thing)
        match told.state:
            case "waiting":
                done.waiting = [*(done.waiting or []), told.until or now]
            case "unreachable":
                self._release(recipient.key, "the digest could not reach them")
            case _:
                done.sent += 1
                return True
        return False

    # What a digest says beside how things stand

    def _with_held(
        self, cases: Sequence[CaseLines], held: Sequence[Attempt], loads: Caseloads, person: str
    ) -> list[CaseLines]:
        """Cases with their links and references, and with the notices and breaches that were left for the digest."""
        linked = {case.child: self._linked(case, person) for case in cases}
        for attempt in held:
            action = None if self._is_unreadable(attempt) else self._action(attempt)
            kept = action is not None and loads.are_kept_from(action.child, person)
            if action is not None and action.kind in ("notice", "breach") and not kept:
                case = linked.get(action.child) or CaseLines(
                    action.child, (), self.links.journey(action.child), loads.colour_of(action.child)
                )
                lines = sorted([*case.lines, _told(action, attempt)], key=lambda line: line.order)
                linked[action.child] = replace(case, lines=tuple(lines))
        return list(linked.values())

    def _linked(self, case: CaseLines, person: str) -> CaseLines:
        sent = self._sent(case.child)
        lines = tuple(replace(line, reference=_reference(line, sent)) for line in case.lines)
        links = self.links
        return replace(
            case, lines=tuple(line.linked(links, person) for line in lines), journey_url=links.journey(case.child)
        )

    def _sent(self, child: str) -> list[Action]:
        """What was told of a child; nothing where that cannot be read: the digest has the child all the same."""
        try:
            return [one.action for one in self.record.actions(child) if one.status == "sent"]
        except UNREAD as error:
            log.error("actions_not_in_digests", child=child, error=type(error).__name__)
            return []

    def _is_unreadable(self, held: Attempt) -> bool:
        """Whether what was held cannot be read: then it goes by itself, and fails alone."""
        try:
            self._action(held)
        except UNREAD:
            return True
        return False

    def _action(self, attempt: Attempt) -> Action | None:
        if attempt.child is None:
            return None
        return next(
            (one.action for one in self.record.actions(attempt.child) if one.action.key == attempt.action_key), None
        )

    # What was held

    def _note_what_was_read(self) -> None:
        """What stood in somebody's last digest is told, though its worker was killed before it wrote that down.

        First of all, since what is released below would be told a second time.
        """
        for person in {one.person for one in self.telling.ledger.with_outcome("held")}:
            self._note_read(person, self.telling.ledger.last_digest(person))

    def _note_read(self, person: str, digest: Attempt | None) -> None:
        if digest is None:
            return
        stood = {line[:2] for line in self.telling.ledger.stood_in(digest)}
        for one in self.telling.ledger.of_person(person, "held"):
            if (one.child, one.action_key) in stood:
                self._end(one, "digested", f"in the digest {digest.reference}", closed_by_digest)

    def _close(self, person: str, until: datetime, digest: Attempt | None, loads: Caseloads) -> None:
        """What was held for somebody is told by their digest; or is still so, and goes by itself; or is over.

        A digest is of those whom its reader has today. On 8 January 2026 A. Patel covered, and rung 1 was held for her;
        on the 9th Sam Worker was back: her digest has not his case, and he has been told nothing.
        Nothing is held twice for one person (Telling.tell), so that this ends however often who holds the role changes.
        """
        self._note_read(person, digest)
        for one in self.telling.ledger.of_person(person, "held"):
            if one.began > until:
                continue
            if self._is_still_so(one, loads):
                self._end(one, "released", NOT_IN_IT, reopened)
            else:
                self._end(one, "superseded", NOTHING_LEFT, closed_by_digest)

    def _is_still_so(self, held: Attempt, loads: Caseloads) -> bool:
        """Whether somebody is to be told of it all the same, in any of the roles that it was held for.

        Of a case that could not be worked out only what was decided later counts: as where a journey cannot be asked.
        """
        if self._is_unreadable(held):
            return True
        action, now = self._action(held), self.telling.clock()
        case = loads.case_of(action.child) if action else None
        if action is None or (case is not None and case.journey.ended):
            return False
        standing = journey_now(case.journey, now) if case else None
        sent = self._sent(action.child)
        roles = {held.role, *(line.role for line in self.telling.ledger.carried([held.delivery]))}
        return any(not no_longer(action, role, standing, sent, now) for role in roles if role)

    def _release_what_nobody_reads(self, directory: Directory, today: date) -> None:
        """What was held for somebody who reads no digest any more goes its way: to them, or who stands in for them."""
        reading = {recipient.key for recipient, _ in _readers(directory, today)}
        for person in {one.person for one in self.telling.ledger.with_outcome("held")} - reading:
            self._release(person, "they read no digest now: away, left, or told at once")

    def _release_what_would_be_read_too_late(
        self, later: Iterable[Recipient], now: datetime, calendar: WorkingCalendar
    ) -> None:
        """What is held for those who read no digest today goes at once if it would not be held any more.

        A reminder of what falls due on Wednesday 21 January 2026 was held for Monday's weekly digest. No mail went that
        Monday; the next digest is that of the 26th.
        """
        entries = {one.key: one.entry for one in later}
        for one in self.telling.ledger.with_outcome("held"):
            entry = entries.get(one.person)
            if entry is not None and not self._waits(one, entry, now, calendar):
                self._end(one, "released", TOO_LATE, reopened)

    def _waits(self, held: Attempt, entry: Addressee, now: datetime, calendar: WorkingCalendar) -> bool:
        """Whether it can be left for the next digest; what cannot be read goes by itself, and fails alone."""
        action = None if self._is_unreadable(held) else self._action(held)
        return action is not None and waits_for_digest(entry, action.kind, action.due, now, calendar)

    def _release_unless_sent(self, person: str, today: date) -> None:
        """What was held for a digest that could not be made goes message by message."""
        last = self.telling.ledger.last_digest(person)
        if last is None or last.at is None or local_date(last.at) != today:
            self._release(person, "the digest could not be made")

    def _release(self, person: str, why: str) -> None:
        for one in self.telling.ledger.of_person(person, "held"):
            self._end(one, "released", why, reopened)

    def _end(self, held: Attempt, outcome: Outcome, words: str, row: Callable[[str, str, str], Update]) -> None:
        """Write down what became of what was held, and in the same transaction what follows for its row."""
        with_it = [row(held.child, held.action_key, words)] if held.child and held.action_key else []
        self.telling.ledger.end(replace(held, outcome=outcome, ended=self.telling.clock(), words=words), *with_it)


def _readers(directory: Directory, today: date) -> Iterator[tuple[Recipient, Cadence]]:
    """Everyone who reads a digest, and is there."""
    for key, entry in (*directory.people.items(), *directory.teams.items()):
        cadence = cadence_of(entry)
        if cadence is not None and (key in directory.teams or is_there(directory, key, today)):
            yield Recipient(key, "self", entry), cadence


def _read_today(
    directory: Directory, today: date, calendar: WorkingCalendar
) -> tuple[list[tuple[Recipient, Cadence]], list[Recipient]]:
    """Who reads their digest today; and who reads one on another day."""
    readers = list(_readers(directory, today))
    due = [(one, cadence) for one, cadence in readers if is_digest_day(cadence, today, calendar)]
    return due, [one for one, cadence in readers if not is_digest_day(cadence, today, calendar)]


def _reference(line: DigestLine, sent: Sequence[Action]) -> str | None:
    """The reference of the latest escalation about it."""
    about = [a for a in sent if a.kind == "escalation" and line.stem and a.key.startswith(line.stem)]
    if line.standing != "overdue" or not about:
        return None
    latest = max(about, key=lambda action: action.at)
    return reference_of(latest.child, latest.key)


def _carried(held: Iterable[Attempt], digest: Digest) -> tuple[CarriedLine, ...]:
    """What of that which was held stands in a digest: by its reference, or as a line about the same due date."""
    lines = {case.child: case.lines for case in digest.cases}
    return tuple(
        CarriedLine(one.child, one.action_key, one.role)
        for one in held
        if one.child and one.action_key and one.role
        if any(_speaks_of(line, one.action_key, one.reference) for line in lines.get(one.child, ()))
    )


def _speaks_of(line: DigestLine, action_key: str, reference: str) -> bool:
    if line.standing == "told":
        return line.reference == reference
    return bool(line.stem) and action_key.startswith(line.stem)


def _told(action: Action, attempt: Attempt) -> DigestLine:
    return DigestLine(
        standing="told",
        what=what_it_is_about(action, {}),
        clause=action.clause,
        owner=attempt.role or Role.SOCIAL_WORKER.value,
        escalates=False,
        reference=attempt.reference,
    )

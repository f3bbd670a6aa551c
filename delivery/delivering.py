"""One row of the outbox, from the role it is for to the people who hold it now, and what becomes of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from delivery.choices import cadence_of, next_digest, waits_for_digest
from delivery.directory import Directory
from delivery.links import Links
from delivery.message import Message, Written
from delivery.outbox import OutboxState, Queued
from delivery.people import Audience, CasePeople, People, Recipient, case_people
from delivery.proving import NO_READER, NOBODY_NAMED, proof_reader, proof_thing
from delivery.references import reference_of
from delivery.still import JourneyNow, no_longer
from delivery.telling import Telling, Thing, Told
from delivery.writing import Writer
from domain.case.calendar import WorkingCalendar, england_and_wales, local_date
from domain.case.documents import parse_event
from domain.case.facts import Known
from domain.case.words import Role
from domain.clocks.actions import Action
from domain.clocks.wording import booking_said, in_words, spaced
from record.protections import Protections
from record.store import CaseRecord
from record.tables import PROOF

NAMES_PEOPLE: Final = frozenset({"became_looked_after", "person_assigned", "event_voided"})
"""Events that say who works on a case, or that another did not, beside what corrects one."""


CANNOT_BE_REACHED: Final = "who holds the role cannot be reached"


class RowOutcome(NamedTuple):
    """How a row stands after it was in hand."""

    state: OutboxState
    why: str | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseInHand:
    """What is known of a child when its rows are in hand."""

    people: CasePeople
    later: Sequence[Action] = ()
    standing: JourneyNow | None = None
    """How its journey stands, where something has waited so long that it must be asked again."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Delivers rows of the outbox. Safe to share among threads."""

    record: CaseRecord
    telling: Telling
    directory: Callable[[], Directory]
    writer: Writer
    links: Links
    titles: Mapping[str, str]
    """What obligations and notices are called, by id."""

    def clock(self) -> datetime:
        """The instant it is."""
        return self.telling.clock()

    def is_late(self, row: Queued) -> bool:
        """Whether a row has waited for so long that its journey must be asked whether it is still so."""
        return self.clock() - row.created > self.telling.settings.ask_again_after

    def case(self, child: str, rows: Iterable[Queued], standing: JourneyNow | None) -> CaseInHand:
        """What is known of a child now."""
        known = [k for k in self.record.history(child) if k.event["type"] in NAMES_PEOPLE or "corrects" in k.event]
        events = [Known(parse_event(k.event), k.known_at) for k in known]
        later: list[Action] = []
        if any(self.is_late(row) for row in rows):
            later = [one.action for one in self.record.actions(child) if one.status == "sent"]
        return CaseInHand(self.people_on(child, events), later, standing)

    def people_on(self, child: str, known: Iterable[Known]) -> CasePeople:
        """Who works on a case today, by its events, and who is to be told nothing of it."""
        excluded = Protections(self.record.engine).of(child).excluded
        return case_people(known, local_date(self.clock()), excluded)

    def deliver(self, row: Queued, case: CaseInHand) -> RowOutcome:
        """Go as far with a row as can be gone now."""
        if row.child == PROOF:
            return self._prove(row)
        people, today = People(self.directory()), local_date(self.clock())
        audience = people.tell(Role(row.role), case.people, today)
        if self.is_late(row):
            why = no_longer(row.action, row.role, case.standing, case.later, self.clock())
            if why:
                self._note_superseded(row, audience, why)
                return RowOutcome("superseded", why)
        told = self._tell_all(row, audience.recipients, audience.why)
        if any(one.state == "unreachable" for one in told) and not audience.unallocated:
            told = [one for one in told if one.state != "unreachable"]
            fallback = people.fallback(today, case.people.kept_from)
            told += self._tell_all(row, fallback, CANNOT_BE_REACHED, at_once=True)
        copies = self._tell_all(row, people.copies(today, case.people.kept_from), "", at_once=True)
        told += [one for one in copies if one.state == "waiting"]
        return _settled(told, audience)

    def _prove(self, row: Queued) -> RowOutcome:
        """The daily proof, to whoever is named to read it."""
        wanted = self.telling.settings.proof
        reader = proof_reader(wanted, People(self.directory())) if wanted else None
        if reader is None:
            return RowOutcome("failed", NO_READER) if wanted else RowOutcome("superseded", NOBODY_NAMED)
        return _settled([self.telling.tell(reader, proof_thing(row.action))], Audience(()))

    def _tell_all(self, row: Queued, recipients: Iterable[Recipient], why: str, *, at_once: bool = False) -> list[Told]:
        """Tell some people. `at_once`: those whose digest would not have it, since it is of the roles that they hold.

        L. Lead reads daily and gets copies: what was held for her was told by no digest, and ended as superseded.
        """
        things = [(one, self._thing(row, one, why)) for one in recipients]
        return [self.telling.tell(one, replace(thing, held="") if at_once else thing) for one, thing in things]

    def _note_superseded(self, row: Queued, audience: Audience, why: str) -> None:
        for one in audience.recipients:
            self.telling.note_superseded(one, self._thing(row, one, ""), why)

    def _thing(self, row: Queued, recipient: Recipient, why: str) -> Thing:
        action = row.action
        now = self.clock()

        def write(one: Recipient, now: datetime) -> Written:
            message = self._message(row, one, why, now)
            return self.writer.surely(lambda writer: writer.write(message))

        return Thing(
            about=f"{row.child}/{action.key}",
            reference=reference_of(row.child, action.key),
            write=write,
            child=row.child,
            action_key=action.key,
            role=row.role,
            at=action.at,
            held=_for_digest(recipient, action, now),
        )

    def _message(self, row: Queued, recipient: Recipient, why: str, now: datetime) -> Message:
        action, links = row.action, self.links
        reference = reference_of(row.child, action.key)
        return Message(
            kind=action.kind,
            rung=action.rung,
            child=row.child,
            what=what_it_is_about(action, self.titles),
            obligation=action.obligation,
            occurrence=action.occurrence,
            due=action.due,
            clause=action.clause,
            at=action.at,
            now=now,
            role=row.role,
            why_you=_why_you(recipient, row.role, why),
            told=tuple(role.value for role in action.to),
            reference=reference,
            journey_url=links.journey(row.child),
            acknowledge_url=links.acknowledge(reference, recipient.key),
            booked_for=booking_said(action.message) if action.due else None,
            record_url=None if action.kind == "notice" else links.record(row.child, action.obligation),
        )


@lru_cache(maxsize=2)
def _calendar(year: int) -> WorkingCalendar:
    """The working days of this year and the next."""
    return england_and_wales(year - 1, year + 1)


def _for_digest(recipient: Recipient, action: Action, now: datetime) -> str:
    """The digest that an action is left for, in words; empty where it goes at once."""
    calendar = _calendar(now.year)
    if not waits_for_digest(recipient.entry, action.kind, action.due, now, calendar):
        return ""
    cadence = cadence_of(recipient.entry) or "daily"
    return f"goes with the digest of {in_words(local_date(next_digest(cadence, now, calendar)))}"


def _settled(told: Sequence[Told], audience: Audience) -> RowOutcome:
    """How a row stands, from how telling each of its people stands."""
    waiting = [one for one in told if one.state == "waiting"]
    if waiting:
        first = min(waiting, key=lambda one: one.until or datetime.max.replace(tzinfo=UTC))
        return RowOutcome("pending", first.why, first.until)
    states = {one.state for one in told}
    if not states:
        why = audience.why or CANNOT_BE_REACHED
        return RowOutcome("failed", f"{why}, and an exclusion keeps the child from the fallback")
    if "unreachable" in states:
        return RowOutcome("failed", "neither who holds the role nor the fallback can be reached")
    if "uncertain" in states:
        return RowOutcome("uncertain", "it may or may not have arrived, and nobody can be asked")
    return RowOutcome(
        "held" if states == {"held"} else "sent", f"{audience.why}: the fallback is told" if audience.why else None
    )


def what_it_is_about(action: Action, titles: Mapping[str, str]) -> str:
    """What an action is about: the obligation's title; of a notice or breach what it says.

    Child and clause are left out: they stand apart wherever this is shown.
    """
    if action.kind in ("notice", "breach"):
        return action.message.removeprefix(f"{action.child}: ").replace(f" ({action.clause})", "", 1)
    return titles.get(action.obligation, spaced(action.obligation.replace("-", "_")))


def _why_you(recipient: Recipient, role: str, why: str) -> str:
    """Why a message comes to somebody, where it is not plain."""
    who = spaced(role)
    match recipient.via:
        case "cover":
            return f"You are told because you cover for the {who} of this case, who is away."
        case "successor":
            return f"You are told because you have taken over from the {who} of this case, who has left."
        case "team":
            return f"Your team is told as the {who} of this case."
        case "copy":
            return "This is a copy."
        case "fallback":
            return f"You are told because {why}: {who}. Please pass it on, and see that the role is filled."
    return ""

"""Why an obligation is due on its date, what became of it, and what was decided about it when, or why nothing was.

Everything is worked out from the journey by the rules that decided it; what moved a date, or met an obligation,
is found by asking what would stand without an event. The words for people are the command line's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from domain.agenda import AgendaRow, agenda
from domain.case import events as ev
from domain.case.calendar import Offset, WorkingCalendar, local_date
from domain.case.dispute import Dispute, disputes
from domain.case.facts import Known
from domain.case.words import Role
from domain.clocks.actions import Action, action_stem
from domain.clocks.due_dates import Count
from domain.clocks.obligations import Key, Occurrence, due_dates
from domain.clocks.rules import called
from domain.clocks.schedule import Kind, Planned, holds_on, in_time, ladder_slots, reminder_slots
from domain.clocks.starting import DaysOf
from domain.journey import Journey
from domain.policy.cited import NOTHING_CITED, Citations, CitedLaw

Because = Literal[
    "anchor", "previous", "last_review", "opened_again", "not_before", "due_of", "booked_of", "forecast_of"
]
Fate = Literal["decided", "passed_over", "planned", "held", "too_early", "not_needed", "silent"]
"""`decided`: the journey has decided it. Whether anybody was told, the journey does not know: delivery does."""


class NothingToExplain(LookupError):
    """The journey has no such occurrence; the text says why and what there is."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that counts here: what, on which day, and from when the service has known it."""

    id: str
    type: str
    on: date
    known_at: datetime
    by: str | None = None
    text: str | None = None
    """The reason it gives, where it gives one."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One limit: the clause, the day it counts from and why that day, the distance, and what was skipped."""

    clause: str
    statutory: bool
    due: date
    binds: bool
    forecast: bool
    base: date
    because: Because
    anchor: str
    events: tuple[Happened, ...]
    of: str | None
    """The obligation whose date it counts from, if it does; `via` says how that date was counted."""
    via: tuple["Counted", ...]
    offset: Offset
    case: str | None
    """The case in which this distance counts instead of the usual one."""
    weekend_days: int
    holidays: tuple[tuple[date, str], ...]
    clamped: bool
    """The month reached has no such day, so that its last day counts."""
    law: tuple[CitedLaw, ...] = ()
    """The law that its clause names, as it stood on the day the clock began to run."""
    moved: str = ""
    """In words, what the counted day was moved to, if anything."""
    anchor_says: str = ""
    case_says: str = ""
    """The anchor and the case in words."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A later date that somebody allowed."""

    event: Happened
    until: date
    authorised_by: str


@dataclass(frozen=True, slots=True)
class Move:
    """What an event did to the due date: None where the obligation was not, or no longer, there."""

    event: Happened
    was: date | None
    now: date | None


@dataclass(frozen=True, slots=True)
class HeldLadder:
    """An acknowledgement that holds the ladder from one instant to another."""

    event: Happened
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """What closed it, on which day, by which events; where it lapsed, the conditions that stopped to hold."""

    how: Literal["met", "lapsed", "waived"]
    on: date
    events: tuple[Happened, ...]
    conditions: tuple[str, ...] = ()
    journey_ended: bool = False
    conditions_say: tuple[str, ...] = ()
    """The same in words."""


@dataclass(frozen=True, slots=True)
class DecidedAction:
    """An action that was decided: sent, or passed over; `decided_at` when it truly was, where the record knows."""

    action: Action
    sent: bool
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One reminder or rung: its own time, and what the journey made of it. `at` is when it was or is to be decided."""

    kind: Kind
    rung: int
    working_days: int
    """Before due for a reminder, after due for a rung."""
    slot: datetime
    to: tuple[Role, ...]
    fate: Fate
    at: datetime | None = None
    decided_at: datetime | None = None
    key: str | None = None
    """The action's, where it was decided or passed over: by it delivery knows who was told."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to say about one occurrence at an instant."""

    row: AgendaRow
    policy: str
    limits: tuple[Counted, ...]
    extensions: tuple[Extension, ...]
    moves: tuple[Move, ...]
    adoptions: tuple[Happened, ...]
    """Policies adopted since it opened: its dates before then may have been another policy's."""
    standing_since: datetime | None
    """From when the present due date has stood."""
    ladder: bool
    holds: tuple[HeldLadder, ...]
    lateness: tuple[Happened, ...]
    dispute: Dispute | None
    """The formal dispute that set its clock, where one did."""
    ending: Ending | None
    steps: tuple[Step, ...]
    earlier: tuple[DecidedAction, ...]
    """What was decided about it while another date stood."""
    stem: str
    """What the keys of the actions about the present date begin with."""


def explain(
    journey: Journey,
    obligation: str,
    number: int | None,
    now: datetime,
    decided: Iterable[DecidedAction] = (),
    cited: Citations = NOTHING_CITED,
) -> Explanation:
    """Explain an occurrence as it stands; without a number the earliest that is open, else the last.

    Raises NothingToExplain.
    """
    return _Explaining(journey, _find(journey, obligation, number), now, cited).all(list(decided))


def _find(journey: Journey, obligation: str, number: int | None) -> Occurrence:
    if journey.policy.obligation(obligation) is None:
        known = ", ".join(sorted(o.id for o in journey.policy.obligations))
        raise NothingToExplain(f"{obligation!r} is no obligation of policy {journey.policy.id}; accepted: {known}")
    own = [o for o in journey.occurrences if o.obligation.id == obligation]
    if not own:
        raise NothingToExplain(_why_absent(journey, obligation))
    if number is None:
        return next((o for o in own if o.open), own[-1])
    chosen = next((o for o in own if o.number == number), None)
    if chosen is None:
        there = ", ".join(str(o.number) for o in own)
        raise NothingToExplain(f"{obligation} has no occurrence {number}; accepted: {there}")
    return chosen


def _why_absent(journey: Journey, obligation: str) -> str:
    """Why an obligation is not on the agenda: its anchor has not happened, or a condition does not hold."""
    rules = next(o.rule for o in journey.policy.obligations if o.id == obligation)
    facts = journey.facts
    anchors = rules.start.find(facts, _days_of(journey)) if facts else []
    if facts is None or not anchors:
        start = _sentence(rules.start.says)
        return f"{obligation} is not on the agenda: its clock has not started. It starts from: {start}"
    missing = [
        _sentence(one.says)
        for one in rules.conditions
        if not any(s.end is None or s.end > a.on for a in anchors for s in one.spans(facts, a))
    ]
    return (
        f"{obligation} is not on the agenda. It applies while: {' '.join(missing) or 'its conditions hold together.'}"
    )


def _days_of(journey: Journey) -> DaysOf:
    return due_dates(journey.policy, journey.periods[-1], journey.calendar, journey.record).days_of


def _sentence(said: str) -> str:
    return f"{said[:1].upper()}{said[1:]}."


class _Explaining:
    """The explanation of one occurrence."""

    def __init__(self, journey: Journey, occurrence: Occurrence, now: datetime, cited: Citations) -> None:
        self.journey = journey
        self.cited = cited
        self.occurrence = occurrence
        self.now = now
        self.facts = journey.periods[-1]
        self.known = {k.event.id: k for k in self.facts.known}
        self.due_dates = due_dates(journey.policy, self.facts, journey.calendar, journey.record)

    def all(self, decided: list[DecidedAction]) -> Explanation:
        occurrence = self.occurrence
        row = next(r for r in agenda(self.journey, self.now) if (r.obligation, r.occurrence) == occurrence.key)
        watch = self.journey.watched.get(occurrence.key)
        mine = [one for one in decided if self._is_mine(one.action)]
        return Explanation(
            row=row,
            policy=self.journey.policy.version,
            limits=self.limits(occurrence),
            extensions=tuple(self._extensions()),
            moves=tuple(moves(self.journey, occurrence.key)),
            adoptions=tuple(self.happened(e) for e in self.facts.all(ev.PolicyAdopted) if e.on >= occurrence.opened_on),
            standing_since=watch.since if watch else None,
            ladder=bool(occurrence.obligation.rule.ladder),
            holds=tuple(self._holds()),
            lateness=tuple(self._about(ev.LatenessExplained)),
            dispute=self._dispute(),
            ending=self._ending(),
            steps=tuple(self._steps([one for one in mine if one.action.due == occurrence.due])),
            earlier=tuple(one for one in mine if one.action.due != occurrence.due),
            stem=action_stem(self.journey.number, *occurrence.key, occurrence.due),
        )

    def happened(self, event: ev.Event) -> Happened:
        return happened(self.known[event.id])

    def _is_mine(self, action: Action) -> bool:
        return (action.obligation, action.occurrence) == self.occurrence.key and action.period == self.journey.number

    # Why this date

    def limits(self, occurrence: Occurrence, by: date = date.max) -> tuple[Counted, ...]:
        """Every limit as it was counted by a day, and until it ended; the earliest binds."""
        # Plan recorded on 1 September 2025, when the second review was foreseen for 2 December; the first, held on the
        # 4th, moves that to 4 December. The plan stays due on the 2nd, by the forecast.
        counts, limits = self.due_dates.counts(occurrence, by), self.due_dates.limits_on(occurrence, by)
        first = min(limit.due for limit in limits)
        by = min(by, occurrence.ended_on or date.max)
        return tuple(
            self._counted(occurrence, count, limit.due, by, binds=limit.due == first)
            for count, limit in zip(counts, limits, strict=True)
        )

    def _counted(self, occurrence: Occurrence, count: Count, due: date, by: date, *, binds: bool) -> Counted:
        because, named = self._because(occurrence, count, by)
        other = self.due_dates.reference(named, by) if named else None
        weekend_days, holidays = skipped(self.journey.calendar, count.base, due, count.offset)
        return Counted(
            clause=count.rule.clause,
            statutory=count.rule.statutory,
            due=due,
            binds=binds,
            forecast=count.forecast,
            base=count.base,
            because=because,
            anchor=called(count.rule.anchor, count.rule.start),
            anchor_says=count.rule.start.says,
            events=tuple(self._behind(occurrence, count, because, named, by)),
            of=f"{other.obligation.id}/{other.number}" if other else None,
            via=self.limits(other, by) if other else (),
            offset=count.offset,
            case=count.case.named if count.case else None,
            case_says=count.case.case if count.case else "",
            weekend_days=weekend_days,
            holidays=holidays,
            law=self.cited.of(count.rule.clause, min(occurrence.opened_on, local_date(self.now))),
            clamped=count.offset.unit == "months" and due.day != count.base.day and not count.due.moved,
            moved=count.due.moved,
        )

    def _because(self, occurrence: Occurrence, count: Count, by: date) -> tuple[Because, str | None]:
        """Why the count starts from its day, and the date of another obligation that it starts from."""
        if count.forecast and count.start is None:
            return "forecast_of", count.rule.forecast_from
        named = count.other or count.due.counted_from or ""
        if occurrence.again_from is not None and count.base == occurrence.again_from:
            return "opened_again", None
        if "." in named:
            booked = named.endswith(".booked") and self._booking(named, count.base, by) is not None
            return ("booked_of" if booked else "due_of"), named
        start = count.start.on if count.start else count.base
        if count.base == start and (named == "anchor" or not occurrence.place):
            return "anchor", None
        if count.base == occurrence.previous:
            return ("last_review" if occurrence.resumed else "previous"), None
        return "not_before", None

    def _booking(self, named: str, base: date, by: date) -> ev.ReviewBooked | None:
        """The booking that moved another obligation's date to the day it is counted from, if one did."""
        other = self.due_dates.reference(named, by)
        if other is None or base in (limit.due for limit in self.due_dates.limits_on(other, by)):
            return None
        bookings = [e for e in self.facts.all(ev.ReviewBooked) if e.booked_for == base]
        return max(bookings, key=lambda e: (e.known_from, e.id), default=None)

    def _behind(
        self, occurrence: Occurrence, count: Count, because: Because, named: str | None, by: date
    ) -> Iterator[Happened]:
        """The events that set the day the count starts from."""
        if because == "booked_of" and named and (booking := self._booking(named, count.base, by)):
            yield self.happened(booking)
        elif because == "anchor" and count.start and count.start.event is not None:
            yield self.happened(count.start.event)
        elif named is None:
            yield from self._responsible(occurrence, count.base)

    def _extensions(self) -> Iterator[Extension]:
        for event in self.facts.all(ev.DeadlineExtended):
            if event.obligation == self.occurrence.obligation.id and self.occurrence.open_on(event.on):
                yield Extension(self.happened(event), event.until, event.authorised_by)

    # What became of it

    def _ending(self) -> Ending | None:
        occurrence = self.occurrence
        if occurrence.waived_on is not None:
            waiver = self.known.get(self.journey.record.waived.get(occurrence.key, ""))
            return Ending("waived", occurrence.waived_on, (self.happened(waiver.event),) if waiver else ())
        if occurrence.met_on is not None:
            return Ending("met", occurrence.met_on, tuple(self._responsible(occurrence, occurrence.met_on)))
        if occurrence.lapsed_on is None:
            return None
        rule = occurrence.rule
        stopped = [
            (called(given, one), one.says)
            for given, one in zip(rule.applies, rule.conditions, strict=True)
            if any(span.end == occurrence.lapsed_on for span in one.spans(self.facts, occurrence.anchor))
        ]
        return Ending(
            "lapsed",
            occurrence.lapsed_on,
            tuple(self._responsible(occurrence, occurrence.lapsed_on)),
            tuple(name for name, _ in stopped),
            self.facts.ended_on == occurrence.lapsed_on,
            tuple(says for _, says in stopped),
        )

    def _responsible(self, occurrence: Occurrence, day: date) -> Iterator[Happened]:
        """The events of a day without which the occurrence would stand otherwise."""
        for item in self.facts.known:
            if item.event.on == day and self._stands(item.event, occurrence) is False:
                yield self.happened(item.event)

    def _stands(self, event: ev.Event, occurrence: Occurrence) -> bool:
        """Whether the occurrence would be the same without an event."""
        voiding = ev.EventVoided(
            type="event_voided", id="what-if", child=self.journey.child, on=event.on, event=event.id, reason="what if"
        )
        without = self.journey.with_events([voiding], self.now)
        same = next((o for o in without.occurrences if o.key == occurrence.key), None)
        return same is not None and _outline(same) == _outline(occurrence)

    def _about(self, kind: type[ev.LatenessExplained]) -> Iterator[Happened]:
        for event in self.facts.all(kind):
            if event.obligation == self.occurrence.obligation.id and event.on >= self.occurrence.opened_on:
                yield self.happened(event)

    # Who was told

    def _dispute(self) -> Dispute | None:
        opened = self.occurrence.anchor.event
        return next((one for one in disputes(self.facts) if opened is not None and one.event == opened.id), None)

    def _holds(self) -> Iterator[HeldLadder]:
        watch = self.journey.watched.get(self.occurrence.key)
        for event in self.facts.all(ev.EscalationAcknowledged):
            pair = [(event, self.known[event.id].known_at)]
            for hold in holds_on(self.occurrence, watch.since, pair, self.journey.calendar) if watch else ():
                yield HeldLadder(self.happened(event), hold.start, hold.end)

    def _steps(self, decided: list[DecidedAction]) -> Iterator[Step]:
        """Every reminder and rung in order of its own time, and what became of it."""
        occurrence, journey = self.occurrence, self.journey
        days = sorted(occurrence.obligation.rule.reminders, reverse=True)
        slots = reminder_slots(occurrence, journey.calendar, amended=journey.policy.amended)
        reminders = zip(days, slots, strict=True)
        for rung, (before, slot) in enumerate(reminders, 1):
            yield self._step("reminder", rung, before, slot, decided)
        ladder = journey.policy.ladder_of(occurrence.obligation.rule)
        slots = ladder_slots(occurrence, ladder, journey.calendar)  # none where there is no ladder
        for rung, (step, slot) in enumerate(zip(ladder.steps, slots, strict=False), 1):
            yield self._step("escalation", rung, step.after, slot, decided)

    def _step(self, kind: Kind, rung: int, days: int, slot: datetime, decided: list[DecidedAction]) -> Step:
        to = self.journey.roles_told(self.occurrence, Planned(slot, kind, rung, slot))
        done = next((t for t in decided if (t.action.kind, t.action.rung) == (kind, rung)), None)
        if done is not None:
            fate: Fate = "decided" if done.sent else "passed_over"
            return Step(kind, rung, days, slot, done.action.to, fate, done.action.at, done.decided_at, done.action.key)
        ahead = self.journey.unsettled(self.occurrence) if self.occurrence.open else []
        planned = next((p for p in ahead if (p.kind, p.rung) == (kind, rung) and in_time(p, self.facts)), None)
        if planned is not None:
            return Step(kind, rung, days, slot, to, "planned", planned.at)
        return Step(kind, rung, days, slot, to, self._untold(slot))

    def _untold(self, slot: datetime) -> Fate:
        """Why a reminder or rung is not told: a forecast, over, overtaken in a hold, or its time was past already."""
        if self.occurrence.forecast:
            return "silent"
        ended = self.occurrence.ended_on or self.facts.eighteenth_birthday
        if ended is not None and slot.date() >= ended:
            return "not_needed"
        return "held" if any(held.start <= slot < held.end for held in self._holds()) else "too_early"


def _outline(occurrence: Occurrence) -> tuple[object, ...]:
    return (occurrence.due, occurrence.opened_on, occurrence.met_on, occurrence.lapsed_on, occurrence.waived_on)


def skipped(
    calendar: WorkingCalendar, base: date, due: date, offset: Offset
) -> tuple[int, tuple[tuple[date, str], ...]]:
    """The days of the weekend and the bank holidays that a count of working days passed over."""
    if offset.unit != "working_days":
        return 0, ()
    first, last = (base + timedelta(days=1), due) if offset.number > 0 else (due, base - timedelta(days=1))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weekend = sum(day.weekday() > 4 for day in days)  # Saturday and Sunday
    return weekend, tuple((day, calendar.bank_holidays[day]) for day in days if day in calendar.bank_holidays)


def moves(journey: Journey, key: Key) -> Iterator[Move]:
    """What each event did to the due date of an occurrence, as the events became known, by the present rules.

    The first is what opened it. Events known at one instant are taken in the order of their days.
    """
    copy = Journey(journey.child, journey.policy, journey.calendar)
    was: date | None = None
    for item in sorted(journey.known.values(), key=_as_known):
        copy.remember([item], ())
        now = _due(copy, key) if copy.number == journey.number else None
        if now != was:
            yield Move(happened(item), was, now)
        was = now


def _as_known(item: Known) -> tuple[object, ...]:
    return (item.known_at, *item.order)


def _due(journey: Journey, key: Key) -> date | None:
    return next((o.due for o in journey.occurrences if o.key == key), None)


def happened(item: Known) -> Happened:
    """An event as an explanation names it."""
    event = item.event
    reason = getattr(event, "reason", None) or getattr(event, "reasons", None) or event.note
    by = getattr(event, "authorised_by", None) or event.by
    return Happened(event.id, event.type, event.on, item.known_at, by, reason)


def decided_by(actions: Sequence[Action], passed_over: Sequence[Action]) -> list[DecidedAction]:
    """What a simulation decided, in order of time."""
    decided = [DecidedAction(a, sent=True) for a in actions] + [DecidedAction(a, sent=False) for a in passed_over]
    return sorted(decided, key=lambda t: t.action.order)

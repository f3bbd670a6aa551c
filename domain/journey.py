"""One child's journey: events in, one pure decision, actions out.

`step` is the heart: it takes what has just become known and the instant, and answers with what to tell whom now. When
to look again is in `waking.py`. `simulate` and the durable workflow both fold them, so they cannot differ.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter

from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, birthday, local_date, midnight
from domain.case.documents import document_of, parse_event
from domain.case.facts import KNOWN_AT, Facts, Known, unvoided
from domain.case.life import periods_of_care
from domain.case.period_numbers import number_of, number_periods
from domain.case.siblings import to_tell
from domain.case.stages import stage_of
from domain.case.words import Role
from domain.clocks.actions import Action, action_stem, stem_in_any_period, without_period
from domain.clocks.at_once import action_at_once, told_at_once
from domain.clocks.booked import booked_for
from domain.clocks.obligations import Key, Occurrence, Remembered, note_waived, number_anchors, occurrences
from domain.clocks.rules import Policy
from domain.clocks.schedule import Kind, Planned, Watch, holds_on, in_time, plan, roles_told
from domain.clocks.wording import message_for
from domain.decision import Decision
from domain.journey_state import JourneyState


class Journey:
    """A child's events, the rules they run under, and what has been told so far."""

    def __init__(self, child: str, policy: Policy, calendar: WorkingCalendar) -> None:
        self.child = child
        self.policy = policy
        self.calendar = calendar
        self.known: dict[str, Known] = {}
        self.records: dict[int, Remembered] = {}
        """What is remembered of each period of care, by its number."""
        self.numbers: dict[str, int] = {}
        """The numbers of periods, by the events that began them; those of periods that were taken back too."""
        self.watched: dict[Key, Watch] = {}
        self.stood: dict[Key, Watch] = {}  # of what was met since
        self.settled: dict[str, None] = {}
        """Keys of actions sent or passed over, in order."""
        self._whatever_period: set[str] = set()
        """The same without the periods: what a period counts as may change, and nothing goes again for it."""
        self.quiet: tuple[datetime, datetime] | None = None
        """From when until when nothing is told."""
        self._plans: dict[Key, tuple[Watch, list[Planned]]] = {}
        self._reckoned_by = policy
        """The policy that the occurrences are by: another one given counts from the next step on."""
        self._folded_at: datetime | None = None
        """The instant at which the facts were last worked out."""
        self.periods: list[Facts] = []
        self.number = 0
        """That of the latest period of care, by which what is told of it is known again."""
        self.occurrences: list[Occurrence] = []
        self.firm: list[Occurrence] = []
        """Of these, what is open and no forecast: what is told of."""
        self._acknowledged: list[tuple[ev.EscalationAcknowledged, datetime]] = []

    # Saving and restoring

    def state(self) -> JourneyState:
        """The whole journey as data."""
        return JourneyState(
            child=self.child,
            events=[(k.known_at, document_of(k.event)) for k in self.known.values()],
            numbers={n: record.numbers for n, record in self.records.items()},
            periods=dict(self.numbers),
            waived={n: [(*key, by) for key, by in r.waived.items()] for n, r in self.records.items()},
            watched=[(*key, w.due, w.since, w.planned) for key, w in self.watched.items()],
            stood=[(*key, w.due, w.since, w.planned) for key, w in self.stood.items()],
            settled=list(self.settled),
            quiet=self.quiet,
        )

    @classmethod
    def restore(cls, state: JourneyState, policy: Policy, calendar: WorkingCalendar, now: datetime) -> "Journey":
        """The journey that `state` was taken from, as it stands at an instant."""
        journey = cls(state.child, policy, calendar)
        for known_at, raw in state.events:
            event = parse_event(raw)
            journey.known[event.id] = Known(event, known_at)
        for period, numbers in state.numbers.items():
            journey.records[period] = Remembered(numbers=numbers)
        for period, waived in state.waived.items():
            record = journey.records.setdefault(period, Remembered())
            record.waived.update({(name, number): by for name, number, by in waived})
        journey.watched = {(name, n): Watch(due, since, planned) for name, n, due, since, planned in state.watched}
        journey.stood = {(name, n): Watch(due, since, planned) for name, n, due, since, planned in state.stood}
        journey._settle(state.settled)
        journey.numbers, journey.quiet = dict(state.periods), state.quiet
        journey.look(now)
        return journey

    def remember(self, history: Iterable[Known], settled: Iterable[str]) -> None:
        """Take in the events of earlier runs as they became known then, and what was told; decide nothing."""
        self._settle(settled)
        for known_at, known in groupby(sorted(history, key=KNOWN_AT), KNOWN_AT):
            self._take([one.event for one in known], known_at)
        self._reckon()

    def relive(
        self,
        history: Iterable[Known],
        settled: Iterable[str],
        now: datetime,
        before: Sequence[tuple[datetime, Policy]] = (),
        at_each: Callable[[], object] = lambda: None,
    ) -> None:
        """Become the journey that took these events as they became known; decide nothing.

        `before`: the policies that it ran on until an instant each, in order; then it is its own. `at_each`: called at
        each instant, for a long life takes seconds.

        From when each due date has stood follows from the events alone, since nothing else moves one: an
        acknowledgement of 2 March holds a ladder that stood by then and no other, whenever the journey is begun anew.
        """
        self._settle(settled)
        latest = self.policy
        for known_at, known in groupby(sorted(history, key=KNOWN_AT), KNOWN_AT):
            at_each()
            self.policy = next((policy for until, policy in before if known_at < until), latest)
            self.learn([one.event for one in known], known_at)
            self._watch(known_at)
        self.policy = latest
        self._pass_over_what_came_before(now)

    def learn(self, events: Iterable[ev.Event], now: datetime) -> None:
        """Take in what became known at an instant, and work out how things stand; decide nothing."""
        events = list(events)
        if events or not self._stands_at(now):
            self._take(events, now)
            self._reckon()

    def keep_quiet(self, now: datetime, until: datetime) -> None:
        """Tell nothing before an instant: what is then still true goes, once, as if it had opened or happened then."""
        self.quiet = (now, until)

    # What stands

    @property
    def facts(self) -> Facts | None:
        """The latest period of care, or None before any."""
        return self.periods[-1] if self.periods else None

    @property
    def stage(self) -> str:
        return stage_of(self.periods[-1]) if self.periods else "pre_proceedings"

    @property
    def ended(self) -> bool:
        """Whether the latest period of care has ended."""
        return bool(self.periods) and self.periods[-1].ended_on is not None

    @property
    def record(self) -> Remembered:
        return self.records.setdefault(self.number, Remembered())

    def number_of(self, facts: Facts) -> int:
        """The number of a period of care: its place, unless another before it came to be known, or was taken back."""
        return number_of(facts, self.periods, self.numbers)

    # The step

    def step(self, now: datetime, batch: Sequence[ev.Event] = ()) -> Decision:
        """Take events that became known together, and decide what must be told at this instant.

        Events known already are passed over. The events must have been judged acceptable (`refusals`).
        """
        before = self.occurrences
        fresh = [e for e in batch if e.id not in self.known]
        over = self._over(fresh, now)
        missed = self._past(now) if fresh else set()
        self.learn(fresh, now)
        self._watch(now)
        passed_over = self._plan_afresh(now, missed) if fresh else []
        actions, skipped = self._due_by(now)
        skipped += passed_over
        untold, woken = self._untold(fresh, now)
        actions += self._at_once(untold, over, now)
        self._settle(a.key for a in (*actions, *skipped))
        opened, met = self._since(before)
        return Decision(
            actions=tuple(sorted(actions, key=lambda a: a.order)),
            skipped=tuple(skipped),
            opened=opened,
            met=met,
            woken=woken,
            for_siblings=tuple(to_tell(self.periods[-1], self.known, fresh)) if fresh and self.periods else (),
        )

    def _since(self, before: list[Occurrence]) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
        """What is open, and what is met, that was not by the occurrences of before."""
        if self.occurrences is before:
            return (), ()
        was_open = {o.key for o in before if o.open}
        was_met = {o.key for o in before if o.met_on}
        opened = [o.key for o in self.occurrences if o.open and o.key not in was_open]
        return tuple(opened), tuple([o.key for o in self.occurrences if o.met_on and o.key not in was_met])

    def _over(self, fresh: Sequence[ev.Event], now: datetime) -> set[str | None]:
        """The periods of care that are over before a batch, by the events that began them.

        What it takes back is gone before: if the ending of 2 March is voided and another comes, the period was not.
        """
        if not self.policy.to_the_letter:
            return {None} if self.ended else set()
        periods = self.periods
        if any(isinstance(e, ev.EventVoided) or e.corrects for e in fresh):
            known = [*self.known.values(), *(Known(e, now) for e in fresh)]
            standing = [k for k in unvoided(known) if k.event.id in self.known]
            periods = self.periods_by(standing, now)
        return {facts.begun_by for facts in periods if facts.ended_on is not None}

    def periods_by(self, known: Iterable[Known], now: datetime) -> list[Facts]:
        """The periods of care that events make, by the rules that the journey runs on."""
        by = self.policy
        return periods_of_care(self.child, known, now, to_the_letter=by.to_the_letter, amended=by.amendments)

    def _untold(self, fresh: list[ev.Event], now: datetime) -> tuple[list[ev.Event], bool]:
        """The events to tell of at once: none while the journey is quiet; on its waking all since it fell quiet."""
        if self.quiet is None:
            return fresh, False
        since, until = self.quiet
        if now < until:
            return [], False
        self.quiet = None
        return [k.event for k in self.known.values() if k.known_at >= since], True

    def look(self, now: datetime) -> None:
        """Work out the facts and occurrences at an instant, deciding nothing."""
        self._fold(now)
        self._reckon()

    def _fold(self, now: datetime) -> None:
        before, self.periods = self.periods, self.periods_by(self.known.values(), now)
        if self.policy.amended:
            number_periods(self.periods, before, self.known, self.numbers)
        self.number = self.number_of(self.periods[-1]) if self.periods else 0
        self._folded_at = now

    def _reckon(self) -> None:
        """Work out the occurrences of the facts as they stand."""
        self._plans.clear()
        self._reckoned_by = self.policy
        self.occurrences = (
            occurrences(self.policy, self.periods[-1], self.calendar, self.record) if self.periods else []
        )
        self.firm = [o for o in self.occurrences if o.ended_on is None and not o.forecast]
        self._acknowledged = self.acknowledged() if self.periods else []

    def with_events(self, events: Iterable[ev.Event], now: datetime, without: Collection[str] = ()) -> "Journey":
        """A copy that has taken further events, and never had those `without`, to look at; this one stays as it is."""
        copy = self.copy()
        if without:
            copy.known = {name: known for name, known in copy.known.items() if name not in without}
            copy._folded_at = None  # noqa: SLF001 (a journey of its own kind)
        copy.learn(events, now)
        return copy

    def copy(self) -> "Journey":
        """A journey to try something on; this one stays as it is."""
        copy = Journey(self.child, self.policy, self.calendar)
        copy.known = dict(self.known)
        copy.records = {n: record.copy() for n, record in self.records.items()}
        copy.watched, copy.stood = dict(self.watched), dict(self.stood)
        copy.settled, copy._whatever_period = dict(self.settled), set(self._whatever_period)
        copy.numbers, copy.quiet = dict(self.numbers), self.quiet
        copy._reckoned_by, copy._folded_at, copy._plans = self._reckoned_by, self._folded_at, dict(self._plans)
        copy.periods, copy.number = list(self.periods), self.number
        copy.occurrences, copy.firm, copy._acknowledged = self.occurrences, self.firm, self._acknowledged
        return copy

    def _stands_at(self, now: datetime) -> bool:
        """Whether all is as it was last worked out. Of facts, time alone brings birthdays and nothing else."""
        if self._folded_at is None or self._reckoned_by is not self.policy:
            return False
        before, today = local_date(self._folded_at), local_date(now)
        birthdays = [*(facts.eighteenth_birthday for facts in self.periods), *self.birthdays()]
        return all(day is None or (day <= before) == (day <= today) for day in birthdays)

    def birthdays(self) -> list[date]:
        """Those on which some rule of the policy changes."""
        born = self.periods[-1].born if self.periods else None
        return [birthday(born, age) for age in self.policy.ages] if born else []

    def _take(self, events: Sequence[ev.Event], now: datetime) -> None:
        """Take events in, and keep of them what cannot be recomputed: the numbers of anchors, what was waived."""
        for event in events:
            self.known[event.id] = Known(event, now)
        self._fold(now)
        if self.periods:
            number_anchors(self.policy, self.periods[-1], self.record)
            note_waived(self.policy, self.periods[-1], self.calendar, self.record, events)

    def _watch(self, now: datetime) -> None:
        """Note from when each open occurrence's due date has stood: now, where it opened or moved."""
        watched: dict[Key, Watch] = {}
        for occurrence in self.firm:
            was = self.watched.get(occurrence.key)
            unmoved = was is not None and was.due == occurrence.due
            watched[occurrence.key] = was if was and unmoved else self._opened(occurrence, now)
        met = {o.key for o in self.occurrences if o.met_on and self.policy.to_the_letter}
        self.stood = {key: watch for key, watch in {**self.stood, **self.watched}.items() if key in met}
        self.watched = watched

    def _opened(self, occurrence: Occurrence, now: datetime) -> Watch:
        """What opens, or has moved, now. What was met and is open again stands since it did: so a hold on it lasts."""
        # Due on 2 February 2026, acknowledged on the 4th until 4 March. A review of the 6th, voided on the 10th: rungs
        # 2 and 3, of the 9th and 16th, fall into the hold all the same; rung 3 goes on 5 March.
        stood = self.stood.get(occurrence.key)
        since = stood.since if stood and stood.due == occurrence.due else now
        return Watch(occurrence.due, since, self._from(now))

    def _past(self, now: datetime) -> set[tuple[Key, Kind, int, datetime]]:
        """What was planned for an instant that is past, and not told: the service was down, or keeps load even."""
        return {(o.key, p.kind, p.rung, p.at) for o in self.firm for p in self.plan(o) if p.at < now}

    def _from(self, now: datetime) -> datetime:
        """From when something that opens now is planned: from when the journey is quiet no more."""
        return max(now, self.quiet[1]) if self.quiet and self.quiet[0] <= now else now

    def _pass_over_what_came_before(self, now: datetime) -> None:
        """Settle what was planned before something that is settled: nobody is told rung 2 after rung 3.

        A journey relived may plan more than the one that lived: under a policy adopted on 2 March, a rung that
        it would have told in February.
        """
        for occurrence in self.firm:
            open_again = self.unsettled(occurrence)
            passed_over = [p for p in self.plan(occurrence) if p not in open_again]
            for planned in open_again:
                later = any(p.kind == planned.kind and p.rung > planned.rung for p in passed_over)
                if later and planned.at <= now:
                    self._settle([self._action(occurrence, planned).key])

    def _plan_afresh(self, now: datetime, missed: set[tuple[Key, Kind, int, datetime]]) -> list[Action]:
        """Plan from now what is due only now though its own time is past; the actions that are passed over so.

        What was `missed` at its own time keeps it.
        """
        # Nobody was awake from 5 to 27 January 2026, when a note of the 26th comes in at 10:00. Rung 2 of the 26th was
        # missed: it goes now, and is said to be of the 26th at 09:00, as if the note had not come. A rung that a
        # voided hold brings up had no time of its own before now, and is of now.
        passed_over = []
        for occurrence in self.firm:
            past = [
                p
                for p in self.unsettled(occurrence)
                if p.at < now and (occurrence.key, p.kind, p.rung, p.at) not in missed
            ]
            if past:
                self.watched[occurrence.key] = replace(self.watched[occurrence.key], planned=now)
                still = {(p.kind, p.rung) for p in self.unsettled(occurrence)}
                passed_over += [self._action(occurrence, p) for p in past if (p.kind, p.rung) not in still]
        return passed_over

    def _due_by(self, now: datetime) -> tuple[list[Action], list[Action]]:
        """What is due and not yet settled: of each occurrence the latest reminder and the highest rung."""
        # Asleep from 5 to 27 January 2026, a meeting due on the 19th: the reminders of the 12th and 16th and rung 1 of
        # the 20th are passed over, rung 2 of the 26th goes. Back on Sunday the 18th: the reminder of the 16th goes.
        send: list[Action] = []
        skip: list[Action] = []
        for occurrence in self.firm:
            past = [p for p in self.plan(occurrence) if p.at <= now]
            fresh = [self._action(occurrence, p) for p in self.unsettled_of(occurrence, past)]
            for kind in ("reminder", "escalation"):
                due = [a for a in fresh if a.kind == kind]
                late = kind == "reminder" and now >= midnight(occurrence.due + timedelta(days=1))
                skip += due if late else due[:-1]
                send += [] if late else due[-1:]
        return send, skip

    def _at_once(self, fresh: Sequence[ev.Event], over: Collection[str | None], now: datetime) -> list[Action]:
        """Notices and breaches that fresh events set off, each event once; of a period that is over, nothing."""
        periods = [facts for facts in self.periods if fresh and facts.begun_by not in over]
        if not self.policy.to_the_letter:  # of the latest alone, and nothing where one had ended before
            periods = [] if over else periods[-1:]
        actions = [
            action_at_once(self.child, one, self.number_of(facts), now)
            for facts in periods
            for one in told_at_once(
                self.policy, facts, self.occurrences if facts is self.facts else (), fresh, self.calendar
            )
        ]
        return [action for action in actions if not self._is_settled(action.key)]

    def plan(self, occurrence: Occurrence) -> list[Planned]:
        """All reminders and rungs of an open occurrence, sent or not, in order of time."""
        watch = self.watched.get(occurrence.key)
        if watch is None:
            return []
        known = self._plans.get(occurrence.key)
        if known is None or known[0] is not watch:
            acknowledged = self._acknowledged
            holds = holds_on(occurrence, watch.since, acknowledged, self.calendar) if acknowledged else ()
            ladder = self._reckoned_by.ladder_of(occurrence.obligation.rule)
            amended = self._reckoned_by.amended
            known = (watch, plan(occurrence, watch.planned, ladder, self.calendar, holds, amended=amended))
            self._plans[occurrence.key] = known
        return known[1]

    def unsettled(self, occurrence: Occurrence) -> list[Planned]:
        """What of the plan has been neither sent nor passed over."""
        return self.unsettled_of(occurrence, self.plan(occurrence))

    def unsettled_of(self, occurrence: Occurrence, planned: Sequence[Planned]) -> list[Planned]:
        """The same of another plan."""
        if not planned:
            return []
        if self.policy.amended:
            stem = stem_in_any_period(*occurrence.key, occurrence.due)
            return [p for p in planned if f"{stem}/{p.kind}/{p.rung}" not in self._whatever_period]
        stem = action_stem(self.number, *occurrence.key, occurrence.due)
        return [p for p in planned if f"{stem}/{p.kind}/{p.rung}" not in self.settled]

    def _is_settled(self, key: str) -> bool:
        return without_period(key) in self._whatever_period if self.policy.amended else key in self.settled

    def _settle(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.settled[key] = None
            self._whatever_period.add(without_period(key))

    def acknowledged(self) -> list[tuple[ev.EscalationAcknowledged, datetime]]:
        """The acknowledgements of the latest period, each with the instant it became known."""
        return [(e, self.known[e.id].known_at) for e in self.periods[-1].all(ev.EscalationAcknowledged)]

    def _action(self, occurrence: Occurrence, planned: Planned) -> Action:
        booked = booked_for(occurrence, self.periods[-1])
        return Action(
            at=planned.at,
            child=self.child,
            obligation=occurrence.obligation.id,
            occurrence=occurrence.number,
            kind=planned.kind,
            rung=planned.rung,
            to=self.roles_told(occurrence, planned),
            due=occurrence.due,
            clause=occurrence.clause,
            message=message_for(self.child, occurrence, planned.kind, planned.at, booked),
            period=self.number,
        )

    def roles_told(self, occurrence: Occurrence, planned: Planned) -> tuple[Role, ...]:
        """Who something planned is for, as the case stands."""
        ladder, day = self.policy.ladder_of(occurrence.obligation.rule), local_date(planned.at)
        return roles_told(occurrence, planned.kind, planned.rung, ladder, self.periods[-1], day)

    def next_planned(self, occurrence: Occurrence) -> Planned | None:
        """The next thing that will be told about an occurrence, if nothing changes."""
        if not occurrence.open:
            return None
        first = min(self.unsettled(occurrence), key=attrgetter("at"), default=None)
        return first if first and in_time(first, self.periods[-1]) else None

"""One child's journey as a durable workflow: it holds the facts, asks the domain what is due, and sleeps until then.

Nothing here decides: events in, one pure decision (`domain.journey.Journey.step`), effects out.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.models import WRITE_CASE_RECORD, NamedKeys, Rulebook
    from domain.agenda import AgendaRow, agenda
    from domain.case import events as ev
    from domain.case.calendar import local_date
    from domain.case.children import concerned
    from domain.case.documents import document_of
    from domain.clocks.even_load import share_of
    from domain.clocks.wording import short_date
    from domain.decision import Decision
    from domain.journey import Journey
    from domain.limits import cut
    from domain.waking import next_change
    from record.entries import KnownEvent, RecordEntry, Rejected, Terms
    from workflows import past, siblings, trial, ways
    from workflows.beginning import another_release_is_meant, begun_with, history_is_long, is_over, let_go, summary_of
    from workflows.effects import SUMMARY_BYTES, run_effect
    from workflows.parsing import (
        Parsed,
        entry_facts,
        instant_or_none,
        json_safe,
        keepable,
        load_problems,
        parse_payload,
        signal_problem,
    )
    from workflows.pieces import REJECTED_SHOWN, pieces, shown, title_of
    from workflows.protocol import (
        CASE_EVENTS,
        MOVE_ON,
        RECORD_EVENTS,
        WORKFLOW_ID_PREFIX,
        WORKFLOW_TYPE,
        WRITE_AGAIN,
        WRONG_START,
        Answer,
        Carried,
        JourneyOptions,
        JourneyView,
        SiblingTold,
        Summary,
    )
    from workflows.refusing import refuse, refuse_events
    from workflows.rulebook import loaded, rules_after
    from workflows.showing import RunShown
    from workflows.trial import StepTaken
    from workflows.view import Shown


@workflow.defn(name=WORKFLOW_TYPE)
class ChildJourney:
    """Watches one child's journey from entry to permanence, for one period of care."""

    @workflow.init
    def __init__(self, events: Any = None, options: Any = None, *others: Any) -> None:
        ways.ask_first()
        self._child = workflow.info().workflow_id.removeprefix(WORKFLOW_ID_PREFIX)
        self._wrong, self._options = begun_with(self._child, options, others)
        self._share = share_of(self._child, self._options.spread)
        self._taking = asyncio.Lock()
        self._changes = 0
        self._journey: Journey | None = None
        self._rulebook: Rulebook | None = None
        self._rejected: list[Rejected] = []
        self._rejections = 0
        self._siblings: list[SiblingTold] = []
        self._named = NamedKeys()
        self._terms_said = False
        self._showing = RunShown()
        self._last_seen = self._options.at or self._now()
        if self._options.carried:
            self._resume(self._options.carried)
            self._options = self._options.model_copy(update={"carried": None})

    @workflow.run
    async def run(self, events: Any = None, options: Any = None, *others: Any) -> Summary:
        """Take the events it starts with, then wake for each change until the child leaves care.

        `options` are a `JourneyOptions`, read inside: what cannot be decoded at a start would be retried for ever.
        """
        if self._wrong:
            await self._end_in_words(events)
        if self._journey is None and self._options.restart:
            await self._go_on_from_the_record()
        elif self._journey is None:
            await self._take_or_keep(events, "start", self._options.at, self._options.load)
        else:
            self._show(self._last_seen)
        let_go(options, None if self._rejections else events)  # what was rejected may be of the events
        while True:
            await workflow.wait_condition(workflow.all_handlers_finished)
            if is_over(self._journey):
                return summary_of(self._child, self._journey)
            if not self._options.in_one_run and (history_is_long() or another_release_is_meant()):
                workflow.continue_as_new(
                    args=[None, self._carry()],
                    initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
                )
            await self._sleep_until_next_change()

    # Messages

    @workflow.update(name=RECORD_EVENTS)
    async def record_events(self, events: Any, at: Any = None, load: str | None = None) -> Answer:
        """Take a batch of events that became known together: all of it, or a refusal that says why.

        `at`: the batch's nominal instant in a rehearsal, as text where fewer arguments came than there are here.
        `load` names the load of many histories that it is of, if any: what it tells goes in that load's summary.
        """
        # Of limits the validator judges; what it once let through is taken again as it was, however it is replayed.
        parsed = parse_payload(events, self._child, limited=False)
        refuse([reason for _, reason in parsed.problems])
        async with self._taking:
            return await self._take(parsed.events, instant_or_none([events, at]), load)

    @record_events.validator
    def check_events(self, events: Any, at: Any = None, load: str | None = None) -> None:
        """Refuse what is malformed, or plainly not acceptable, before anything is written. To take it is to try it."""
        self._refuse_if_wrong()
        parsed = parse_payload(events, self._child)
        problems = [reason for _, reason in parsed.problems]
        now = self._instant(instant_or_none([events, at]))
        if not problems and not parsed.events:
            problems = ["no event given; accepted: an event, or a list of events"]
        refuse([*problems, *load_problems(load)])
        if self._journey is not None and not any(isinstance(e, ev.PolicyAdopted) for e in parsed.events):
            judged = trial.judged(self._journey, parsed.events, now, self._rules().policies)
            refuse_events(judged.refused)
            refuse_events(trial.limited(self._journey, judged.accepted).refused)

    @workflow.update(name=WRITE_AGAIN)
    async def write_again(self) -> int:
        """Write all that the journey knows into a case record that was lost, or restored older; how many events.

        What it decides meanwhile waits: a message noted as over before it was written would never be sent.
        """
        async with self._taking:
            journey = self._loaded()
            events = [KnownEvent(known_at=k.known_at, event=document_of(k.event)) for k in journey.known.values()]
            settled, terms = list(journey.settled), self._terms()
            entry = RecordEntry(child=self._child, decided_at=self._now(), events=events, settled=settled, terms=terms)
            await self._write(entry, "all that is known, again")
            return len(events)

    @workflow.signal(name=MOVE_ON)
    def move_on(self) -> None:
        """Wake, and go on in a new run, if another release is meant than this one's; else sleep on."""
        self._changes += another_release_is_meant()

    @workflow.signal(dynamic=True)
    async def heard(self, name: str, args: Sequence[RawValue]) -> None:
        """Take `case_events`, for senders that can only signal; keep as rejected what cannot be taken.

        Signals of every name arrive here undecoded: one that cannot be read would else stop the journey.
        """
        values = [keepable(arg, workflow.payload_converter()) for arg in args]
        problem = self._wrong or signal_problem(name, values)
        if problem:
            payload = values[0] if len(values) == 1 else values
            await self._keep([Rejected(at=self._now(), source="signal", reason=problem, payload=payload)])
        else:
            await self._take_or_keep(values[0], CASE_EVENTS, instant_or_none(values))

    @workflow.query
    def journey(self) -> JourneyView | None:
        """The journey as it stands; None before any event was taken."""
        if self._journey is None or self._journey.facts is None:
            return None
        shown = self._show_at(self._last_seen)
        return shown.view(self._rejected, self._next_change(), writing=self._taking.locked())

    def page(self) -> str:
        """The journey as the UI shows it under Current Details; nothing before any event was taken."""
        if self._journey is None or self._journey.facts is None:
            return ""
        return self._show_at(self._last_seen).page(one.reason for one in self._rejected)

    @workflow.query
    def agenda(self) -> list[AgendaRow]:
        """All obligations with due dates, status and the next action of each."""
        return agenda(self._journey, self._last_seen) if self._journey else []

    @workflow.query
    def state(self) -> JourneyOptions | None:
        """All that the journey is made of, as its next run would be given it: to explain it, or to ask what if."""
        return self._carry() if self._journey is not None and self._journey.facts is not None else None

    @workflow.query
    def known_events(self) -> list[str] | None:
        """The ids of the events known here, to be compared with the case record's; None before it has begun."""
        return sorted(self._journey.known) if self._journey else None

    @workflow.query
    def children_of(self, event_id: str) -> list[str]:
        """The children that an event known here concerns: what takes it back concerns all of them."""
        known = {name: k.event for name, k in self._journey.known.items()} if self._journey else {}
        return sorted(concerned(known[event_id], known)) if event_id in known else []

    # Taking events

    async def _take_or_keep(self, payload: Any, source: str, at: datetime | None, load: str | None = None) -> None:
        """Take every event that can be taken, and keep the others as rejected."""
        parsed = self._read(json_safe(payload))
        problems = parsed.problems
        async with self._taking:
            events = parsed.events
            while events:
                now = await self._begin(events, at)
                judged = await self._judge(events, now)
                events = judged.accepted
                problems += [(document_of(refusal.event), str(refusal)) for refusal in judged.refused]
                if not judged.refused:
                    await self._apply(events, judged, now, load)
                    break
        if problems:
            now = self._instant(at)
            await self._keep([Rejected(at=now, source=source, reason=why, payload=raw) for raw, why in problems])

    async def _take(self, events: list[ev.Event], at: datetime | None, load: str | None) -> Answer:
        """Take a batch, all of it or nothing."""
        now = await self._begin(events, at)
        judged = await self._judge(events, now)
        refuse_events(judged.refused)
        return await self._apply(events, judged, now, load)

    async def _judge(self, events: list[ev.Event], now: datetime) -> trial.Judged:
        """Judge a batch by the rules it brings, and try it; where any of it is refused, the rules stay as they were."""
        before = self._rules()
        try:
            book, known = await rules_after(self._loaded(), before, events, now, self._options.policy)
            if book is not before:
                self._use(book)
        except FailureError:  # of an activity: what it says holds
            raise
        except Exception as error:  # noqa: BLE001 (as in a trial: it would be retried for ever)
            self._use(before)
            return trial.refused(events, trial.why_failed(error))
        judged = trial.judged(self._loaded(), events, now, known)
        if not judged.refused:
            tried = trial.tried(self._loaded(), judged.accepted, now, self._rejections, self._siblings)
            if not tried.refused or ways.goes(ways.LIMITED):
                judged = tried
        if judged.refused:
            self._use(before)
        return judged

    def _read(self, payload: Any) -> Parsed:
        """A payload's events and what is wrong with the rest, limits counted unless it was taken before there were."""
        parsed = parse_payload(payload, self._child)
        if parsed.over and not ways.goes(ways.LIMITED):
            return parse_payload(payload, self._child, limited=False)
        return parsed

    async def _apply(self, events: list[ev.Event], judged: trial.Judged, now: datetime, load: str | None) -> Answer:
        decision, shown = await self._step(judged, now, load)
        siblings_told = await siblings.tell(decision.for_siblings, now if self._options.nominal else None)
        if heard := await siblings.ask(judged.accepted, now):
            heard = trial.judged(self._loaded(), heard, now, self._rules().policies).accepted
        if heard:
            await self._step(trial.Judged(heard), now, load)
        if siblings_told or heard:
            self._siblings = [*self._siblings, *siblings_told][-siblings.SHOWN :]
            shown = self._show(now)
        taken = sorted(e.id for e in judged.accepted)
        return Answer(
            child=self._child,
            stage=self._loaded().stage,
            rag=shown.rag,
            taken=taken,
            known=sorted({e.id for e in events} - set(taken)),
            opened=shown.refs(decision.opened),
            met=shown.refs(decision.met),
            sent=len(decision.actions),
            clock=self._now(),
        )

    async def _step(self, judged: trial.Judged, now: datetime, load: str | None) -> tuple[Decision, Shown]:
        """Take the step; where it was tried, be the journey that took it then."""
        step = judged.tried or trial.taken(self._loaded(), now, judged.accepted)
        self._journey = step.ahead
        events = [KnownEvent(known_at=now, event=document_of(e)) for e in judged.accepted]
        return step.decision, await self._record(step, now, events, load)

    async def _keep(self, rejected: list[Rejected]) -> None:
        """Keep what was rejected: counted, shown and in the case record."""
        self._rejections += len(rejected)
        self._rejected = [*self._rejected, *map(shown, rejected)][-REJECTED_SHOWN:]
        entry = RecordEntry(child=self._child, decided_at=self._now(), rejected=rejected)
        await self._write(entry, f"keep {len(rejected)} rejected")
        if self._journey is not None:
            self._show(self._now())
        self._changes += 1

    # Rules

    async def _begin(self, events: list[ev.Event], at: datetime | None) -> datetime:
        """Have a journey to take events into; the instant at which they are taken."""
        if self._journey is None:
            policy, born = entry_facts(events)
            book = await loaded(self._child, policy or self._options.policy, born, relive_at=self._instant(at))
            self._journey, self._options = past.taken_up(self._child, book, self._options, self._instant(at))
            self._use(book)
        now = self._instant(at)
        await self._catch_up(now)
        return now

    async def _go_on_from_the_record(self) -> None:
        """Be the journey that the case record knows, and tell what became due while none ran."""
        async with self._taking:
            now = await self._begin([], self._options.at)
            if self._loaded().known:
                await self._record(trial.taken(self._loaded(), now), now, [])

    def _terms(self) -> Terms:
        """What the journey runs under that its events do not say."""
        quiet = self._loaded().quiet
        policy = self._options.policy or self._rules().default_policy
        return Terms(policy=policy, quiet=quiet, load=self._options.load if quiet else None)

    def _rules(self) -> Rulebook:
        if self._rulebook is None:
            raise ApplicationError("the journey has no rulebook", non_retryable=True)
        return self._rulebook

    def _use(self, book: Rulebook) -> None:
        journey, book = self._loaded(), book.shared()
        journey.policy, journey.calendar = book.policy, book.holidays.calendar()
        self._rulebook = book

    def _loaded(self) -> Journey:
        if self._journey is None:
            raise ApplicationError("the journey has not begun", non_retryable=True)
        return self._journey

    # Time

    def _now(self) -> datetime:
        """The journey's own time: the workflow's, moved by the offset of a rehearsal."""
        return workflow.now() + self._options.clock_offset

    def _instant(self, at: datetime | None) -> datetime:
        return at if at is not None and self._options.nominal else self._now()

    def _next_change(self) -> tuple[datetime, str] | None:
        """When to wake next, and why. A rehearsal looks at no page, and keeps to the instants that decide something."""
        return next_change(self._loaded(), self._last_seen, bookings=not self._options.nominal)

    async def _sleep_until_next_change(self) -> None:
        """Sleep until the earliest instant at which anything changes, or until a message changes something.

        The timer fires the child's own share of the window later; a message in between takes what is due by then.
        """
        seen = self._changes
        change = self._next_change()
        if change is None:
            await workflow.wait_condition(lambda: self._changes != seen)
            return
        planned, what = change
        try:
            await workflow.wait_condition(
                lambda: self._changes != seen,
                timeout=max(planned + self._share - self._now(), timedelta(milliseconds=1)),
                timeout_summary=cut(f"{short_date(local_date(planned))}: {what}", SUMMARY_BYTES),
            )
        except TimeoutError:
            async with self._taking:
                now = planned if self._options.nominal else max(planned, self._now())
                await self._record(trial.taken(self._loaded(), now), now, [])

    async def _catch_up(self, now: datetime) -> None:
        """In a rehearsal, live through what was planned before a batch's instant and the clock has not reached."""
        # A meeting of 20 January 2026, 12:00, is sent when the skipped clock shows the 15th: first the reminder of the
        # 16th is lived through, as of the 16th at 09:00, then the change to overdue at midnight, then rung 1 of the
        # 20th at 09:00. At the instant itself the batch goes first: a meeting of 09:00 answers the rung of 09:00.
        while self._options.nominal and (change := next_change(self._loaded(), self._last_seen)) is not None:
            if change[0] >= now:
                return
            await self._record(trial.taken(self._loaded(), change[0]), change[0], [])

    # Effects

    async def _record(self, step: StepTaken, now: datetime, events: list[KnownEvent], load: str | None = None) -> Shown:
        """Write what was taken and decided into the case record, and show the journey as it now stands."""
        decision = step.decision
        self._last_seen = max(now, self._last_seen)
        self._changes += 1
        if events or decision.actions or decision.skipped:
            entry = RecordEntry(
                child=self._child,
                decided_at=self._now(),
                events=events,
                actions=list(decision.actions),
                skipped=list(decision.skipped),
                load=self._options.load if decision.woken else load,
                terms=None if self._terms_said else self._terms(),
            )
            self._terms_said = True
            await self._write(entry, title_of(entry))
        return self._show(now, step.shown)

    async def _write(self, entry: RecordEntry, what: str) -> None:
        parts = pieces(entry)
        for part in parts if len(parts) > 1 and ways.goes(ways.LIMITED) else [entry]:
            # An object, since what was written before 27 November 2026 in the evening was answered with nothing.
            answer = await run_effect(WRITE_CASE_RECORD, part, object, cut(f"record {what}", SUMMARY_BYTES))
            if answer is not None:
                self._named = NamedKeys.model_validate(answer)

    def _show_at(self, now: datetime) -> Shown:
        journey = self._loaded()
        return Shown(journey, now, self._rejections, self._siblings, self._named)

    def _show(self, now: datetime, tried: Shown | None = None) -> Shown:
        news = (self._rejections, self._siblings, self._named)
        shown = tried.with_news(*news) if tried else self._show_at(now)
        if shown.journey.facts is not None:
            self._showing.show(shown)
        return shown

    # The beginning and the end of a run

    def _refuse_if_wrong(self) -> None:
        if self._wrong:
            raise ApplicationError(self._wrong, type=WRONG_START, non_retryable=True)

    async def _end_in_words(self, events: Any) -> None:
        """End a run that can be no journey, so that the next event starts the child's own; keep what it came with."""
        if events is not None:
            payload = json_safe(events)
            await self._keep([Rejected(at=self._now(), source="start", reason=self._wrong, payload=payload)])
        await workflow.wait_condition(workflow.all_handlers_finished)
        self._refuse_if_wrong()

    def _carry(self) -> JourneyOptions:
        carried = Carried(
            state=self._loaded().state(),
            rulebook=self._rules(),
            rejected=self._rejected,
            rejections=self._rejections,
            siblings=self._siblings,
            named=self._named,
        )
        return self._options.model_copy(update={"carried": carried, "at": self._last_seen})

    def _resume(self, carried: Carried) -> None:
        book = carried.rulebook.shared()
        self._journey = Journey.restore(carried.state, book.policy, book.holidays.calendar(), self._last_seen)
        self._rulebook = book
        self._rejected, self._rejections = list(carried.rejected), carried.rejections
        self._siblings, self._named = list(carried.siblings), carried.named

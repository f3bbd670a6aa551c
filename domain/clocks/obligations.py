"""From facts and policy to occurrences: what must happen, and what became of it.

An occurrence opens on its anchor's day (or the first day its conditions hold), is met by the first fitting
event from then on, and lapses on the day a condition stops holding. What is known is all that counts: every
occurrence is worked out anew from the facts.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from domain.case import events as ev
from domain.case.calendar import WorkingCalendar
from domain.case.days import Span, intersect
from domain.case.facts import Facts
from domain.case.periods import AMENDED_AGAIN, AMENDED_AT_NIGHT
from domain.case.words import Plan
from domain.case.worked_out import worked_out_once
from domain.clocks.anchors import Anchor
from domain.clocks.due_dates import DueDates
from domain.clocks.occurrence import Key, Limit, Occurrence, Remembered
from domain.clocks.rules import Obligation, Policy, Rule
from domain.clocks.starting import no_days

BEFORE_PERMANENCE = "before_permanence"

__all__ = ["Key", "Limit", "Occurrence", "Remembered", "due_dates", "note_waived", "number_anchors", "occurrences"]


def occurrences(policy: Policy, facts: Facts, calendar: WorkingCalendar, record: Remembered) -> list[Occurrence]:
    """All occurrences of all obligations of a period of care, in the policy's order."""
    if facts.entry is None and not policy.begins_before_entry:
        return []
    return _Reckoning(policy, facts, calendar, record).all()


def due_dates(policy: Policy, facts: Facts, calendar: WorkingCalendar, record: Remembered) -> DueDates:
    """What the occurrences are dated by: a forecast that has lapsed is listed no more, and others count from it still.

    On 1 March 2026 a child is 18 before any review: the second review, only foreseen for 26 November 2025, has
    lapsed; the plan recorded on 28 July 2025 stays dated by it.
    """
    reckoning = _Reckoning(policy, facts, calendar, record)
    reckoning.all()
    return reckoning.due_dates


def number_anchors(policy: Policy, facts: Facts, record: Remembered) -> None:
    """Give each new anchor of an obligation that exists once for each anchor the next number.

    Numbers follow the order in which the anchors became known; a number once given stays.
    """
    for obligation in policy.obligations:
        if obligation.rule.occurs != "each":
            continue
        known = {a.event.id for a in obligation.rule.start.find(facts, no_days) if a.event is not None}
        given = record.numbers.setdefault(obligation.id, {}) if known else {}
        new = known - given.keys()
        for event_id in _as_they_became_known(facts, new) if new else ():
            given[event_id] = len(given) + 1


def _as_they_became_known(facts: Facts, events: Collection[str]) -> list[str]:
    new = [known for known in facts.known if known.event.id in events]
    return [known.event.id for known in sorted(new, key=attrgetter("known_at", "order"))]


def note_waived(
    policy: Policy, facts: Facts, calendar: WorkingCalendar, record: Remembered, fresh: Iterable[ev.Event]
) -> None:
    """Keep which occurrences a waiver finds open on its day: a waived occurrence stays waived whatever follows.

    Asked anew with all that is known: a meeting of 12 January 2026, recorded on 2 February, has its decisions
    waived by a waiver of the 21st. Of a series a waiver waives the one that is open, not the next, which it opens.
    """
    every = facts.all(ev.ObligationWaived) if facts.to_the_letter else fresh
    waivers = [e for e in every if isinstance(e, ev.ObligationWaived)]
    listed: list[Occurrence] | None = None
    for waiver in sorted(waivers, key=lambda w: (w.on, w.id)):
        if listed is None:  # at first, and where a waiver has opened the next of a series
            listed = occurrences(policy, facts, calendar, record)
        spent = facts.to_the_letter and any(
            by == waiver.id and name == waiver.obligation for (name, _), by in record.waived.items()
        )
        waived = [o.key for o in listed if _reaches(waiver, o, spent=spent)]
        record.waived.update(dict.fromkeys(waived, waiver.id))
        listed = None if waived else listed


def _reaches(waiver: ev.ObligationWaived, occurrence: Occurrence, *, spent: bool) -> bool:
    """Whether a waiver waives an occurrence; `spent`: it has waived one of the obligation before."""
    if occurrence.obligation.id != waiver.obligation or occurrence.waived_on is not None:
        return False
    return occurrence.open_on(waiver.on) and not (spent and occurrence.rule.occurs == "series")


def _taken_over(occurrences_by_it: list[Occurrence], by: list[Occurrence]) -> list[Occurrence]:
    """Occurrences of a row that lapsed, or never applied, taken over by the row that goes on."""
    numbers = {o.number: o for o in occurrences_by_it}
    for occurrence in by:
        own = numbers.get(occurrence.number)
        if own is None or (own.lapsed_on and not occurrence.lapsed_on):
            numbers[occurrence.number] = occurrence
    return [numbers[number] for number in sorted(numbers)]


@dataclass(slots=True)
class _Run:
    """How far one run of a series has come: what is next, what it counts from, and the days still to use."""

    obligation: Obligation
    rule: Rule
    start: Anchor
    first: int
    number: int
    previous: date
    since: date
    days: list[date]
    resumed: bool = False
    again_from: date | None = None
    ahead: int = 0

    def next(self, span: Span) -> Occurrence:
        """The occurrence that is next, within a span of days."""
        place = self.number - self.first
        opened = max(self.since, span.start)
        return Occurrence(
            self.obligation,
            self.rule,
            self.number,
            self.start,
            self.previous,
            place,
            opened,
            resumed=self.resumed,
            again_from=self.again_from,
            ahead=self.ahead,
        )

    def go_on(self, previous: date, since: date) -> None:
        """Turn to the occurrence after, counted from `previous` and met from `since` on."""
        self.previous, self.since, self.resumed, self.again_from = previous, since, False, None
        self.number += 1

    def skip_to(self, day: date, last_review: date | None) -> int:
        """Pass over what was held before `day`, while the series did not apply: it counts, and meets nothing."""
        held = [d for d in self.days if self.since <= d < day]
        self.days = [d for d in self.days if d >= day]
        self.number += len(held)
        self.previous = max(self.previous, *held, last_review or self.previous)
        self.since, self.resumed = max(self.since, day), True
        return len(held)


class _Reckoning:
    """One pass over a policy. Obligations that others count from come first."""

    def __init__(self, policy: Policy, facts: Facts, calendar: WorkingCalendar, record: Remembered) -> None:
        self.policy = policy
        self.facts = facts
        self._at_night = facts.amended >= AMENDED_AT_NIGHT
        self.calendar = calendar
        self.record = record
        self.by_obligation: dict[str, list[Occurrence]] = {}
        self.due_dates = DueDates(facts, calendar, self.by_obligation)
        self.waivers = {e.id: e for e in facts.all(ev.ObligationWaived)}
        self._permanence_ended = {stood.end for stood in facts.permanent}

    def all(self) -> list[Occurrence]:
        """The occurrences, in the policy's order; a forecast that has lapsed is not among them."""
        for obligation in self.policy.obligations:
            own = self._by(obligation, obligation.rule)
            for rule in obligation.limits:  # where a row never applies or lapses, the one it tightens goes on
                if not own or own[-1].lapsed_on or own[0].ahead:
                    own = _taken_over(own, self._by(obligation, rule))
            self.by_obligation[obligation.id] = own
        listed = [o for of_one in self.by_obligation.values() for o in of_one]
        return [o for o in listed if not (o.forecast and o.lapsed_on and self.facts.to_the_letter)]

    # Which occurrences there are

    def _by(self, obligation: Obligation, rule: Rule) -> list[Occurrence]:
        """The occurrences by one row that have a due date."""
        anchors = rule.start.find(self.facts, self.due_dates.days_of)
        if not anchors and (rule.occurs != "once" or not rule.forecast_from):
            return []
        if rule.occurs == "each":
            numbered = self._numbered(obligation, anchors)
        else:
            chosen = anchors if rule.restarts else anchors[:1]
            tightens = self.facts.amended and chosen and rule is not obligation.rows[-1]
            behind = self._met_before(obligation, rule, chosen[0]) if tightens else None
            if rule.occurs == "series":
                return [o for o in self._every_series(obligation, rule, chosen, behind) if self.due_dates.settle(o)]
            if behind is not None:
                return []
            numbered = list(enumerate(chosen or self._foreseen(), rule.first_number))
        made: list[Occurrence] = []
        for number, start in numbered:
            occurrence = self._once(obligation, rule, start, number)
            if occurrence is not None and self.due_dates.settle(occurrence):
                made.append(occurrence)
        return made

    def _met_before(self, obligation: Obligation, rule: Rule, start: Anchor) -> Occurrence | None:
        """The last occurrence that the row which a row tightens had met, before the row's own clock started.

        What met the law has met it, whatever starts later: of that the row has nothing left to ask.
        """
        # Law: a first review by 2 February 2026. The authority's row: within 10 working days of proceedings. Held on 20
        # January, it stays met when proceedings are issued on 10 February. Of a series the row takes on the number that
        # is next: third review on 20 July, its clock started on 10 August, it leads from the fourth on.
        tightened = obligation.rows[obligation.rows.index(rule) + 1]
        if tightened.anchor == rule.anchor:
            return None
        day = start.opened or start.on
        if not any(a.on < day for a in tightened.start.find(self.facts, self.due_dates.days_of)):
            return None
        by_it = self._by(obligation, tightened)
        return next((o for o in reversed(by_it) if o.met_on is not None and o.met_on < day), None)

    def _numbered(self, obligation: Obligation, anchors: Sequence[Anchor]) -> list[tuple[int, Anchor]]:
        """The anchors that have a number: their own, or the one given to their event."""
        given = self.record.numbers.get(obligation.id, {})
        numbered = []
        for start in anchors:
            number = given.get(start.event.id) if start.event and start.number is None else start.number
            numbered += [(number, start)] if number is not None else []
        return numbered

    def _every_series(
        self, obligation: Obligation, rule: Rule, starts: Sequence[Anchor], behind: Occurrence | None
    ) -> list[Occurrence]:
        """The series of one anchor after another, numbers going on; the first follows on `behind`, if there is one."""
        made: list[Occurrence] = []
        number = behind.number + 1 if behind else rule.first_number
        for start in starts:
            series = self._series(obligation, rule, start, number, None if made else behind)
            number = series[-1].number + 1 if series else number
            made += series
        return made

    def _again_from(self, rule: Rule, span: Span) -> date | None:
        """The day a changed plan ended permanence, from which what lapsed by it is counted anew."""
        by_it = BEFORE_PERMANENCE in rule.applies and span.start in self._permanence_ended
        return span.start if by_it else None

    def _foreseen(self) -> list[Anchor]:
        """A stand-in for an anchor that has not happened, where the day it should happen by is known."""
        care = self.facts.care
        return [Anchor(care.start)] if care else []

    def _once(self, obligation: Obligation, rule: Rule, start: Anchor, number: int) -> Occurrence | None:
        """The occurrence of one anchor; one that lapsed is open again when its conditions hold again."""
        days = self._days_met(rule, start)
        last: Occurrence | None = None
        for span in self._spans(rule, start):
            since = start.opened or start.on
            opened = since if since > span.start else span.start
            if span.end is not None and opened >= span.end:
                continue
            if last is not None and any(last.opened_on <= d < opened for d in days):
                break
            shut = last is not None or (opened != since and self._kept_shut(since, opened, days))
            resumed = shut and rule.resumes_from_last_review
            previous = (self._last_review(opened, days) if resumed else None) or start.on
            before = self._before(last) if last else None
            last = Occurrence(obligation, rule, number, start, previous, 0, opened, resumed=resumed, before=before)
            last.again_from = self._again_from(rule, span) if self._permanence_ended else None
            self._conclude(last, days, span.end)
            if last.lapsed_on is None:
                break
            if last.lapsed_on <= opened and self._at_night:
                # Placed for adoption on 15 February 2027, before any review, and the first meeting on 7 March: by the
                # second review, which lapsed in February, its minutes are not due. What was open before stays listed.
                last = last.before
        return last

    def _before(self, lapsed: Occurrence) -> Occurrence | None:
        """What an occurrence was that lapsed and is open again; of rules from before that, nothing is kept."""
        return lapsed if self._at_night else None

    def _kept_shut(self, since: date, opened: date, days: Sequence[date]) -> bool:
        """Whether a placement for adoption on the day from which it runs kept it from opening until a later one."""
        # First review and placement on 15 December 2025, so that the second never opened; back on 6 July 2026 it
        # is asked as if placed the day after: three months after the placement's last review, 10 April.
        if self.facts.amended < AMENDED_AGAIN or any(day < opened for day in days):
            return False
        return any(placed.holds(since) for placed in self.facts.placements_for_adoption)

    def _last_review(self, day: date, days: Collection[date]) -> date | None:
        """The last review of any kind by a day; one that meets on that very day is not counted from itself."""
        itself = self.facts.amended >= AMENDED_AGAIN and day in days
        return self.facts.last_review_by(day - timedelta(days=1) if itself else day)

    def _series(
        self, obligation: Obligation, rule: Rule, start: Anchor, number: int, behind: Occurrence | None
    ) -> list[Occurrence]:
        """The occurrences that follow one anchor, through all the spans of days in which the series applies."""
        # Second review on 27 April 2026; placed for adoption from 1 June to 13 July: the care series applies up to 1
        # June and from 13 July on. The third review (due 27 October) opens in the first span and lapses with it; in the
        # second it is open again, not the fourth, still due on 27 October: six months after the last review held.
        since = start.opened or start.on
        run = _Run(obligation, rule, start, number, number, start.on, since, self._days_met(rule, start))
        if behind is not None and behind.met_on is not None:
            run.previous, run.ahead = behind.met_on, behind.place + 1
        series: list[Occurrence] = []
        for span in self._spans(rule, start):
            held = 0
            if series or span.start > since:
                review = self._last_review(span.start, run.days) if rule.resumes_from_last_review else None
                held = run.skip_to(span.start, review)
                run.again_from = self._again_from(rule, span) if self._permanence_ended else None
            within = list(self._within(run, span))
            if within and series and series[-1].lapsed_on and not held:
                within[0].before = self._before(series.pop())  # it lapsed, nothing came between, and it applies again
            series += within
            if series and series[-1].open:
                break
        return series

    def _within(self, run: _Run, span: Span) -> Iterator[Occurrence]:
        """The occurrences within one span of days, up to one that is left open or lapses."""
        while span.end is None or max(run.since, span.start) < span.end:
            occurrence = run.next(span)
            self._conclude(occurrence, [d for d in run.days if d >= run.since], span.end)
            if self._at_night and occurrence.lapsed_on is not None and occurrence.lapsed_on <= occurrence.opened_on:
                return  # it never applied: a brother named after the first review, by which it is due, had lapsed
            yield occurrence
            if occurrence.met_on is not None:
                self._use_up(run, occurrence.place, occurrence.met_on)
                run.go_on(occurrence.met_on, occurrence.met_on)
            elif occurrence.waived_on is not None and self.due_dates.settle(occurrence):
                counted = max(occurrence.due, occurrence.waived_on) if self.facts.to_the_letter else occurrence.due
                run.go_on(counted, occurrence.waived_on)
            else:
                return

    def _use_up(self, run: _Run, place: int, day: date) -> None:
        """A day meets one occurrence, except a first that comes so late that it meets the second too."""
        # Placement order on 11 May 2026, so reviews by 11 August and 11 November. A first review on 16 November meets
        # both (late), and the third is due on 16 May 2027; had it been held on 10 August, 11 November would stand.
        two_after = run.rule.meets_two_after
        if place == 0 and two_after is not None and day >= self.calendar.add(run.start.on, two_after):
            return
        run.days = run.days[run.days.index(day) + 1 :]

    def _spans(self, rule: Rule, start: Anchor) -> list[Span]:
        """The spans of days on which all a rule's conditions hold, of those on which an obligation can run.

        Those are the days of the care procedures, of short breaks for what is their own, or those before entry too.
        """
        spans = [self._in_care]
        if rule.before_entry:
            spans = [Span(self.facts.began_on, self.facts.ended_on)]
        if rule.anchor == "short_breaks_started":
            spans = [Span(self.facts.entry.on if self.facts.entry else date.max, self.facts.ended_on)]
        for condition in rule.conditions:
            spans = intersect(spans, condition.spans(self.facts, start))
        return spans

    @worked_out_once
    def _in_care(self) -> Span:
        care = self.facts.care
        return Span(date.min, care.end) if care else Span(date.max, date.max)

    # What became of them

    def _conclude(self, occurrence: Occurrence, days: Sequence[date], end: date | None) -> None:
        """Settle whether it is waived, met, lapsed or open. An event on the day it lapses still counts."""
        waiver = self.waivers.get(self.record.waived.get(occurrence.key, "")) if self.waivers else None
        if waiver is not None and not self._of_care_before(waiver, occurrence):
            occurrence.ended_on = occurrence.waived_on = waiver.on
            return
        if occurrence.rule.follows_another:
            end = self._end(occurrence, end)
        if occurrence.rule.opens_by_a_date:
            days = [day for day in days if day >= occurrence.opened_on]
        if days and (end is None or days[0] <= end):
            occurrence.ended_on = occurrence.met_on = days[0]
        elif end is not None:
            occurrence.ended_on = occurrence.lapsed_on = end

    def _of_care_before(self, waiver: ev.ObligationWaived, occurrence: Occurrence) -> bool:
        """Whether a waiver was of the care before short breaks, and an occurrence is of the care after them."""
        # In care from 5 January 2026, the first meeting waived on the 12th; short breaks from 2 February, and in care
        # again from 13 April, which is read as entry: the meeting due on the 27th is another, and nobody waived it.
        left = self.facts.left_short_breaks_on if self._at_night else date.min
        return waiver.on < min(left, occurrence.opened_on)

    def _end(self, occurrence: Occurrence, end: date | None) -> date | None:
        """The day it lapses: what is due by an obligation that has lapsed lapses with it."""
        named = occurrence.due_row(occurrence.rule).other
        other = self.due_dates.reference(named) if named else None
        ends = [day for day in (end, other.lapsed_on if other else None) if day is not None]
        return min(ends, default=None)

    def _days_met(self, rule: Rule, start: Anchor) -> list[date]:
        """The days on which something that meets the rule happened, from the first that can count."""
        if rule.covers:
            return self._covered(rule, start)
        if rule.to_any:
            days: Sequence[date] = [e.on for e in self.facts.all(ev.CarePlanReferred) if e.to in rule.to_any]
        elif rule.ways[1:]:
            days = sorted([day for way in rule.ways for day in way.days(self.facts, start)])
        else:
            days = rule.ways[0].days(self.facts, start)
        if not days:
            return []
        earliest, since = self._counts_from(rule, start), start.opened or start.on
        return [day if day > since else since for day in days if day >= earliest]

    def _counts_from(self, rule: Rule, start: Anchor) -> date:
        if rule.met_since == "ever":
            return date.min
        if rule.met_since == "entry" and self.facts.care is not None:
            return min(self.facts.care.start, start.opened or start.on)
        before = rule.met_before
        if before is not None and start.event is not None and start.event.type in before.anchors:
            return max(start.on - timedelta(days=before.days), self.facts.left_short_breaks_on)
        return start.opened or start.on

    def _covered(self, rule: Rule, start: Anchor) -> list[date]:
        """The day on which all such papers since the anchor, taken together, had reached every role needed."""
        missing = set(rule.covers)
        if isinstance(start.event, ev.PpmHeld):
            own = self.facts.plan_of(start.event)
            if Plan.ADOPTION in (own.primary_plan, own.contingency_plan):
                missing |= set(rule.covers_if_adoption_planned)
        for event in (e for way in rule.ways for name in way.answers for e in self.facts.named(name)):
            if isinstance(event, ev.Circulated) and event.on >= (start.opened or start.on):
                missing -= set(event.to)
                if not missing:
                    return [event.on]
        return []

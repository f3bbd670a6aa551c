"""What is refused, and why: contract section 2. A refusal changes nothing and says what would be accepted.

Facts that happened are never refused for having happened badly.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Final

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.children import children_of, held_for_another
from domain.case.facts import Facts, Known, unvoided
from domain.case.life import Life, is_for, periods_of_care
from domain.case.periods import AMENDED_AGAIN, AMENDED_AT_NIGHT, BEFORE_ENTRY, REFUSED, Period
from domain.case.siblings import Naming, as_of_entry
from domain.case.words import Role
from domain.clocks.due_dates import FINAL_ORDER, FINAL_ORDER_EXTENSION, latest_final_order
from domain.clocks.gates import check
from domain.clocks.milestone import why_not_a_milestone
from domain.journey import Journey
from domain.limits import BOUNDS, CORRECTION_TURNS, RULINGS, why_too_many_siblings

DAY = timedelta(days=1)
SHAPING = (*ev.ENTRY_TYPES, *ev.ENDING_TYPES, ev.PolicyAdopted, ev.EventVoided)
"""Events that say which periods of care there are, and under which policy; and so may what corrects one."""

OTHER_CONTENT = "id: known already with other content; accepted: an id of its own, or event_voided for the earlier one"

TOO_MANY_TURNS: Final = (
    f"corrects: {CORRECTION_TURNS} times over a correction was refused, and then what it stood in for; "
    "accepted: the batch without what was refused"
)

IN_A_CIRCLE: Final = (
    "corrects: what it stands in for stands in for it, so that neither would stand; accepted: corrects in the right "
    "one alone"
)

NO_REPLACEMENT = "event: what stands in for it (corrects) was refused; accepted: both, or the voiding alone"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not taken, and why in words. `of_batch`: the batch as a whole is why, not this event."""

    event: ev.Event
    reason: str
    of_batch: bool = False

    def __str__(self) -> str:
        return f"event {self.event.id} ({self.event.type}): {self.reason}"


def judge(
    journey: Journey,
    batch: Sequence[ev.Event],
    now: datetime,
    policies: Collection[str],
    *,
    offline: bool = False,
) -> tuple[list[ev.Event], list[Refusal]]:
    """Sort a batch that becomes known at `now` into what can be taken and what is refused.

    A batch is judged as a whole, what it takes back first: that is gone before anything else is judged, and is itself
    not judged. Then entries and endings, then the others by the day they happened, of a day the rulings last.
    Offline, `on` is compared with the event's own recorded_at.
    """
    bench = _Bench(journey, batch, now, policies, offline)
    refused = bench.refusals()
    undone: list[Refusal] = []
    turns = 1
    while corrections := [each for each in refused if each.event.corrects is not None]:
        if turns >= CORRECTION_TURNS and journey.policy.amended:
            corrections += bench.corrections_beside(corrections)
        corrections += left_without((each.event.corrects for each in corrections), bench.taken)
        undone += corrections
        bench = _Bench(journey, bench.batch_without(corrections), now, policies, offline)
        refused = bench.refusals()
        turns += 1
    return bench.taken, undone + refused


def left_without(corrected: Iterable[object], events: Iterable[ev.Event]) -> list[Refusal]:
    """The voidings of what corrections that are not taken would have stood in for: the wrong event stays as well."""
    kept = list(corrected)
    return [Refusal(each, NO_REPLACEMENT) for each in events if isinstance(each, ev.EventVoided) and each.event in kept]


def corrected_by(unreadable: Iterable[object]) -> list[object]:
    """What events that cannot be read would have corrected, as far as they say."""
    return [raw["corrects"] for raw in unreadable if isinstance(raw, Mapping) and raw.get("corrects") is not None]


def shapes(event: ev.Event) -> bool:
    """Whether an event may change which periods of care there are, or under which policy."""
    return isinstance(event, SHAPING) or event.corrects is not None


def policy_after(
    journey: Journey, batch: Sequence[ev.Event], now: datetime, policies: Collection[str], *, offline: bool = False
) -> str | None:
    """The policy that the events name once a batch is taken; None where they name none.

    So that the rest of the batch is judged by the rules that it brings.
    """
    shaping = [e for e in batch if shapes(e)]
    if not shaping:
        return policy_named(journey.facts)
    taken, _ = judge(journey, shaping, now, policies, offline=offline)
    known = [*journey.known.values(), *(Known(e, now) for e in taken)]
    return policy_named(next(reversed(journey.periods_by(known, now)), None))


def policy_named(facts: Facts | None) -> str | None:
    """The policy a period of care names: the latest adopted, else the one given at entry; None if none."""
    if facts is None:
        return None
    adopted = facts.all(ev.PolicyAdopted)
    if adopted:
        return adopted[-1].policy
    return facts.entry.policy if facts.entry else None


def newly_adopted(journey: Journey, batch: Sequence[ev.Event]) -> str | None:
    """The policy that a batch adopts, the latest by the day it was; None where it brings no adoption."""
    fresh = [e for e in batch if isinstance(e, ev.PolicyAdopted) and e.id not in journey.known]
    return max(fresh, key=lambda e: (e.on, e.known_from, e.id)).policy if fresh else None


class _Bench:
    """Judges one batch, each event in the light of those taken before it."""

    def __init__(
        self, journey: Journey, batch: Sequence[ev.Event], now: datetime, policies: Collection[str], offline: bool
    ) -> None:
        self.journey = journey
        self._letter, self._amended = journey.policy.to_the_letter, journey.policy.amendments
        self.now = now
        self.policies = policies
        self.offline = offline
        self.taken: list[ev.Event] = []
        self._ids: dict[str, ev.Event] = {k.event.id: k.event for k in journey.known.values()}
        self._periods: list[Facts] | None = None
        self._batch = list(zip(batch, self._as_heard(batch), strict=True))
        self._fresh = _once_each(e for _, e in self._batch if self._ids.get(e.id) != e)
        self._fresh_ids = {e.id: e for e in self._fresh}
        self._endings = [e for e in (*self._ids.values(), *self._fresh) if isinstance(e, ev.ENDING_TYPES)]
        self._begins = any(isinstance(e, ev.ENTRY_TYPES) for e in self._fresh)
        self._bounds: list[Known] = []
        """Of what is known and taken, all from which it follows which periods of care there are."""
        self._corrected_by: dict[str, list[str]] = {}
        self._named: set[str] = set()
        """The brothers and sisters that any list has named, one that was taken back too."""
        self._note(journey.known.values())
        self._gone: frozenset[str] = frozenset()
        self._voidings = self._judged_first()
        self._gone, self._periods = self._taken_back(), None

    def _as_heard(self, batch: Sequence[ev.Event]) -> list[ev.Event]:
        """What another child's journey tells of the time before the child's entry is taken on the day of entry."""
        entries = [e for e in batch if isinstance(e, ev.BecameLookedAfter)]
        entry = entries[-1] if entries else self.journey.facts.entry if self.journey.facts else None
        return [as_of_entry(event, entry) for event in batch]

    def _judged_first(self) -> list[ev.EventVoided]:
        """The voidings of the batch that can be taken."""
        why_not = self.reason if self._letter else self._ahead
        return [e for e in self._fresh if isinstance(e, ev.EventVoided) and not why_not(e)]

    def _taken_back(self) -> frozenset[str]:
        """What does not stand once the batch is taken: voided or corrected, by it or before it."""
        if not self._letter:
            return frozenset(e.event for e in self._voidings) & {e.id for e in self._fresh}
        whole = [*self.journey.known.values(), *(Known(e, self.now) for e in self._fresh if self._takes_part(e))]
        standing = {k.event.id for k in unvoided(whole)}
        return frozenset(k.event.id for k in whole if k.event.id not in standing)

    def _takes_part(self, event: ev.Event) -> bool:
        return not isinstance(event, ev.EventVoided) or event in self._voidings

    def refusals(self) -> list[Refusal]:
        """Judge each event in its turn: what can be taken is, the rest is refused."""
        refused = []
        for event in self.in_order():
            reason = self.reason(event)
            if reason:
                refused.append(Refusal(event, reason))
            else:
                self.take(event)
        return refused

    def corrections_beside(self, refused: Iterable[Refusal]) -> list[Refusal]:
        """The other corrections of the batch, refused as well."""
        done = {each.event.id for each in refused}
        beside = [e for e in self._fresh if e.corrects is not None and e.id not in done]
        return [Refusal(event, TOO_MANY_TURNS) for event in beside]

    def batch_without(self, refused: Iterable[Refusal]) -> list[ev.Event]:
        """The batch as it came, without what was refused as it was heard."""
        gone: dict[str, list[ev.Event]] = {}
        for each in refused:
            gone.setdefault(each.event.id, []).append(each.event)
        return [event for event, heard in self._batch if heard not in gone.get(heard.id, ())]

    def in_order(self) -> list[ev.Event]:
        by_day = sorted([Known(e, self.now) for e in self._fresh], key=attrgetter("order"))
        # In care and out again on 2 March 2026, and the entry corrected: the ending is of the one that stands, whatever
        # their ids, and does not come between the two.
        gone = self._gone if self._amended >= AMENDED_AT_NIGHT else frozenset()
        lived = Life(self._care(), amended=self._amended).live([k for k in by_day if k.event.id not in gone])
        return sorted((k.event for k in (*lived, *(k for k in by_day if k.event.id in gone))), key=self._rank)

    def _rank(self, event: ev.Event) -> tuple[int, date, bool]:
        """Voidings are judged first, then entries and endings, then by day; of a day last what hangs on the others."""
        # Proceedings issued on 12 January 2026, and extended on 2 February: there is a date to extend when the second
        # is judged. The evidence of the day on which a return home is approved is there, whatever their ids.
        if isinstance(event, ev.EventVoided) and self._letter:
            return -1, date.min, False
        if isinstance(event, (*ev.ENTRY_TYPES, *ev.ENDING_TYPES)):
            return 0, date.min, False
        if not self._amended:  # what may precede entry came last
            return 2 if isinstance(event, ev.MAY_PRECEDE_ENTRY) else 1, date.min, False
        return 1, event.on, isinstance(event, RULINGS)

    def take(self, event: ev.Event) -> None:
        if event.id in self._ids:
            return
        self._ids[event.id] = event
        self.taken.append(event)
        self._note([Known(event, self.now)])
        if self._bounds_periods(event):
            self._periods = None

    def _note(self, known: Iterable[Known]) -> None:
        """Keep in mind of what is known or taken all that is asked for at each event that follows."""
        for one in known:
            event = one.event
            if event.corrects is not None:
                self._corrected_by.setdefault(event.corrects, []).append(event.id)
            if event.corrects is not None or type(event) in BOUNDS:
                self._bounds.append(one)
            if isinstance(event, Naming):
                self._named.update(event.siblings)

    def _bounds_periods(self, event: ev.Event) -> bool:
        """Whether taking an event may move where a period of care begins or ends; most voidings do not."""
        if isinstance(event, ev.EventVoided):
            return isinstance(self._ids.get(event.event), BOUNDS)
        return isinstance(event, BOUNDS)

    def reason(self, event: ev.Event) -> str | None:
        """Why an event is refused, or None."""
        if self._ids.get(event.id, event) != event:
            return OTHER_CONTENT
        if event.id in self._gone and not isinstance(event, ev.EventVoided):
            return self._siblings(event)  # they stand again once what takes the event back is voided
        if not is_for(event, self.journey.child):
            return None
        return (
            self._ahead(event)
            or self._correction(event)
            or self._out_of_order(event)
            or self._booked_before_entry(event)
            or self._unknown_policy(event)
            or self._other_version(event)
            or self._about_an_obligation(event)
            or self._milestone(event)
            or self._own_role(event)
            or self._gates(event)
            or self._siblings(event)
        )

    @property
    def periods(self) -> list[Facts]:
        """When periods of care began and ended, with what has been taken so far; all else is left out of them.

        They are worked out anew at each entry, ending and voiding of one: with every event of a life in them a batch
        of 400 endings took 1.4 s, where the engine gives up after 2.
        """
        if self._periods is None:
            self._periods = self._periods_of(self._not_gone(self._bounds))
        return self._periods

    def _facts(self, day: date) -> Facts:
        """The period of care that a day falls in, with what has been taken so far."""
        # Home on 2 March 2026, in care again from 1 June: the approval of 16 February is judged by the evidence of the
        # first time, whenever it is recorded.
        periods = self._periods_of(self._known())
        begun = [facts for facts in periods if facts.began_on <= day] if self._amended else []
        return (begun or periods)[-1]

    def _periods_of(self, known: Iterable[Known]) -> list[Facts]:
        return periods_of_care(self.journey.child, known, self.now, to_the_letter=self._letter, amended=self._amended)

    def _known(self) -> list[Known]:
        """What stands of what was known and taken so far."""
        return self._not_gone([*self.journey.known.values(), *(Known(e, self.now) for e in self.taken)])

    def _not_gone(self, known: list[Known]) -> list[Known]:
        return [k for k in known if k.event.id not in self._gone] if self._letter else known

    def _care(self) -> str:
        """Where the child stands before the batch, what it takes back being gone."""
        return self.periods[-1].course.states["care"] if self.periods else BEFORE_ENTRY

    def _correction(self, event: ev.Event) -> str | None:
        """What it corrects is an event of the child that nothing else corrects."""
        if event.corrects is None:
            return None
        wrong = self._fresh_ids.get(event.corrects) or self._ids.get(event.corrects)
        if wrong is None and self._amended >= AMENDED_AGAIN and held_for_another(event, self.journey.child):
            return None  # a meeting recorded for two of three: the one named by its correction alone knows no other
        if wrong is None or wrong.id == event.id or event.child not in children_of(wrong):
            return f"corrects: {event.corrects!r} is no event of the child; accepted: the id of one that is known"
        gone = self._gone if self._letter else ()
        other = next((by for by in self._corrected_by.get(wrong.id, ()) if by not in gone and by != event.id), None)
        if other:
            return f"corrects: {wrong.id} is corrected by {other} already; accepted: {other}"
        if isinstance(wrong, ev.ENTRY_TYPES) and not isinstance(event, ev.ENTRY_TYPES):
            return f"corrects: {wrong.id} is the child's entry, for which no {event.type} stands in; {_an_entry()}"
        return None

    def _ahead(self, event: ev.Event) -> str | None:
        """More than a day ahead of now; offline, of the instant it was recorded."""
        now = event.known_from if self.offline else self.now
        latest = local_date(now + DAY)
        if event.on > latest:
            return f"on: {event.on} is more than a day ahead; accepted: a day up to {latest}"
        if event.recorded_at is not None and event.recorded_at > now + DAY:
            return f"recorded_at: {event.recorded_at.isoformat()} is more than a day ahead; accepted: up to {latest}"
        return None

    def _out_of_order(self, event: ev.Event) -> str | None:
        """Why the state machine of periods of care does not let the event happen on its day, or None."""
        begun = [facts for facts in self.periods if facts.began_on <= event.on]
        standing = self._standing(begun, event.on)
        said = standing.obstacle(event)
        if said is None or (self._letter and self.periods and held_for_another(event, self.journey.child)):
            return None  # a joint meeting from before this child's entry is kept, and belongs to no period
        present = begun[-1].entry if begun and standing.looked_after else None
        entered = present.on if present else standing.later_entry
        return said.format(field="on", day=event.on, began=self._began(), entered=entered)

    def _standing(self, begun: Sequence[Facts], day: date) -> Period:
        """Where the child stood on a day, by the periods begun by then."""
        standing = Period(begun[-1].course.care_on(day) if begun else BEFORE_ENTRY)
        latest = self.periods[-1].entry if self.periods else None
        standing.later_entry = latest.on if latest and not self._over_before(latest.on, day) else None
        standing.born = self.periods[0].born if self.periods else None
        standing.entry_known = bool(self.periods)
        standing.anything_known = bool(self.journey.known) or (self._letter and self._begins)
        return standing

    def _over_before(self, entered: date, day: date) -> bool:
        """Whether care that began on a day was over when a later period began: then its entry finds nobody in care."""
        # In care from 23 July to 24 December 2024, and again from 29 August 2025: that the first began on the 21st can
        # still be said, since it ended before the second began.
        if not self._letter or entered <= day:
            return False
        begun = min((f.began_on for f in self.periods if f.entry and f.began_on > day), default=entered)
        return any(day <= e.on <= begun and e.id not in self._gone for e in self._endings)

    def _began(self) -> date | None:
        return min((facts.began_on for facts in self.periods), default=None)

    def _booked_before_entry(self, event: ev.Event) -> str | None:
        began = self._began()
        if not isinstance(event, ev.ReviewBooked) or began is None or event.booked_for >= began:
            return None
        return REFUSED["may_precede_entry"].format(field="for", day=event.booked_for, began=began)

    def _unknown_policy(self, event: ev.Event) -> str | None:
        if not isinstance(event, ev.BecameLookedAfter | ev.PolicyAdopted) or event.policy is None:
            return None
        if event.policy in self.policies:
            return None
        return f"policy: {event.policy!r} is unknown; accepted: {', '.join(sorted(self.policies))}"

    def _other_version(self, event: ev.Event) -> str | None:
        """Adopted today in a version that the service does not have; what was adopted long ago is history."""
        if not isinstance(event, ev.PolicyAdopted) or event.version is None or self.offline:
            return None
        policy = self.journey.policy
        if event.on < local_date(self.now - DAY) or policy.id != event.policy or policy.version == event.version:
            return None
        return f"version: the service has {policy.version}, not {event.version}; accepted: what the service has"

    def _about_an_obligation(self, event: ev.Event) -> str | None:
        if not isinstance(event, ev.ABOUT_AN_OBLIGATION):
            return None
        policy = self.journey.policy
        obligation = policy.obligation(event.obligation)
        breaches = (
            {n.id for n in policy.notices if n.until_explained} if isinstance(event, ev.LatenessExplained) else set()
        )
        if event.obligation in breaches:
            return None
        if obligation is None:
            known = ", ".join(sorted({o.id for o in policy.obligations} | breaches))
            return f"obligation: {event.obligation!r} is not in policy {policy.id}; accepted: {known}"
        extension = isinstance(event, ev.DeadlineExtended)
        if not (extension or isinstance(event, ev.ObligationWaived)):
            return None
        if obligation.has_statutory_limit and not (extension and obligation.id == FINAL_ORDER):
            return (
                f"obligation: {obligation.id} has a statutory limit, which nobody may loosen; "
                "accepted: lateness_explained with the reason, while the clock runs"
            )
        return self._extension(event) if isinstance(event, ev.DeadlineExtended) else None

    def _extension(self, event: ev.DeadlineExtended) -> str | None:
        """To a day after the earliest present due; of a final order by at most eight weeks at a time."""
        birthday = self.periods[-1].eighteenth_birthday
        if birthday is not None and event.until >= birthday:
            return f"until: {event.until} is not before the 18th birthday; accepted: an earlier day"
        listed = self.journey.with_events(self.taken, self.now, without=self._gone if self._letter else ()).occurrences
        dues = [o.due for o in listed if o.obligation.id == event.obligation and o.open_on(event.on)]
        if not dues:
            return None
        if event.until <= min(dues):
            return f"until: {event.until} is not after the present due date; accepted: after {min(dues)}"
        latest = latest_final_order(min(dues), event.on) if self._amended else min(dues) + FINAL_ORDER_EXTENSION
        if event.obligation == FINAL_ORDER and event.until > latest:
            return f"until: {event.until} is more than 8 weeks on (CA89 s32(8)); accepted: up to {latest}"
        return None

    def _own_role(self, event: ev.Event) -> str | None:
        """A role of an authority's own that the policy does not list."""
        known = self.journey.policy.roles
        unknown = next((role for role in _roles_in(event) if role.own and role not in known), None)
        if unknown is None:
            return None
        own = ", ".join(known) or "none of its own"
        return f"role: {unknown} is no role of policy {self.journey.policy.id}; accepted beside the contract's: {own}"

    def _milestone(self, event: ev.Event) -> str | None:
        """Defined by the policy, with the details that it defines, and before the entry only where it says so."""
        if not isinstance(event, ev.MilestoneReached):
            return None
        began = self._began()
        early = began is not None and event.on < began
        return why_not_a_milestone(event, self.journey.policy, early=early, began=began)

    def _siblings(self, event: ev.Event) -> str | None:
        """More brothers and sisters than one child can ever have been said to have."""
        if not self._amended or not isinstance(event, Naming):
            return None
        return why_too_many_siblings(self._named, event.siblings)

    def _gates(self, event: ev.Event) -> str | None:
        """What the policy requires before such an event may be recorded."""
        for gate in self.journey.policy.gates:
            if gate.event == event.type:
                missing = check[gate.check](partial(self._facts, event.on), event, gate) if self.periods else None
                if missing:
                    return f"{missing} ({gate.clause})"
        return None


def _an_entry() -> str:
    return "accepted: " + " or ".join(name for name, model in ev.EVENT_TYPES.items() if model in ev.ENTRY_TYPES)


def _once_each(events: Iterable[ev.Event]) -> list[ev.Event]:
    """Events in order, the same one once; two of one id that differ stay two."""
    by_id: dict[str, list[ev.Event]] = {}
    once = []
    for event in events:
        same = by_id.setdefault(event.id, [])
        if event not in same:
            same.append(event)
            once.append(event)
    return once


def _roles_in(event: ev.Event) -> Iterator[Role]:
    """Every role that an event names: in a field, a list, or as the key of an object."""
    for value in vars(event).values():
        yield from (one for one in (value if isinstance(value, tuple | dict) else (value,)) if isinstance(one, Role))

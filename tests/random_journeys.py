"""Journeys stranger than life: arbitrary events in odd orders, kept where the domain accepts them.

For tests of properties that must hold for any journey whatever: one batch after another is drawn and put
before the domain's own judge, and what it takes is the journey.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from domain.case.calendar import birthday, england_and_wales, local_date
from domain.case.documents import parse_event
from domain.case.events import ENTRY_TYPES, LONDON, Event
from domain.case.facts import Known
from domain.case.words import Evidence, Plan, Progress, ReasonForCeasing, Role, Series, Views
from domain.journey import Journey
from domain.policy.loading import Policies
from domain.refusals import judge, policy_after

FIRST_YEAR, LAST_YEAR = 2022, 2026
CALENDAR = (2000, 2050)
FEWEST, MOST = 12, 38
STATUSES = ("V2", "V2", "C1", "C1", "C2", "C2", "E1", "V3", "V4", "J1", "L2")
TIMES = (time(9), time(9), time(9, 0, 1), time(8, 59), time(0), time(12), time(16, 45), time(23, 59))
"""Odd hours: the stroke of nine, when actions fall, and round it; the first and last minute of a day."""


Fields = dict[str, Any]
Draw = Callable[["_Weaver", date], Fields]


@dataclass
class _Weaver:
    """A journey under way: what has been taken so far, and the chance that goes on with it."""

    rng: Random
    child: str
    default_policy: str
    journey: Journey
    born: date
    now: datetime
    drawn: int = 0
    taken: list[Event] = field(default_factory=list)

    def begin(self) -> None:
        """The first batch: an entry, or pre-proceedings, or a whole history that becomes known at once."""
        began = local_date(self.now) - timedelta(days=self.rng.choice((0, 0, 0, 1, 3, 40, 150, 400)))
        self.born = min(self.born, began)
        if self.rng.random() < 0.15:
            self.offer([self.make("pre_proceedings_started", began, **_born(self, began))])
            return
        named = {"policy": self.default_policy} if self.rng.random() < 0.7 else {}
        first = self.make("became_looked_after", began, **{**_entry(self, began), **named})
        self.offer([first])
        history: list[Event] = []
        for _ in range(self.rng.choice((0, 0, 2, 6, 12))):
            history += self._draw(history)
        self._offer_anew([first, *history])

    def _offer_anew(self, batch: list[Event]) -> None:
        """Put the first batch before the judge again, now with what else became known at that instant."""
        self.journey = Journey(self.child, _policies().resolve(self.default_policy), self.journey.calendar)
        self.taken.clear()
        self.offer(batch)

    def live(self, batches: int) -> None:
        """Draw batch after batch, each known later than the one before; keep what is accepted."""
        for _ in range(batches):
            self._move_on()
            if local_date(self.now) >= birthday(self.born, 18) or len(self.taken) >= MOST:
                return
            size = self.rng.choice((1, 1, 1, 1, 2, 2, 3, 5))
            batch: list[Event] = []
            for _ in range(size):
                batch += self._draw(batch)
            self.offer(batch)

    def offer(self, batch: Sequence[Event]) -> None:
        """Put a batch before the judge, again without what was refused, until all of it is accepted."""
        refused = True
        while batch and refused:
            named = policy_after(self.journey, batch, self.now, _policies().ids(), offline=True)
            self.journey.policy = _policies().resolve(named or self.default_policy)
            batch, refusals = judge(self.journey, batch, self.now, _policies().ids(), offline=True)
            refused = bool(refusals)
        self.journey.remember([Known(event, self.now) for event in batch], ())
        self.taken += batch

    def make(self, kind: str, on: date, **fields: Any) -> Event:
        """An event known now; without `recorded_at` where noon of its day is now."""
        self.drawn += 1
        raw = {
            "type": kind,
            "id": f"{self.child}-{self.drawn:03d}",
            "child": self.child,
            "on": on.isoformat(),
        }
        if self.taken and self.rng.random() < 0.04:
            raw["corrects"] = self.event_id()
        if self.now != datetime.combine(on, time(12), LONDON) or self.rng.random() < 0.3:
            raw["recorded_at"] = self.now.isoformat()
        return parse_event({**raw, **{name.rstrip("_"): value for name, value in fields.items()}})

    def _move_on(self) -> None:
        """On by minutes, days or months, now and then to a weekend; always later, if only by a second."""
        days = self.rng.choice((0, 0, 1, 2, 5, 9, 14, 28, 35, 61, 92))
        day = local_date(self.now) + timedelta(days=days and self.rng.randint(max(1, days // 2), days))
        then = datetime.combine(day, self.rng.choice(TIMES), LONDON)
        self.now = then if then > self.now else self.now + timedelta(seconds=self.rng.choice((1, 60, 3600)))

    def _draw(self, batch: Sequence[Event]) -> list[Event]:
        """One more event for a batch, or none; now and then a voiding of what the batch itself holds."""
        if batch and self.rng.random() < 0.05:
            event = self.rng.choice(batch)
            return [self.make("event_voided", local_date(self.now), event=event.id, reason="synthetic")]
        kind = self.rng.choice(WEIGHTED)
        on = self._day()
        try:
            return [self.make(kind, on, **DRAWS[kind](self, on))]
        except _NothingToDraw:
            return []

    def _day(self) -> date:
        """The day something happened: today, or some time before it became known; rarely the day after."""
        today = local_date(self.now)
        how = self.rng.random()
        if how < 0.45:
            return today
        if how < 0.48:
            return today + timedelta(days=1)
        if how < 0.6 and self.taken:
            return self.rng.choice(self.taken).on
        return today - timedelta(days=self.rng.choice((1, 2, 3, 5, 8, 14, 30, 90, 200)))

    def obligation(self) -> str:
        """Mostly one that is open; now and then any."""
        journey = self.journey
        open_ones = [o.obligation.id for o in journey.occurrences if o.open] if self.rng.random() < 0.8 else []
        return self.rng.choice(open_ones or [o.id for o in journey.policy.obligations])

    def event_id(self) -> str:
        """An event taken before: mostly any, often the latest, sometimes a voiding."""
        if not self.taken:
            raise _NothingToDraw
        if self.rng.random() < 0.8:
            taken = [e for e in self.taken if not isinstance(e, ENTRY_TYPES)] or self.taken
        else:
            taken = self.taken
        voidings = [e for e in self.taken if e.type == "event_voided"]
        if voidings and self.rng.random() < 0.3:
            return self.rng.choice(voidings).id
        return self.rng.choice(taken[-4:] if self.rng.random() < 0.5 else taken).id


class _NothingToDraw(Exception):
    """There is nothing yet that such an event could be about."""


def _some(weaver: _Weaver, values: Sequence[str]) -> list[str]:
    return weaver.rng.sample(list(values), weaver.rng.randint(1, min(4, len(values))))


def _words(weaver: _Weaver, role_type: Any) -> list[str]:
    return _some(weaver, [word.value for word in role_type])


def _maybe(weaver: _Weaver, share: float, **fields: Any) -> Fields:
    return fields if weaver.rng.random() < share else {}


def _nothing(_: _Weaver, __: date) -> Fields:
    return {}


def _reasons(_: _Weaver, __: date) -> Fields:
    return {"reasons": "synthetic"}


def _entry(weaver: _Weaver, on: date) -> Fields:
    rng = weaver.rng
    return {
        "date_of_birth": min(weaver.born, on).isoformat(),
        "legal_status": rng.choice(STATUSES),
        **_maybe(weaver, 0.3, siblings=[f"{weaver.child}-sibling"]),
        **_maybe(weaver, 0.2, relinquished=True),
        **_maybe(weaver, 0.2, policy=rng.choice(_local_policies())),
        **_maybe(weaver, 0.5, team="North", people={"social_worker": "sw-01@example.org"}),
    }


def _born(weaver: _Weaver, on: date) -> Fields:
    if weaver.rng.random() < 0.2:
        return {"expected_on": max(weaver.born, on).isoformat()}
    return {"date_of_birth": min(weaver.born, on).isoformat()}


def _status(weaver: _Weaver, _: date) -> Fields:
    return {"legal_status": weaver.rng.choice(STATUSES)}


def _plan(weaver: _Weaver) -> Fields:
    plans = [plan.value for plan in Plan] + ["adoption"] * 4 + ["return_home"] * 3
    primary, contingency = weaver.rng.choice(plans), weaver.rng.choice(plans)
    return {"primary_plan": primary, **_maybe(weaver, 0.8, contingency_plan=contingency)}


def _ppm(weaver: _Weaver, _: date) -> Fields:
    plan = _plan(weaver)
    final = _maybe(weaver, 0.3, plan_final=True)
    return {
        **plan,
        **final,
        **_maybe(weaver, 0.5, attended=_words(weaver, Role)),
        **_maybe(weaver, 0.4, views=_words(weaver, Views)),
        **_maybe(weaver, 0.4, adoption_advice_issued=True),
        **_maybe(weaver, 0.2, plans={weaver.child: {**_plan(weaver), **final}}),
    }


def _changed_plan(weaver: _Weaver, _: date) -> Fields:
    return {**_plan(weaver), "reasons": "synthetic"}


def _review(weaver: _Weaver, on: date) -> Fields:
    """The ratification is drawn for those of 14 and over only: for others it is refused."""
    old_enough = on >= birthday(weaver.born, 14)
    return {
        **_maybe(weaver, 0.4, plan_agreed=True),
        **_maybe(weaver, 0.3, reunification_prospect=weaver.rng.random() < 0.5),
        **_maybe(weaver, 0.2 if old_enough else 0.0, long_term_placement_ratified=True),
        **_maybe(weaver, 0.25, series=_words(weaver, Series)),
    }


def _booking(weaver: _Weaver, on: date) -> Fields:
    return {"for_": (on + timedelta(days=weaver.rng.randint(-3, 100))).isoformat()}


def _to(weaver: _Weaver, _: date) -> Fields:
    likely = ["iro", "team_manager", "adoption_service", "social_worker"]
    return {"to": likely if weaver.rng.random() < 0.4 else _some(weaver, likely)}


def _refer(weaver: _Weaver, _: date) -> Fields:
    return {"to": weaver.rng.choice(("head_of_children_looked_after", "head_of_family_safeguarding", "iro"))}


def _extension(weaver: _Weaver, on: date) -> Fields:
    about = {"obligation": weaver.obligation(), "reason": "synthetic", "authorised_by": "synthetic"}
    return {**about, "until": (on + timedelta(days=weaver.rng.randint(1, 120))).isoformat()}


def _waiver(weaver: _Weaver, _: date) -> Fields:
    return {"obligation": weaver.obligation(), "reason": "synthetic", "authorised_by": "synthetic"}


def _acknowledgement(weaver: _Weaver, on: date) -> Fields:
    until = (on + timedelta(days=weaver.rng.randint(0, 50))).isoformat()
    return {"obligation": weaver.obligation(), **_maybe(weaver, 0.5, until=until)}


def _explanation(weaver: _Weaver, _: date) -> Fields:
    return {"obligation": weaver.obligation(), "reason": "synthetic"}


def _voiding(weaver: _Weaver, _: date) -> Fields:
    return {"event": weaver.event_id(), "reason": "synthetic"}


def _one_of(**words: Any) -> Draw:
    """Draw one word for each field."""

    def draw(weaver: _Weaver, _: date) -> Fields:
        return {name: weaver.rng.choice([word.value for word in values]) for name, values in words.items()}

    return draw


def _adopt(weaver: _Weaver, _: date) -> Fields:
    return {"policy": weaver.rng.choice(_local_policies())}


def _siblings(weaver: _Weaver, _: date) -> Fields:
    return {"siblings": [f"{weaver.child}-sibling"] if weaver.rng.random() < 0.7 else []}


def _milestone(weaver: _Weaver, _: date) -> Fields:
    defined = [one.id for one in weaver.journey.policy.milestones]
    if not defined:
        raise _NothingToDraw
    return {"milestone": weaver.rng.choice(defined)}


def _approval(weaver: _Weaver, _: date) -> Fields:
    return {"by_role": weaver.rng.choice(("team_manager", "assistant_director", "iro"))}


def _together(weaver: _Weaver, _: date) -> Fields:
    return {"together": weaver.rng.random() < 0.5, "reasons": "synthetic"}


def _progress(weaver: _Weaver, _: date) -> Fields:
    return {"progress": weaver.rng.choice([word.value for word in Progress])}


KINDS: dict[str, tuple[int, Draw]] = {
    "became_looked_after": (4, _entry),
    "pre_proceedings_started": (1, _born),
    "ceased_to_be_looked_after": (2, _one_of(reason=ReasonForCeasing)),
    "legal_status_changed": (6, _status),
    "care_proceedings_issued": (3, _nothing),
    "care_proceedings_concluded": (2, _nothing),
    "placement_order_made": (5, _nothing),
    "placement_order_revoked": (3, _nothing),
    "placement_consent_given": (2, _nothing),
    "adoption_order_made": (1, _nothing),
    "special_guardianship_order_made": (1, _nothing),
    "child_arrangements_order_made": (1, _nothing),
    "ppm_booked": (2, _booking),
    "ppm_held": (10, _ppm),
    "specialist_discussion_held": (1, _nothing),
    "ppm_decisions_sent": (4, _to),
    "ppm_decisions_uploaded": (3, _nothing),
    "ppm_minutes_available": (1, _nothing),
    "ppm_minutes_sent": (3, _to),
    "adoption_advice_circulated": (3, _to),
    "plan_changed": (4, _changed_plan),
    "plan_implemented": (1, _nothing),
    "plan_tracked": (6, _progress),
    "plan_overseen": (4, _nothing),
    "drift_identified": (3, _reasons),
    "drift_plan_agreed": (2, _nothing),
    "review_booked": (8, _booking),
    "review_held": (15, _review),
    "care_plan_updated": (2, _nothing),
    "adm_decision_booked": (1, _booking),
    "adm_decision_reversed": (1, _nothing),
    "adm_decision_made": (2, lambda weaver, _: {"should_be_placed": weaver.rng.random() < 0.8}),
    "family_finding_started": (2, _nothing),
    "matched": (1, _nothing),
    "placed_for_adoption": (5, _nothing),
    "adoption_placement_ended": (3, _nothing),
    "adoption_unlikely": (3, _reasons),
    "care_plan_referred": (2, _refer),
    "return_home_evidence": (3, _one_of(kind_=Evidence)),
    "return_home_approved": (1, _approval),
    "returned_home": (1, _nothing),
    "sibling_assessment_completed": (3, _nothing),
    "sibling_placed_for_adoption": (2, lambda weaver, _: {"sibling": f"{weaver.child}-sibling"}),
    "siblings_decision_recorded": (2, _together),
    "needs_assessment_completed": (2, _nothing),
    "pathway_plan_completed": (2, _nothing),
    "person_assigned": (1, lambda _, __: {"role": "iro", "contact": "iro-02@example.org"}),
    "deadline_extended": (6, _extension),
    "obligation_waived": (5, _waiver),
    "escalation_acknowledged": (6, _acknowledgement),
    "lateness_explained": (1, _explanation),
    "event_voided": (9, _voiding),
    "policy_adopted": (2, _adopt),
    "siblings_changed": (1, _siblings),
    "relinquishment_changed": (1, lambda weaver, _: {"relinquished": weaver.rng.random() < 0.5}),
    "dispute_opened": (1, _reasons),
    "dispute_stage_reached": (1, _one_of(to=Role)),
    "dispute_resolved": (1, _nothing),
    "cafcass_referred": (1, _reasons),
    "milestone": (2, _milestone),
}
"""Every event type, how often it is drawn, and its fields."""

WEIGHTED = [kind for kind, (weight, _) in KINDS.items() for _ in range(weight)]
DRAWS = {kind: draw for kind, (_, draw) in KINDS.items()}


@cache
def _policies() -> Policies:
    return Policies.load()


@cache
def _local_policies() -> list[str]:
    return [policy for policy in _policies().ids() if policy != "england-statutory"]


_calendar = lru_cache(maxsize=1)(lambda: england_and_wales(*CALENDAR))


def random_journey(rng: Random, child: str, policy: str) -> list[Event]:
    """An arbitrary journey of about 10 to 40 events over up to some three years, every one accepted.

    `policy` is the one it runs under where its events name none (most name theirs at entry). The events
    come in the order in which they become known; those of one instant are one batch.
    """
    began = date(rng.randint(FIRST_YEAR, LAST_YEAR), 1, 1) + timedelta(days=rng.randint(0, 364))
    age = rng.choice((0, 30, 700, 2500, 4900, 5300, 5600, 6200, 6500))
    now = datetime.combine(began, rng.choice(TIMES), LONDON)
    journey = Journey(child, _policies().resolve(policy), _calendar())
    weaver = _Weaver(rng, child, policy, journey, began - timedelta(days=age), now)
    weaver.begin()
    weaver.live(rng.randint(FEWEST, MOST))
    return weaver.taken


@st.composite
def journeys(draw: st.DrawFn, child: str = "CLA-1") -> tuple[str, list[Event]]:
    """A policy and an arbitrary accepted journey under it. Shrinks to fewer and simpler events."""
    policy = draw(st.sampled_from(_local_policies()))
    return policy, random_journey(draw(st.randoms(use_true_random=False)), child, policy)

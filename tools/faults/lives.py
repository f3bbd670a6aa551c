"""Children of the street, told as dated events: what is known when each begins, and what is recorded later.

Their dates are of their own January 2026: each child's clock is moved, so that the instant at which something is to be
told comes within the run, and to each at another moment. Children who come by HTTP live today.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any, Literal

from domain.case.calendar import WorkingCalendar, england_and_wales
from domain.case.documents import parse_event
from domain.case.events import LONDON
from domain.journey import Journey
from domain.policy.loading import Policies
from domain.waking import next_change

Document = dict[str, Any]
Documents = list[Document]
Way = Literal["http", "update", "signal"]
BORN = "2018-05-05"
DAYS_LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class Later:
    """A batch that is recorded while the journey runs, and the ways by which it may be sent."""

    ways: Sequence[Way]
    events: Documents


@dataclass(slots=True)
class ScriptedLife:
    """One child, or brothers and sisters: what starts each journey, and what comes later.

    `policy` decides when something is to be told; None for children who live today and start by HTTP.
    """

    kind: str
    past: dict[str, Documents]
    policy: str | None
    later: list[Later] = field(default_factory=list)

    def moment(self) -> datetime | None:
        """The instant at which the first child is to be told something, if nothing more is recorded."""
        if self.policy is None:
            return None
        child, events = next(iter(self.past.items()))
        return first_action(child, events, self.policy)


@cache
def policies() -> Policies:
    """The project's own policies."""
    return Policies.load()


@cache
def calendar() -> WorkingCalendar:
    """Of all the years that the street's children live in."""
    return england_and_wales(2005, 2046)


def first_action(child: str, events: Documents, policy: str) -> datetime:
    """The first 09:00 after a history at which something is to be told."""
    parsed = [parse_event(event) for event in events]
    last = max(event.on for event in parsed)
    for days in range(1, DAYS_LOOKED_AT):
        nine = datetime.combine(last + timedelta(days=days), time(9), LONDON).astimezone(UTC)
        journey = Journey(child, policies().resolve(policy), calendar())
        journey.step(nine - timedelta(minutes=1), parsed)
        change = next_change(journey, nine - timedelta(minutes=1))
        if change and change[0] == nine and journey.step(nine).actions:
            return nine
    raise AssertionError(f"nothing is to be told to {child} within {DAYS_LOOKED_AT} days")


class Pen:
    """Writes a child's events, each with an id of its own."""

    def __init__(self, child: str) -> None:
        self.child = child
        self.written = 0

    def __call__(self, kind: str, on: date | str, **fields: Any) -> Document:
        self.written += 1
        own = {"type": kind, "id": f"{self.child}-{self.written}", "child": self.child, "on": str(on)}
        return {**own, **fields}

    def entry(self, on: date | str, policy: str | None, **fields: Any) -> Document:
        """The child comes into care; somebody's address is known, so that not all goes to the fallback."""
        people = {"social_worker": f"worker-{self.child.lower()}@example.org"}
        named = {"policy": policy} if policy else {}
        return self("became_looked_after", on, date_of_birth=BORN, legal_status="C2", people=people, **named, **fields)


ANY: Sequence[Way] = ("http", "update", "signal")
ASKED: Sequence[Way] = ("http", "update")


def fostered(child: str, rng: Random) -> ScriptedLife:
    """A plan that drifts; an event voided again, one recorded late, and now and then the end of care."""
    pen = Pen(child)
    past = [
        pen.entry("2025-12-29", "ppm-procedure"),
        pen("ppm_held", "2026-01-08", primary_plan="adoption", contingency_plan="kinship_care"),
        pen("drift_identified", "2026-01-12", reasons="as recorded"),
        pen("care_proceedings_issued", "2026-01-12"),
    ]
    wrong = pen("care_plan_updated", "2026-01-13")
    later = [
        Later(ANY, [pen("person_assigned", "2026-01-13", role="iro", contact="iro-02@example.org")]),
        Later(ANY, [wrong, pen("ppm_minutes_available", "2026-01-13")]),
        Later(ASKED, [pen("event_voided", "2026-01-13", event=wrong["id"], reason="recorded in error")]),
        Later(ANY, [pen("plan_tracked", "2026-01-09", progress="on_track")]),
    ]
    if rng.random() < 0.4:
        later.append(Later(("http",), [pen("ceased_to_be_looked_after", "2026-01-14", reason="E8")]))
    return ScriptedLife("fostered", {child: past}, "ppm-procedure", later)


def statutory(child: str, rng: Random) -> ScriptedLife:
    """Under the law alone: a booking, a review, an entry that was wrong and is put right, rubbish among the signals."""
    pen = Pen(child)
    entry = pen.entry("2025-12-29", "england-statutory")
    right = {**entry, "id": f"{child}-right", "on": "2025-12-30", "corrects": entry["id"]}
    later = [
        Later(ANY, [pen("review_booked", "2026-01-05", **{"for": "2026-01-16"})]),
        Later(ASKED, [right]),
        Later(("signal",), [{"type": "review_held", "id": f"{child}-bad", "child": child, "on": "one day"}]),
        Later(ANY, [pen("review_held", "2026-01-05")]),
        Later(ANY, [pen("legal_status_changed", "2026-01-06", legal_status="V2")]),
    ]
    rng.shuffle(later)
    return ScriptedLife("statutory", {child: [entry]}, "england-statutory", later)


def returning(child: str, rng: Random) -> ScriptedLife:
    """Leaves care, is written of once more, and comes back: a journey that ends and one that begins."""
    pen = Pen(child)
    past = [pen.entry("2025-12-22", "quick-guide"), pen("review_held", "2026-01-09")]
    later = [
        Later(("http",), [pen("ceased_to_be_looked_after", "2026-01-10", reason="E8")]),
        Later(("http",), [pen("care_plan_updated", "2026-01-09")]),
        Later(("http",), [pen.entry("2026-01-11", rng.choice(("ppm-procedure", "quick-guide")))]),
        Later(("http",), [pen("legal_status_changed", "2026-01-12", legal_status="C1")]),
    ]
    return ScriptedLife("returning", {child: past}, "quick-guide", later)


def family(child: str, rng: Random) -> ScriptedLife:
    """Two or three together: one meeting for all, voided again; one is placed for adoption, and the others are told."""
    names = [f"{child}-{letter}" for letter in "abc"[: rng.choice((2, 3))]]
    pens = [Pen(name) for name in names]
    past = {
        pen.child: [
            pen.entry("2025-12-29", "ppm-procedure", siblings=[name for name in names if name != pen.child]),
            pen("ppm_held", "2026-01-08", primary_plan="adoption", contingency_plan="kinship_care"),
            pen("drift_identified", "2026-01-12", reasons="as recorded"),
        ]
        for pen in pens
    }
    first = pens[0]
    plan = {"primary_plan": "adoption", "contingency_plan": "long_term_fostering"}
    meeting = first("ppm_held", "2026-01-12", **plan, plans=dict.fromkeys(names[1:], plan))
    placed = first("placed_for_adoption", "2026-01-13")
    later = [
        Later(("http",), [meeting]),
        Later(ANY, [first("placement_order_made", "2026-01-12")]),
        Later(ASKED, [placed]),
        Later(("http",), [first("event_voided", "2026-01-13", event=meeting["id"], reason="no quorum")]),
        Later(ASKED, [first("event_voided", "2026-01-13", event=placed["id"], reason="recorded in error")]),
        Later(ANY, [pens[1]("plan_changed", "2026-01-13", primary_plan="kinship_care", reasons="as agreed")]),
    ]
    return ScriptedLife("family", past, "ppm-procedure", later)


def today(child: str, rng: Random) -> ScriptedLife:
    """Comes by HTTP and lives today, brother or sister beside it: what is overdue already is told at once."""
    other = f"{child}-b"
    pen, second = Pen(child), Pen(other)
    day = datetime.now(LONDON).date()
    entered = day - timedelta(days=rng.randint(3, 7))
    policy = rng.choice(("ppm-procedure", "quick-guide", "england-statutory"))
    plan = {"primary_plan": "long_term_fostering", "contingency_plan": "kinship_care"}
    later = [
        Later(("http",), [pen.entry(entered, policy, siblings=[other])]),
        Later(("http",), [second("review_booked", day, **{"for": str(day + timedelta(days=9))})]),  # nobody's yet
        Later(("http",), [second.entry(entered, policy, siblings=[child])]),
        Later(("http",), [pen("ppm_held", entered + timedelta(days=2), **plan, plans={other: plan})]),
        Later(ASKED, [pen("plan_changed", day, primary_plan="adoption", reasons="as agreed")]),
        Later(ANY, [pen("review_held", day - timedelta(days=1))]),
        Later(("http",), [pen("review_held", "2001-01-01")]),  # refused: before the entry
    ]
    return ScriptedLife("today", {child: [], other: []}, None, later)


KINDS: tuple[Callable[[str, Random], ScriptedLife], ...] = (fostered, statutory, today, family, fostered, returning)
"""In turn, so that every run has all of them."""

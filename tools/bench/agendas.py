"""How fast the rules alone are: full agendas on one core, with no engine at all."""

import time
from collections.abc import Sequence
from datetime import datetime

from domain.agenda import agenda
from domain.case import events as ev
from domain.case.calendar import end_of
from domain.journey import Journey
from domain.policy.loading import Policies
from domain.study.simulation import batches, calendar_for
from synthetic.caseload import caseload, concerning
from tools.bench.children import ten_years, today, two_year_adoption
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.scale import Scale

POLICY = "ppm-procedure"
ENOUGH = Aim("at least", 2_000)
JourneyAt = tuple[Journey, datetime]


async def agendas_a_second(scale: Scale, tell: Tell) -> list[Figure]:
    """A journey in its middle, a caseload, and a journey of ten years."""
    policies = Policies.load()
    adoption = two_year_adoption()
    middle = _standing(policies, adoption[:16], adoption[16].known_from, adoption[0].child, POLICY)
    decade = ten_years("DECADE-00")
    last = _standing(policies, decade, end_of(decade[-1].on), decade[0].child, POLICY)
    tell(f"making {scale.caseload} synthetic children")
    now = end_of(today())
    children = caseload(scale.caseload, seed=1, today=today())
    all_of_them = [
        _standing(policies, concerning(children, child.ref), now, child.ref, child.policy) for child in children
    ]
    events = sum(len(journey.known) for journey, _ in all_of_them) / len(all_of_them)
    moments = []
    for name, standing, about, aim in (
        ("full agendas of a journey in its middle", [middle], f"{len(middle[0].known)} events", ENOUGH),
        ("full agendas over a caseload", all_of_them, f"{len(children)} children, {events:.0f} events each", ENOUGH),
        ("full agendas of a ten-year journey", [last], f"{len(decade)} events", None),
    ):
        tell(name)
        rates = [_a_second(standing, scale.seconds_of_agendas / scale.rounds) for _ in range(scale.rounds)]
        moments.append(Figure(name, "a second", rates, aim=aim, about=f"{about}; one core"))
    return moments


def _standing(policies: Policies, events: Sequence[ev.Event], now: datetime, child: str, policy: str) -> JourneyAt:
    """A journey lived through up to an instant: each batch, and each timer between them."""
    born = next(event.birth for event in events if isinstance(event, ev.ENTRY_TYPES))
    journey = Journey(child, policies.resolve(policy), calendar_for(born, born))
    seen = events[0].known_from
    for instant, batch in [*batches(events), (now, [])]:
        while (change := journey.next_change(seen)) is not None and change[0] < instant:
            seen = change[0]
            journey.step(seen)
        seen = instant
        journey.step(instant, batch)
    return journey, now


def _a_second(standing: Sequence[JourneyAt], seconds: float) -> float:
    """By the processor's time, so that other programs on the machine matter less."""
    count, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for journey, now in standing:
            journey.look(now)
            agenda(journey, now)
        count += len(standing)
    return count / spent

"""How fast the rules alone are, with no engine at all: full agendas on one core, and the calls of a piece of work."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from activities.models import NamedKeys
from domain.agenda import AgendaRow, agenda
from domain.case import events as ev
from domain.case.calendar import end_of
from domain.journey import Journey
from domain.policy.loading import Policies
from domain.study.simulation import batches, calendar_for
from domain.waking import next_change
from synthetic.caseload import caseload, concerning
from tools.bench.calls import calls_of
from tools.bench.children import ten_years, today, two_year_adoption
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.scale import Scale
from workflows import trial
from workflows.search_attributes import AnyKey
from workflows.view import Shown

POLICY = "ppm-procedure"
ENOUGH = Aim("at least", 2_000)
FEW_CALLS = Aim("under", 600)
JourneyAt = tuple[Journey, datetime]
Values = Mapping[AnyKey, Any]


async def agendas_a_second(scale: Scale, tell: Tell) -> list[Figure]:
    """A journey in its middle, a caseload, and a journey of ten years."""
    policies = Policies.load()
    middle = in_its_middle(policies)
    decade = ten_years("DECADE-00")
    last = standing_at(policies, decade, end_of(decade[-1].on), decade[0].child, POLICY)
    tell(f"making {scale.caseload} synthetic children")
    now = end_of(today())
    children = caseload(scale.caseload, seed=1, today=today())
    all_of_them = [
        standing_at(policies, concerning(children, child.ref), now, child.ref, child.policy) for child in children
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
    return moments + [
        Figure(f"calls of {name}", "calls", [float(number)], aim=aim) for name, number, aim in _counts(middle)
    ]


def _counts(middle: JourneyAt) -> list[tuple[str, int, Aim | None]]:
    return [
        ("a full agenda of a journey in its middle", calls_of(lambda: full_agenda(*middle)), FEW_CALLS),
        ("a whole step of it, that takes an event", calls_of(lambda: whole_step(*middle)), None),
        ("a wake of it, by its timer", calls_of(lambda: wake(*middle)), None),
    ]


def in_its_middle(policies: Policies) -> JourneyAt:
    """The two-year adoption on the day of its seventeenth event, that event not taken."""
    adoption = two_year_adoption()
    return standing_at(policies, adoption[:16], adoption[16].known_from, adoption[0].child, POLICY)


@cache
def _seventeenth() -> ev.Event:
    return two_year_adoption()[16]


def full_agenda(journey: Journey, now: datetime) -> list[AgendaRow]:
    """All worked out anew from the events: facts, occurrences, agenda."""
    journey.look(now)
    return agenda(journey, now)


def whole_step(journey: Journey, now: datetime) -> Values:
    """What a workflow does with the next event: it is judged and tried, and the journey shown that has taken it."""
    judged = trial.judged(journey, [_seventeenth()], now, ())
    tried = trial.tried(journey, judged.accepted, now, 0, ()).tried
    assert tried is not None
    shown = tried.shown
    assert shown is not None
    next_change(tried.ahead, now)
    return shown.with_news(0, (), NamedKeys()).search_attributes()


def wake(journey: Journey, now: datetime) -> Values:
    """What a workflow does when its timer fires, on a copy, since this journey is measured again."""
    change = next_change(journey, now)
    assert change is not None
    copy = journey.copy()
    copy.step(change[0])
    return _shown(copy, change[0])


def _shown(journey: Journey, now: datetime) -> Values:
    next_change(journey, now)
    return Shown(journey, now, 0).search_attributes()


def standing_at(policies: Policies, events: Sequence[ev.Event], now: datetime, child: str, policy: str) -> JourneyAt:
    """A journey lived through up to an instant: each batch, and each timer between them."""
    born = next(event.birth for event in events if isinstance(event, ev.ENTRY_TYPES))
    journey = Journey(child, policies.resolve(policy), calendar_for(born, born))
    seen = events[0].known_from
    for instant, batch in [*batches(events), (now, [])]:
        while (change := next_change(journey, seen)) is not None and change[0] < instant:
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
            full_agenda(journey, now)
        count += len(standing)
    return count / spent

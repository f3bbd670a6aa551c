"""How often journeys wake by time alone: the synthetic caseload lived on by the rules, with nothing more recorded."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.case.documents import parse_event
from domain.case.events import LONDON
from domain.policy.loading import Policies
from domain.waking import next_change
from tools.bench.agendas import standing_at
from tools.bench.loading import patterns
from tools.scale.points import Point

DAYS: Final = 56
"""(ours: two periods of four weeks, in which most obligations come round)"""
POLICY: Final = "england-statutory"


def wakes() -> Point:
    """Wakes a day, and of the busiest 09:00, for each thousand children."""
    known, now, by_day, nines = patterns(), datetime.now(UTC), Counter[int](), Counter[str]()
    policies = Policies.load()
    for child, text in known:
        events = [parse_event(raw) for raw in json.loads(text)]
        journey, seen = standing_at(policies, events, now, child, POLICY)
        while (change := next_change(journey, seen)) is not None and change[0] < now + timedelta(days=DAYS):
            seen = change[0]
            journey.step(seen)
            by_day[(seen - now).days] += 1
            if seen.astimezone(LONDON).hour == 9:
                nines[f"{seen.astimezone(LONDON):%Y-%m-%d}"] += 1
    thousand = 1000 / len(known)
    counts = {
        "wakes a day of 1,000": sum(by_day.values()) / DAYS * thousand,
        "wakes of the busiest day of 1,000": max(by_day.values()) * thousand,
        "wakes of the busiest 09:00 of 1,000": max(nines.values()) * thousand,
    }
    return Point(what="wakes", size=len(known), counts=counts)

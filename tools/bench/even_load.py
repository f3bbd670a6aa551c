"""A thousand reminders of one 09:00: spread over a window by each child's share, and all at once."""

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from domain.clocks.even_load import share_of
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import BenchFailed, Ground, Ours, at_once, ground
from tools.bench.scale import Scale
from workflows.child_journey import ChildJourney
from workflows.protocol import TASK_QUEUE, JourneyOptions, workflow_id

ENTERED = "2026-01-05"
NINE = datetime(2026, 1, 26, 9, tzinfo=UTC)
"""Five working days before the first review of a child who entered then is due: the one thing due at that 09:00."""
TRIED = 40
"""Journeys started first, to see how long the others will take: all must sleep before their 09:00."""
FEW = 2
"""Journeys started at a time: a timer runs from the end of the workflow task that sets it, but is reckoned from the
task's start, so it is late by as long as that task took. In life timers are set over days, not in one burst of starts.
"""
LOOK_EVERY = 0.02
PATIENCE = 300.0


async def even_load(scale: Scale, tell: Tell) -> list[Figure]:
    """Lateness against the plan, from the row that delivery drains; both ways on one server, in one run."""
    late: dict[str, list[float]] = {}
    async with ground() as here, here.worker(Ours()):
        for name, window in (("at once", timedelta()), ("spread", scale.window)):
            tell(f"{scale.due_at_nine} reminders of one 09:00, {name}")
            late[name] = await _nine_oclock(here, f"NINE-{name[:2].upper()}", scale.due_at_nine, window)
    minutes = scale.window.total_seconds() / 60
    parts = {f"seconds late against the plan, {name}": summary(seconds) for name, seconds in late.items()}
    return [
        Figure(
            f"{scale.due_at_nine} reminders of one 09:00, 95th percentile late",
            "seconds",
            [summary(late["spread"])["95th percentile"]],
            [summary(late["at once"])["95th percentile"]],
            Aim("under", 1.0),
            about=f"spread over {minutes:.2g} minutes (the service: 9.5); under bare: the same journeys, not spread",
            parts=parts,
        )
    ]


def summary(late: list[float]) -> dict[str, float]:
    cuts = quantiles(late, n=20)
    return {"median": cuts[9], "95th percentile": cuts[18], "worst": max(late)}


@dataclass(frozen=True, slots=True)
class NinePlan:
    """When each child's reminder is to go, in real time."""

    nine: datetime
    window: timedelta

    def lateness(self, child: str, seen: float) -> float:
        return seen - (self.nine + share_of(child, self.window)).timestamp()


async def _nine_oclock(here: Ground, prefix: str, count: int, window: timedelta) -> list[float]:
    """Seconds late of each reminder: from its planned real instant until it stands in the outbox."""
    each = await seconds_of_a_start(here, f"TRY-{prefix}")
    plan = NinePlan(datetime.now(UTC) + timedelta(seconds=10 + 1.5 * count * each), window)
    options = JourneyOptions(policy="england-statutory", clock_offset=NINE - plan.nine, spread=window)
    children = [f"{prefix}-{number:05}" for number in range(count)]
    await start_few(here, children, options)
    if datetime.now(UTC) >= plan.nine:
        raise BenchFailed("the journeys were not all started before their 09:00: the machine is too busy")
    seen = await asyncio.to_thread(watched, here.folder / "ours" / "case-record.db", set(children), plan)
    return [plan.lateness(child, at) for child, at in seen.items()]


async def seconds_of_a_start(here: Ground, prefix: str) -> float:
    began = time.monotonic()
    a_day_before = JourneyOptions(clock_offset=NINE - timedelta(days=1) - datetime.now(UTC))
    await start_few(here, [f"{prefix}-{number}" for number in range(TRIED)], a_day_before)
    return (time.monotonic() - began) / TRIED


async def start_few(here: Ground, children: list[str], options: JourneyOptions) -> None:
    """Start journeys, a few at a time, and wait until each has its timer."""
    before = here.timers()
    for started in range(0, len(children), FEW):
        few = children[started : started + FEW]
        await at_once([partial(_start, here, child, options) for child in few])
        await here.armed(before + started + len(few))


async def _start(here: Ground, child: str, options: JourneyOptions) -> None:
    await here.client.start_workflow(
        ChildJourney.run, args=[[an_entry(child)], options], id=workflow_id(child), task_queue=TASK_QUEUE
    )


def an_entry(child: str) -> dict[str, Any]:
    """How a child enters whose first review is to be reminded of at `NINE`."""
    return {
        "type": "became_looked_after",
        "id": f"{child}-in",
        "child": child,
        "on": ENTERED,
        "date_of_birth": "2018-05-05",
        "legal_status": "C2",
    }


def watched(database: Path, waited_for: set[str], plan: NinePlan) -> dict[str, float]:
    """The real instant at which each child's reminder was first seen in the outbox, looking every 20 ms."""
    seen: dict[str, float] = {}
    number = 0
    give_up = (plan.nine + plan.window).timestamp() + PATIENCE
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as file:
        while len(seen) < len(waited_for):
            rows = file.execute(
                "SELECT number, child FROM outbox WHERE number > ? ORDER BY number", [number]
            ).fetchall()
            now = time.time()
            number = rows[-1][0] if rows else number
            for _, child in rows:
                if child in waited_for:
                    seen.setdefault(child, now)
            if now > give_up:
                raise BenchFailed(
                    f"{len(waited_for) - len(seen)} reminders were not out {PATIENCE:.0f} s after the window"
                )
            time.sleep(LOOK_EVERY)
    return seen

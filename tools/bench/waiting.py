"""What waits for a load: events sent from the desk, and timers that are due, while a caseload's histories come in."""

import asyncio
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Final

from journeys.loading import load_histories
from journeys.sending import Load
from record.store import CaseRecord
from tools.bench.children import AFTER_ENTRY, ENTERED_DAYS_AGO, following, new_children
from tools.bench.even_load import NINE, NinePlan, seconds_of_a_start, start_few, summary, watched
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import SIDES, BenchFailed, Ground, ground
from tools.bench.loading import Histories, histories_named, patterns, whole
from tools.bench.scale import Scale
from workflows.protocol import JourneyOptions

DESK: Final = 40
"""Journeys to which the desk sends events, one after the other."""
EVERY: Final = 0.5
"""Seconds from one event of the desk to the next (ours: as fifty people send who are at it)."""
TIMERS: Final = 40
"""Journeys with a timer that falls within the load."""
AFTER: Final = timedelta(seconds=5)
WINDOW: Final = timedelta(seconds=20)
"""Timers fall due from so long after the beginning of the load, over so long."""
LIMIT: Final = Aim("under", 5.0)
"""Seconds (ours: two cores do all of it, the load's own work too, and whoever pressed a key is still there)."""
ours = SIDES[1]


async def waiting(scale: Scale, tell: Tell) -> list[Figure]:
    """Seconds until an event of the desk is answered, and by which timers are late, while a load runs."""
    async with ground() as here, here.worker(ours):
        tell("journeys for the desk")
        desk = [child for child, _ in new_children("DESK", DESK)]
        await here.start_all(ours, new_children("DESK", DESK, ENTERED_DAYS_AGO))
        alone = [await _send(here, child, 0) for child in desk]
        histories = histories_named(patterns(), "LOAD", scale.waited)
        tell(f"timers, and events of the desk, while {len(histories)} children are loaded")
        plan = await _timers(here)
        took, late, seconds = await _beside_a_load(here, desk, histories, plan)
    parts = {"seconds until an answer": summary(took), "seconds by which timers are late": summary(late)}
    about = (
        f"{len(took)} events of the desk and {len(late)} timers while {len(histories)} children were loaded in "
        f"{seconds:.0f} s; without a load the median answer took {summary(alone)['median']:.2f} s"
    )
    return [
        Figure("an event of the desk, beside a load, worst", "s to an answer", [max(took)], [], LIMIT, about),
        Figure("a timer, beside a load, worst", "s late", [max(late)], [], LIMIT, parts=parts),
    ]


async def _timers(here: Ground) -> NinePlan:
    """Arm journeys whose one reminder falls due beside the load."""
    each = await seconds_of_a_start(here, "TRY")
    nine = datetime.now(UTC) + timedelta(seconds=10 + 2 * TIMERS * each)
    children = _with_timers()
    options = JourneyOptions(policy="england-statutory", clock_offset=NINE - nine, spread=WINDOW)
    await start_few(here, children, options)
    if datetime.now(UTC) + AFTER >= nine:
        raise BenchFailed("the timers were not all set before the load: the machine is too busy")
    return NinePlan(nine, WINDOW)


def _with_timers() -> list[str]:
    return [f"TIMER-{number:03}" for number in range(TIMERS)]


async def _beside_a_load(
    here: Ground, desk: list[str], histories: Histories, plan: NinePlan
) -> tuple[list[float], list[float], float]:
    """How long each answer took, how late each timer was, and the load's own seconds."""
    file = here.folder / ours.name / "case-record.db"
    with closing(CaseRecord.open(f"sqlite:///{file}")) as record:
        await asyncio.sleep((plan.nine - AFTER - datetime.now(UTC)).total_seconds())
        began = time.monotonic()
        load = asyncio.create_task(
            load_histories(here.client, record, histories, Load("bench"), whole, lambda done, total: None)
        )
        seen = asyncio.create_task(asyncio.to_thread(watched, file, set(_with_timers()), plan))
        sent: list[asyncio.Task[float]] = []
        turns = [(child, number) for number in range(1, len(AFTER_ENTRY)) for child in desk]
        for child, number in turns:
            sent.append(asyncio.create_task(_send(here, child, number)))
            await asyncio.wait({load}, timeout=EVERY)
            if load.done():
                break
        loaded = await load
        seconds = time.monotonic() - began
        if loaded.started != len(histories):
            raise BenchFailed(f"{loaded} after {seconds:.0f} s")
        late = [plan.lateness(child, at) for child, at in (await seen).items()]
        return list(await asyncio.gather(*sent)), late, seconds


async def _send(here: Ground, child: str, number: int) -> float:
    began = time.monotonic()
    await ours.update(here.client, child, following(child, number))
    return time.monotonic() - began

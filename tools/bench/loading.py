"""Backlog day: how fast many children's histories are loaded, beside bare starts on the same server."""

import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median

from domain.case import events as ev
from domain.case.documents import document_of, parse_event
from journeys.loading import load_histories
from journeys.sending import Load
from record.store import CaseRecord
from synthetic.caseload import caseload, concerning
from tools.bench.children import new_children, today
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import SIDES, BenchFailed, Ground, Side, ground
from tools.bench.scale import Scale
from tools.bench.throughput import Laps

DIFFERENT = 40
"""Children made up; more are the same by other names, since making one up takes longer than loading it."""

Histories = dict[str, list[ev.Event]]


async def loading(scale: Scale, tell: Tell) -> list[Figure]:
    """Histories of years loaded by the service's own means, and as many bare starts, by turns."""
    laps, lengths = Laps(), []
    known = patterns()
    async with ground() as here, AsyncExitStack() as stack:
        workers = {side.name: await stack.enter_async_context(here.worker(side)) for side in SIDES}
        record = CaseRecord.open(f"sqlite:///{here.folder / 'ours' / 'case-record.db'}")
        stack.callback(record.close)
        for side in SIDES:
            await begin_all(side, here, record, histories_named(known, f"WARM-{side.name}", 20))
        for number in range(scale.rounds):
            histories = histories_named(known, f"LOAD-{number}", scale.loaded)
            lengths += [len(events) for events in histories.values()]
            for side in SIDES if number % 2 else SIDES[::-1]:
                tell(f"loading, round {number + 1} of {scale.rounds}, {side.name}")
                with laps.lap(side, len(histories), here, workers[side.name]):
                    await begin_all(side, here, record, histories)
    figure = laps.figure("histories loaded, against bare starts", Aim("at least", 0.5, of_bare=True))
    figure.about = f"{scale.loaded} children a round, {median(lengths):.0f} events each in the median"
    return [figure]


async def begin_all(side: Side, here: Ground, record: CaseRecord, histories: Histories) -> None:
    """Start and arm a journey for each child: ours with its history, bare with one event."""
    if side.name == "bare":
        await here.start_all(side, new_children(f"BARE-{time.monotonic_ns()}", len(histories)))
        return
    before, began = here.timers(), time.perf_counter()
    loaded = await load_histories(here.client, record, histories, Load("bench"), whole, lambda done, total: None)
    if loaded.started != len(histories) or loaded.refusals:
        raise BenchFailed(f"{loaded} after {time.perf_counter() - began:.0f} s")
    await here.armed(before + len(histories))


def whole(events: Sequence[ev.Event], known: object) -> list[Sequence[ev.Event]]:
    """A history as it is sent: in one piece."""
    del known
    return [events]


def patterns() -> list[tuple[str, str]]:
    """Histories of children whose journeys run, as JSON, each with the reference in it."""
    children = caseload(DIFFERENT, seed=1, today=today())
    made = []
    for child in children:
        own = concerning(children, child.ref)
        if not any(isinstance(event, ev.ENDING_TYPES) for event in own) and child.path != "turning_18":
            made.append((child.ref, json.dumps([document_of(event) for event in own])))
    return made


def histories_named(patterns: Sequence[tuple[str, str]], prefix: str, count: int) -> Histories:
    """So many children of other names with these histories."""
    named = {}
    for number in range(count):
        ref, text = patterns[number % len(patterns)]
        name = f"{prefix}-{number:05}"
        named[name] = [parse_event(raw) for raw in json.loads(text.replace(ref, name))]
    return named

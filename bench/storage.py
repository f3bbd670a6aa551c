"""What a parked journey leaves in the server's file, and what that consists of."""

from collections import Counter

from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent

from bench.children import new_children
from bench.figures import Aim, Figure, Tell, largest
from bench.ground import SIDES, Ours, ground
from bench.histories import fetch, type_of
from bench.scale import Scale
from workflows.messages import workflow_id


async def bytes_at_rest(scale: Scale, tell: Tell) -> list[Figure]:
    """Growth of what the file uses, divided by the journeys parked. Both by turns on one server."""
    used: dict[str, list[float]] = {"bare": [], "ours": []}
    parts: dict[str, dict[str, float]] = {}
    async with ground() as here:
        for side in SIDES:
            async with here.worker(side):
                await here.start_all(side, new_children(f"WARM-{side.name}", 20))
                before = await here.at_rest()
                tell(f"parking {scale.parked} journeys, {side.name}")
                await here.start_all(side, new_children("PARKED", scale.parked))
                after = await here.at_rest()
            grown = {name: (after[name] - before.get(name, 0)) / scale.parked for name in after}
            used[side.name].append(grown.pop("all"))
            parts[f"bytes by table, {side.name}"] = largest(grown, 6)
        children = [workflow_id(name) for name, _ in new_children("PARKED", 2)]
        for child in children:
            events = list((await fetch(here.client, child)).events)
            policy = "ppm-procedure" if child == children[0] else "quick-guide"
            parts[f"history bytes by event type, {policy}"] = largest(_by_type(events))
            parts[f"biggest payloads, {policy}"] = largest(_payloads(events), 8)
    return [Figure("bytes at rest of a parked journey", "bytes", used[Ours.name], used["bare"], Aim("under", 50_000), parts=parts)]


def _by_type(events: list[HistoryEvent]) -> dict[str, float]:
    sizes = Counter[str]()
    for event in events:
        sizes[type_of(event)] += event.ByteSize()
    return dict(sizes)


def _payloads(events: list[HistoryEvent]) -> dict[str, float]:
    """The sizes of the payloads in a history, by the event and the field they stand in."""
    return {f"{e.event_id} {type_of(e)}: {field}": float(size) for e in events for field, size in _fields(e, "")}


def _fields(message: object, path: str) -> list[tuple[str, int]]:
    if isinstance(message, Payload):
        return [(path, message.ByteSize())]
    return []

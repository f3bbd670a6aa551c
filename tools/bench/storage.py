"""What a parked journey leaves in the server's file, and what that consists of."""

from tools.bench.children import new_children
from tools.bench.figures import Aim, Figure, Tell, largest
from tools.bench.ground import SIDES, Ground, ground
from tools.bench.histories import bytes_by_type, fetch, payloads
from tools.bench.scale import Scale
from workflows.protocol import workflow_id

Parts = dict[str, dict[str, float]]


async def bytes_at_rest(scale: Scale, tell: Tell) -> list[Figure]:
    """Growth of what the server's file uses, divided by the journeys parked."""
    used: dict[str, list[float]] = {}
    parts: Parts = {}
    async with ground() as here:
        for side in SIDES:
            async with here.worker(side):
                await here.start_all(side, new_children(f"WARM-{side.name}", 20))
                before = await here.at_rest()
                tell(f"parking {scale.parked} journeys, {side.name}")
                await here.start_all(side, new_children("PARKED", scale.parked))
                after = await here.at_rest()
            grown = {name: (after[name] - before.get(name, 0)) / scale.parked for name in after}
            used[side.name] = [grown.pop("all")]
            parts[f"bytes by table, {side.name}"] = largest(grown, 6)
        parts |= await _within_histories(here)
    aim = Aim("under", 50_000)
    return [Figure("bytes at rest of a parked journey", "bytes", used["ours"], used["bare"], aim, parts=parts)]


async def _within_histories(here: Ground) -> Parts:
    parts: Parts = {}
    for (child, _), policy in zip(new_children("PARKED", 2), ("ppm-procedure", "quick-guide"), strict=True):
        events = (await fetch(here.client, workflow_id(child))).events
        parts[f"history bytes by event type, {policy}"] = largest(bytes_by_type(events))
        parts[f"biggest payloads, {policy}"] = largest(payloads(events), 8)
    return parts

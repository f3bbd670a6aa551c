"""Records the histories that the replay gate replays: `.venv/bin/python -m tests.replay.record`.

Synthetic children only. Record anew only before journeys run anywhere: afterwards a history that does not replay
means that running journeys would break, so the change needs `workflow.patched`, and further histories are added
beside the old ones under names of their own.
"""

import asyncio
import shutil
import tempfile
from datetime import date
from pathlib import Path
from random import Random

from domain.calendar import end_of
from domain.events import Event
from domain.simulation import Line, batches, by_child
from rehearsal.driver import Driver
from service.logs import configure_logs
from synthetic.caseload import caseload
from synthetic.random_journeys import random_journey
from tests.domain.story import case_lines, london
from tests.replay.histories import FOLDER, SUFFIX, save
from tests.workflows.house import House, SmallServer, house_in
from workflows.messages import CASE_EVENTS, WORKFLOW_TYPE

TODAY = date(2026, 11, 18)
ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")


async def keep(house: House, child: str, name: str) -> None:
    """Write the history of every run of a child's journey."""
    runs = [run async for run in house.client.list_workflows(f'WorkflowId="child-{child}"')]
    for number, run in enumerate(sorted(runs, key=lambda run: run.start_time), 1):
        history = await house.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        save(history, FOLDER / WORKFLOW_TYPE / f"child-{child}--{name}-{number}{SUFFIX}")


async def lived(house: House, lines: list[Line], policy: str, until: date, name: str) -> None:
    """Journeys lived through to a day."""
    end = end_of(until)
    driver = Driver(house.client, policy=policy, nominal=True)
    known = [line for line in lines if line.event.known_from <= end]
    for child, own in by_child(known).items():
        await driver.live(child, batches(line.event for line in own), lambda: end)
        await keep(house, child, name)


async def with_rejected_signals(house: House) -> None:
    life = await house.begin(ENTRY, TEN, child="S-1")
    await life.handle.signal(CASE_EVENTS, {"bad": "payload"})
    await life.handle.signal("case_evnts", [{"bad": "name"}])
    await life.until(lambda view: view.rejections == 2)
    await life.tell("2026-01-05 ppm_held primary_plan=adoption")
    await life.forward("2026-02-20")
    await keep(house, life.child, "rejected-signals")


async def with_another_policy(house: House) -> None:
    life = await house.begin(ENTRY, TEN, child="S-2")
    await life.forward("2026-01-13")
    await life.tell("2026-01-13 policy_adopted policy=quick-guide")
    await life.forward("2026-03-20")
    await life.tell("2026-03-20 adoption_order_made #end")
    await keep(house, life.child, "policy-adopted")


async def with_a_resumed_journey(house: House) -> None:
    life = await house.begin(ENTRY, TEN, child="S-3")
    await life.forward("2026-01-20")
    await life.tell("2026-01-20 ceased_to_be_looked_after #end")
    await life.ended()
    again = await house.begin("2026-01-21 event_voided event=S-3-end", london("2026-01-21"), child="S-3")
    await again.forward("2026-02-10")
    await keep(house, "S-3", "resumed")


async def main() -> None:
    """Replace the recorded histories."""
    configure_logs("ERROR")
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        async with house_in(folder / "usual") as house:
            await lived(
                house, numbered(case_lines("adoption-ppm-procedure")), "ppm-procedure", date(2027, 3, 31), "case"
            )
            await lived(house, numbered(case_lines("siblings-quick-guide")), "quick-guide", date(2026, 7, 31), "case")
            children = caseload(6, seed=11, today=TODAY)
            await lived(house, numbered([e for c in children for e in c.events]), "ppm-procedure", TODAY, "synthetic")
            for policy, seed in (("ppm-procedure", 9), ("quick-guide", 8)):
                woven = random_journey(Random(seed), f"R-{policy[:3]}", policy)
                await lived(house, numbered(woven), policy, woven[-1].known_from.date(), "random")
            await with_rejected_signals(house)
            await with_another_policy(house)
            await with_a_resumed_journey(house)
        (folder / "small").mkdir()
        async with house_in(folder / "small", SmallServer(folder / "small", new_run_after=60)) as house:
            lines = numbered([e.model_copy(update={"child": "S-9"}) for e in case_lines("adoption-ppm-procedure")])
            await lived(house, lines, "ppm-procedure", date(2026, 6, 30), "new-runs")


def numbered(events: list[Event]) -> list[Line]:
    return [Line(number, event) for number, event in enumerate(events, 1)]


if __name__ == "__main__":
    asyncio.run(main())

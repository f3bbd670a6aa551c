"""`permanence rehearse`: a file lived through by the real workflow, its actions read from the case record."""

import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path

from domain.case.calendar import end_of
from domain.clocks.actions import Action
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulation, batches_of, by_child, only_waits
from local.driver import Driver
from local.server import EmbeddedServer
from record.store import CaseRecord
from service.connection import connect
from service.settings import Settings
from worker import build_worker


async def rehearse(
    lines: list[EventLine],
    policies: Policies,
    policy: str,
    until: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Action]:
    """All actions up to the end of a day, in order. Raises FileRefused for what the rules refuse."""
    simulation = Simulation(policies, policy)
    simulation.run(lines, until)
    end = end_of(until)
    own_lines = by_child([line for line in lines if line.event.known_from <= end])
    between = simulation.told_to_siblings(own_lines)
    begun = {child: own for child, own in own_lines.items() if not only_waits(child, own)}
    children = {child: batches_of(child, (line.event for line in own)) for child, own in begun.items()}
    total, done = sum(len(own_lines) for own_lines in children.values()), 0

    def step_done() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="permanence-rehearsal-")))
        server = await stack.enter_async_context(EmbeddedServer(folder, time_skipping=True, ui=False, in_memory=True))
        client = await connect(server.address)
        record = CaseRecord.open(f"sqlite:///{folder / 'case-record.db'}")
        stack.callback(record.close)
        await stack.enter_async_context(
            build_worker(client, record, policies, Settings(default_policy=policy, build_id=None))
        )
        driver = Driver(client, policy=policy, nominal=True)
        await driver.live_all(children, between, lambda: end, step_done)
        sent = [recorded.action for recorded in record.actions() if recorded.status == "sent"]
    return sorted((action for action in sent if action.at <= end), key=lambda action: action.order)

"""One run from beginning to end: the street lives, mishaps happen, all is mended, and what came of it is judged."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from delivery.outbox import Outbox
from intake.inbox import Inbox
from record.failures import RecordUnavailable
from record.store import CaseRecord
from tools.faults.chronicle import Chronicle
from tools.faults.journeys import check, replay_all
from tools.faults.judge import Judge
from tools.faults.mishaps import ON_ONE_MACHINE, Kinds
from tools.faults.schedule import happen, schedule
from tools.faults.senders import Senders
from tools.faults.street import Street
from tools.faults.town import Town, beside, town_in
from tools.faults.verdict import Verdict

TO_REST = timedelta(minutes=4)
"""Once all is mended: how long nothing may move, no sender be answered and no queue grow shorter, before what is still
waited for counts as stuck (ours: retries wait a minute; an overloaded machine takes longer, but moves)."""

QUIET = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR"))))
"""Our own calls meet a server that is away all the time: that is no news."""

SHOWN_EVERY = 10.0
Tell = Callable[[str], None]


@dataclass
class Run:
    """A run of so many seconds by a seed, in a folder: by itself on one machine's embedded server."""

    folder: Path
    seed: int
    seconds: float
    tell: Tell
    town: Callable[[Path, Chronicle], AbstractAsyncContextManager[Town]] = town_in
    kinds: Kinds = ON_ONE_MACHINE

    async def live(self) -> Verdict:
        """Do it all; never raises for what the service does wrong: that is in the verdict."""
        chronicle = Chronicle(self.folder)
        planned = schedule(self.seed, self.seconds, self.kinds)
        verdict = Verdict()
        async with AsyncExitStack() as stack:
            town = await stack.enter_async_context(self.town(self.folder, chronicle))
            rng = Random(f"town/{self.seed}")
            await stack.enter_async_context(town.kept(rng))
            if missing := await town.until_ready():
                verdict.add("journeys stuck", ", ".join(missing), "never came up after the first starts were killed")
                return verdict
            client = await town.connected(QUIET)
            senders = Senders(town, client, rng, self.folder / "answers.jsonl")
            street = Street(senders, self.seed)
            await stack.enter_async_context(beside(self._show(town, senders)))
            self.tell(
                f"{len(planned)} mishaps in {self.seconds / 60:g} minutes; clocks are not stepped: they are shared"
            )
            living = asyncio.create_task(street.live(self.seconds))
            await happen(planned, town, self.seconds)
            self.tell("No more mishaps. What is under way comes to rest.")
            await self._rest(town, senders, street, living, verdict)
            await self._judge(town, client, senders, street, verdict)
        self._report(chronicle, town, senders, verdict)
        return verdict

    async def _rest(
        self, town: Town, senders: Senders, street: Street, living: "asyncio.Task[None]", verdict: Verdict
    ) -> None:
        """Wait until every sender is answered, every queue is drained and every first 09:00 has passed."""
        for name in await town.until_ready():
            verdict.add("journeys stuck", name, "does not come up")
        await _while_it_moves(lambda: len(senders.answers), living.done)
        if not living.done():
            living.cancel()
            with suppress(asyncio.CancelledError):
                await living
            for child in senders.unanswered:
                verdict.add("journeys stuck", child, "a sender was never answered")
        last = max(street.moments.values(), default=datetime.now(UTC))
        await asyncio.sleep(max(0.0, (last - datetime.now(UTC)).total_seconds()))
        record = CaseRecord.open(town.record_url)
        try:
            await _until_drained(record)
        finally:
            record.close()

    async def _judge(self, town: Town, client: Client, senders: Senders, street: Street, verdict: Verdict) -> None:
        """After every program was killed and what must be has come back."""
        for name in await town.come_back():
            verdict.add("journeys stuck", name, "does not come up again at the end")
        self.tell("Every journey is asked, and every history replayed.")
        record = CaseRecord.open(town.record_url)
        try:
            judge = Judge(record, verdict)
            await _until_drained(record)
            await asyncio.to_thread(judge.judge, senders.answers, town.mail)
            await check(client, judge, street.offsets)
            await replay_all(client, record, verdict, self.folder / "unreplayable")
        finally:
            record.close()

    async def _show(self, town: Town, senders: Senders) -> None:
        while True:
            await asyncio.sleep(SHOWN_EVERY)
            kills = sum(town.chronicle.kills.values())
            away = [name for name, program in town.programs.items() if not program.is_ready]
            self.tell(
                f"{town.chronicle.seconds:5.0f} s: {kills} kills, {sum(town.chronicle.faults.values())} other faults; "
                f"{len(senders.answers)} events answered, {senders.asked_again} asked again; "
                f"{len(town.mail.mails)} mails{'; away: ' + ', '.join(away) if away else ''}"
            )

    def _report(self, chronicle: Chronicle, town: Town, senders: Senders, verdict: Verdict) -> None:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(chronicle.kills.items()))
        faults = ", ".join(f"{name} {count}" for name, count in sorted(chronicle.faults.items()))
        self.tell(f"{sum(chronicle.kills.values())} kills: {kills}")
        self.tell(f"Other faults: {faults or 'none'}")
        self.tell("Compared: " + ", ".join(f"{count} {name}" for name, count in sorted(verdict.seen.items())))
        self.tell(f"{town.restarts} starts, {senders.asked_again} times asked again")
        for said in dict.fromkeys(town.refused_starts):
            self.tell(f"Noticed: {said}")
        for what, who, how in verdict.wrong:
            self.tell(f"{what}: {who}: {how}")
            chronicle.note(what, who=who, how=how)


async def _until_drained(record: CaseRecord) -> None:
    """Wait until nothing is on its way any more, as long as it grows less; what still is then is judged."""
    left: list[int] = [-1]

    async def look() -> None:
        while left[-1]:
            with suppress(RecordUnavailable):
                left.append(await asyncio.to_thread(_on_the_way, record))
            await asyncio.sleep(0.5)

    async with beside(look()):
        await _while_it_moves(lambda: min(left[1:], default=0), lambda: left[-1] == 0)


def _on_the_way(record: CaseRecord) -> int:
    counts = Outbox(record.engine).counts()
    return len(Inbox(record.engine).listed(["received"])) + counts["pending"] + counts["closed"]


async def _while_it_moves(reached: Callable[[], int], done: Callable[[], bool]) -> None:
    """Wait until it is done, or until what is reached has been the same for too long."""
    loop = asyncio.get_running_loop()
    before, since = reached(), loop.time()
    while not done() and loop.time() < since + TO_REST.total_seconds():
        if (now := reached()) != before:
            before, since = now, loop.time()
        await asyncio.sleep(0.5)

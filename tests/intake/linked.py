"""The running intake whose links people open, and children of whom something is late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
from sqlalchemy import select

from delivery.references import reference_of
from delivery.settings import DeliverySettings
from delivery.tokens import Tokens
from domain.case.calendar import england_and_wales
from domain.case.events import LONDON
from intake.reach import Reach
from intake.running import intake
from record.chain_tables import ChainRow
from service.ports import own_port
from service.settings import IntakeSettings, Settings
from tests.delivery.offices import OFFICE
from tests.intake.service import ago, story
from tests.workflows.house import House, house_in, new_child
from workflows.protocol import RECORD_EVENTS, TASK_QUEUE, Answer, JourneyOptions, workflow_id

BEHIND = 30
"""Days since the children of these tests came into care: the first planning meeting is late by sixteen."""


class Desk(NamedTuple):
    """The running intake, and what its links are signed with."""

    http: httpx.AsyncClient
    house: House
    tokens: Tokens
    directory: Path

    async def child(self, more: str = "", days: int = BEHIND) -> str:
        """A child whose planning meeting is overdue, escalated, and whose people are in the directory."""
        child = new_child()
        happened = f"""
        {ago(days)} became_looked_after @{child} #{child}-in policy=ppm-procedure
        {ago(days)} person_assigned @{child} #{child}-sw role=social_worker contact=s-worker
        {more.format(child=child)}
        """
        # On Saturday 28 November 2026 nobody is escalated to before Monday. So it begins on the Friday, by a clock of
        # its own, and is brought to today once people were told.
        today = in_days(0)
        behind = england_and_wales(today.year - 1, today.year + 1).on_or_before(today) - today
        handle = await self.house.client.start_workflow(
            "ChildJourney",
            args=[story(happened), JourneyOptions(clock_offset=behind)],
            id=workflow_id(child),
            task_queue=TASK_QUEUE,
        )
        async with asyncio.timeout(20):
            while not self.house.record.actions(child):
                await asyncio.sleep(0.02)
        if behind:
            await self.house.clocks.forward(handle, -behind)
        return child

    async def tell(self, child: str, happened: str) -> None:
        handle = self.house.client.get_workflow_handle(workflow_id(child))
        await handle.execute_update(RECORD_EVENTS, args=[story(happened)], result_type=Answer)

    def reference(self, child: str, kind: str = "escalation", obligation: str = "initial-ppm") -> str:
        keys = [
            a.action.key
            for a in self.house.record.actions(child)
            if (a.action.kind, a.action.obligation) == (kind, obligation)
        ]
        return reference_of(child, keys[-1])

    def link(self, child: str, person: str = "s-worker") -> str:
        return f"/acknowledge/{self.tokens.for_acknowledging(self.reference(child), person)}"

    def said(self, child: str, kind: str = "escalation_acknowledged") -> list[dict[str, object]]:
        events = [known.event for known in self.house.record.history(child)]
        return [event for event in events if event["type"] == kind]

    def chained(self, child: str) -> list[tuple[str | None, str | None]]:
        """By whom, and by which credential, what was decided stands in the chain."""
        decided = select(ChainRow.by, ChainRow.credential).where(ChainRow.child == child, ChainRow.kind == "decision")
        with self.house.record.engine.connect() as connection:
            return [(by, credential) for by, credential in connection.execute(decided.order_by(ChainRow.position))]


def in_days(days: int) -> date:
    return datetime.now(LONDON).date() + timedelta(days=days)


def chosen(until: date) -> dict[str, str]:
    """The form of a page that has said what a pause until this day changes."""
    return {"until": str(until), "shown": str(until)}


@asynccontextmanager
async def desk_in(home: Path) -> AsyncIterator[Desk]:
    """It, with all it needs, in a folder of its own."""
    directory = home / "directory.toml"
    directory.write_text(OFFICE, "utf-8")
    async with house_in(home / "house") as house:
        settings = Settings(
            home=home, intake=IntakeSettings(port=own_port()), delivery=DeliverySettings(directory=directory)
        )
        async with (
            intake(Reach(settings, house.client, house.record)) as url,
            httpx.AsyncClient(base_url=url, timeout=30) as http,
        ):
            yield Desk(http, house, Tokens(settings.link_keys), directory)

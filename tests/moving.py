"""An installation that has lived, to be moved: children with every kind of clock, and one message still on its way."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delivery.channels.smtp import SmtpSettings
from delivery.outbox import Outbox
from delivery.settings import DeliverySettings
from domain.case.events import Event
from journeys.sending import send_batch
from local.running import Running, running
from local.server import EmbeddedServer
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import own_port
from service.settings import IntakeSettings, Settings
from tests.delivery.offices import OFFICE
from tests.domain.story import events
from tools.faults.mailserver import MailServer
from workflows.protocol import CASE_EVENTS, workflow_id

DAY = datetime.now(UTC).date()


def ago(days: int) -> str:
    """A day before today; one ahead by a negative number."""
    return str(DAY - timedelta(days=days))


LIVES = {
    "M-1": f"""
        {ago(60)} became_looked_after #in
        {ago(0)} escalation_acknowledged #ack obligation=initial-ppm""",
    "M-2": f"""
        {ago(60)} became_looked_after #in
        {ago(0)} obligation_waived #waived obligation=initial-ppm""",
    "M-3": f"""
        {ago(100)} became_looked_after #in
        {ago(80)} review_held #held
        {ago(1)} review_booked #booked for={ago(-9)}""",
    "M-4": f"""
        {ago(60)} became_looked_after #in policy=england-statutory
        {ago(0)} policy_adopted #new policy=quick-guide""",
    "M-5": f"{ago(0)} became_looked_after #in",
    "M-6": f"""
        {ago(9)} became_looked_after #in
        {ago(0)} ceased_to_be_looked_after #out""",
}
"""An acknowledgement, a waiver, a booking, an adopted policy, an entry of today, and a child who has left."""
OPEN = ("M-1", "M-2", "M-3", "M-4", "M-5")
LAST = "M-5"
"""Whose first message is still on its way when the service stops."""


def told(child: str, text: str) -> list[Event]:
    """A story, told of a child."""
    return [e.model_copy(update={"child": child, "id": f"{child}-{e.id}"}) for e in events(text)]


def settings_in(home: Path, mail: MailServer, database_url: str | None = None) -> Settings:
    """A service with mail, in a home of its own."""
    home.mkdir(exist_ok=True)
    (home / "people.toml").write_text(OFFICE, "utf-8")
    return Settings(
        home=home,
        database_url=database_url,
        default_policy="ppm-procedure",
        metrics_port=own_port(),
        server_port=own_port(),
        ui_port=own_port(),
        intake=IntakeSettings(port=own_port()),
        delivery=DeliverySettings(
            channels=("smtp",),
            directory=home / "people.toml",
            channel_probe=timedelta(seconds=1),
            channel_longest_probe=timedelta(seconds=1),
        ),
        smtp=SmtpSettings(host="127.0.0.1", port=mail.port, security="none", sender="permanence@county.example"),
    )


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(180):
        while not holds():
            await asyncio.sleep(0.1)


def waiting(service: Running) -> int:
    """Messages on their way."""
    return Outbox(service.record.engine).counts()["pending"]


async def live(home: Path, mail: MailServer) -> None:
    """Have the children live on an embedded service, and stop it; then a signal reaches a journey that nobody reads."""
    async with running(settings_in(home, mail)) as service:
        for child in LIVES:
            if child == LAST:
                await until(lambda: waiting(service) == 0)
                await asyncio.to_thread(mail.stop)
            for event in told(child, LIVES[child]):
                await send_batch(service.client, child, [event])
        await until(lambda: waiting(service) > 0)
    await asyncio.to_thread(mail.start)
    async with EmbeddedServer(home, ui=False, grpc_port=own_port()) as server:
        client = await connect(server.address, ring=keys_in(home))
        common = {"id": "M-3-signal", "child": "M-3", "on": ago(0)}
        signal = [{**common, "type": "person_assigned", "role": "iro", "contact": "iro@example.org"}]
        await client.get_workflow_handle(workflow_id("M-3")).signal(CASE_EVENTS, args=[signal])


class Interrupted(Exception):
    """A move that was cut off."""


def cut_off_after(number: int) -> Callable[[int, int], None]:
    """Progress that ends a move amid it, once so many children are done."""

    def progress(done: int, total: int) -> None:
        if done >= number:
            raise Interrupted

    return progress

"""The restore drill: whatever is left after the worst day, every open clock runs, and nobody is told twice."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.channels.smtp import SmtpSettings
from delivery.ledger import Ledger
from delivery.outbox import Outbox
from delivery.settings import DeliverySettings
from domain.case.events import Event
from journeys.caseload import caseload
from journeys.restarting import look_over
from journeys.sending import send_batch
from local.running import Running, running
from record.verifying import verify
from service.payload_keys import KEY_FILE
from service.ports import own_port
from service.settings import IntakeSettings, Settings
from tests.delivery.offices import OFFICE
from tests.domain.story import events
from tests.local.programs import Ended, quick
from tools.faults.mailserver import MailServer
from workflows.child_journey import ChildJourney
from workflows.protocol import workflow_id

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]

OPEN = ("D-1", "D-2", "D-3")
DAY = datetime.now(UTC).date()
Agenda = dict[str, list[tuple[object, ...]]]


def told(child: str, text: str) -> list[Event]:
    return [e.model_copy(update={"child": child, "id": f"{child}-{e.id}"}) for e in events(text)]


def day(ago: int) -> str:
    return str(DAY - timedelta(days=ago))


@dataclass
class Town:
    """An installation that has lived: where its files are, live and backed up, and what stood there."""

    folder: Path
    mail: MailServer
    live: Path
    backup: Path = field(default_factory=Path)
    at_backup: Agenda = field(default_factory=dict)
    at_end: Agenda = field(default_factory=dict)

    def settings(self, home: Path) -> Settings:
        home.mkdir(exist_ok=True)
        (home / "people.toml").write_text(OFFICE, "utf-8")
        return Settings(
            home=home,
            default_policy="ppm-procedure",
            metrics_port=own_port(),
            intake=IntakeSettings(port=own_port()),
            delivery=DeliverySettings(channels=("smtp",), directory=home / "people.toml"),
            smtp=SmtpSettings(
                host="127.0.0.1", port=self.mail.port, security="none", sender="permanence@county.example"
            ),
        )

    @asynccontextmanager
    async def up(self, name: str, **files: Path) -> AsyncIterator[Running]:
        """The service in a new folder with what was restored there, killed at the end."""
        home = self.folder / name
        home.mkdir()
        shutil.copy(self.live / KEY_FILE, home)  # from where its copy is kept: not beside the backup
        for restored, source in files.items():
            for suffix in ("", "-wal", "-shm"):
                if (beside := source.with_name(source.name + suffix)).exists():
                    shutil.copy(beside, home / f"{restored.replace('_', '-')}.db{suffix}")
        async with running(self.settings(home)) as service:
            yield service


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.1)


async def all_sent(service: Running) -> None:
    await until(lambda: Outbox(service.record.engine).counts()["pending"] == 0)


async def agendas(service: Running) -> Agenda:
    sums: Agenda = {}
    for child in OPEN:
        rows = await service.client.get_workflow_handle_for(ChildJourney.run, workflow_id(child)).query(
            ChildJourney.agenda
        )
        sums[child] = [(row.obligation, row.occurrence, row.due, row.status) for row in rows]
    return sums


@pytest_asyncio.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """Three children in care and one who has left; backed up in use, then something more happened, then killed."""
    folder = tmp_path_factory.mktemp("town")
    with MailServer() as mail:
        town = Town(folder, mail, folder / "live")
        async with running(town.settings(town.live)) as service:
            await send_batch(service.client, "D-1", told("D-1", f"{day(60)} became_looked_after #in"))
            await send_batch(service.client, "D-2", told("D-2", f"{day(0)} became_looked_after #in"))
            three = told("D-3", f"{day(100)} became_looked_after #in\n{day(80)} review_held #rev")
            await send_batch(service.client, "D-3", three)
            four = told("D-4", f"{day(9)} became_looked_after #in\n{day(0)} ceased_to_be_looked_after #out")
            await send_batch(service.client, "D-4", four)
            await all_sent(service)
            assert mail.mails
            town.at_backup = await agendas(service)
            saved = await asyncio.to_thread(quick, town.live, "backup", str(folder / "backups"))
            assert saved.code == 0, saved.err
            [town.backup] = (folder / "backups").iterdir()
            await send_batch(service.client, "D-1", told("D-1", f"{day(0)} ppm_held #ppm"))
            await all_sent(service)
            town.at_end = await agendas(service)
            assert town.at_end != town.at_backup
            os.kill(service.server.pid if service.server else 0, signal.SIGKILL)
        yield town


async def stands(service: Running, expected: Agenda, *, mails: int, mail: MailServer) -> None:
    """Every clock is back as it was, nobody was told anything again, and the record is as it was written."""
    assert service.journeys is not None
    await asyncio.wait_for(asyncio.shield(service.journeys), 120)
    async with asyncio.timeout(120):  # a journey begun anew a moment ago is listed a moment later
        while {row.child for row in await caseload(service.client)} != set(OPEN):
            await asyncio.sleep(0.1)
    assert await agendas(service) == expected
    troubles, done = await look_over(service.client, service.record, whole=True)
    assert (troubles.agree, done) == (len(OPEN), [])
    await all_sent(service)
    assert len(mail.mails) == mails
    assert verify(service.record.engine).faults == []


async def test_the_backup_made_in_use_is_whole_and_its_owners_only(town: Town) -> None:
    files = {path.name: path for path in town.backup.iterdir()}
    assert set(files) == {"temporal.db", "case-record.db"}
    assert {path.stat().st_mode & 0o077 for path in (*files.values(), town.backup)} == {0}


async def test_both_stores_restored(town: Town) -> None:
    mails = len(town.mail.mails)
    saved = town.backup
    async with town.up("both", temporal=saved / "temporal.db", case_record=saved / "case-record.db") as service:
        await stands(service, town.at_backup, mails=mails, mail=town.mail)


async def test_the_case_record_alone(town: Town) -> None:
    mails = len(town.mail.mails)
    async with town.up("record", case_record=town.live / "case-record.db") as service:
        await stands(service, town.at_end, mails=mails, mail=town.mail)
        assert service.journeys is not None
        assert "3 did not run and go on from the case record" in service.journeys.result()
        again = await send_batch(service.client, "D-2", told("D-2", f"{day(0)} became_looked_after #in"))
        assert again.answer is not None
        assert again.answer.known == ["D-2-in"]

        async def command(*arguments: str) -> Ended:
            return await asyncio.to_thread(quick, town.folder / "record", "record", "restart", *arguments)

        assert (
            "3 run and agree with the case record; 1 have ended. Nothing" in (await command("--all", "--dry-run")).out
        )
        assert "runs, and is left alone" in (await command("D-1")).out
        await service.client.get_workflow_handle(workflow_id("D-3")).terminate()
        assert "did not run, though" in (await command("D-3", "--dry-run")).out
        assert (await command("--all", "--json")).json["children"] == [{"child": "D-3", "what": "started", "why": ""}]
        assert "ended: nothing to start" in (await command("D-4")).out
        assert "a new one goes on from the case record" in (await command("D-1", "--replace")).out
        assert await agendas(service) == town.at_end
        for refused in (
            await command("D-9"),
            await command("--all", "--replace"),
            await command(),
            await command("D-1", "--all"),
        ):
            assert refused.code == 2
            assert "--all" in refused.err or "knows nothing of 'D-9'" in refused.err


async def test_the_engine_older_than_the_case_record(town: Town) -> None:
    mails = len(town.mail.mails)
    older, newest = town.backup / "temporal.db", town.live / "case-record.db"
    async with town.up("older", temporal=older, case_record=newest) as service:
        await stands(service, town.at_end, mails=mails, mail=town.mail)
        assert service.journeys is not None
        assert "1 lacked events of the case record" in service.journeys.result()


async def test_the_engine_alone(town: Town) -> None:
    """The record is written again by the journeys: what happened, and that it was told; not to whom."""
    mails = len(town.mail.mails)
    async with town.up("engine", temporal=town.live / "temporal.db") as service:
        await stands(service, town.at_end, mails=mails, mail=town.mail)
        assert service.journeys is not None
        assert "3 knew what the case record lacked" in service.journeys.result()
        assert Outbox(service.record.engine).rows() == []
        assert Ledger(service.record.engine).of_child("D-1") == []
        rebuilt = service.record.settled("D-1")
    async with town.up("rebuilt", case_record=town.folder / "engine" / "case-record.db") as service:
        await stands(service, town.at_end, mails=mails, mail=town.mail)
        assert service.record.settled("D-1") == rebuilt

"""Journeys moved from an embedded server to the cluster, by a command that is killed at each of its steps."""

import asyncio
from pathlib import Path

import pytest

from record.store import CaseRecord
from record.verifying import verify
from tests.cluster.conftest import PATIENCE, Here
from tests.local.programs import permanence, quick
from tests.moving import OPEN, live, settings_in, until
from tests.servers import no_cluster_named
from tools.cluster.database import RECORD, Database
from tools.faults.judge import Judge
from tools.faults.mailserver import MailServer
from tools.faults.programs import Program, environment, module
from tools.faults.town import settings_of_all
from tools.faults.verdict import Verdict

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

KILLED_AT = ("open journeys", "Nothing is told or begun any more", "rows of the record", "Journeys: 2 of")
"""What the command has said when it is killed: each a step further on."""


def settings_of(here: Here, home: Path, mail: MailServer) -> dict[str, str]:
    """An installation on the cluster with a namespace, a database and a home of its own."""
    at = here.processes()["postgresql"][1]
    database = Database(here.folder / "postgresql", int(at.rpartition(":")[2]))
    database.run(f"CREATE DATABASE moved OWNER {RECORD}")
    settings_in(home, mail)
    own = {"TEMPORAL_NAMESPACE": "moved", "PERMANENCE_HOME": str(home)}
    url = {"PERMANENCE_DATABASE_URL": f"postgresql+psycopg://{RECORD}@{at}/moved"}
    given = {name: value for name, value in settings_of_all(home, mail).items() if name != "COLUMNS"}
    return {**here.settings, **given, "PERMANENCE_DEFAULT_POLICY": "ppm-procedure", **own, **url}


async def killed_at(words: str, old: Path, settings: dict[str, str], folder: Path) -> None:
    """Run the command until it has said something, and kill it."""
    own = environment(Path(settings["PERMANENCE_HOME"]), **settings)
    command = Program("move", module("cli", "move", "--from", str(old)), words, folder / "move.log", own)
    command.start()
    async with asyncio.timeout(PATIENCE):
        while not command.is_ready:
            assert command.lives, command.said()
            await asyncio.sleep(0.01)
    assert command.kill()


async def test_a_move_killed_at_every_step_goes_on_and_none_differs(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with MailServer() as mail:
        with no_cluster_named():
            await live(old, mail)
        sent_before = len(mail.mails)
        settings = settings_of(here, new, mail)
        early = permanence(new, "move", "--from", str(old), **settings)
        assert early.code == 1
        assert "there are no keys to seal with" in early.err
        prepared = permanence(new, "namespace", "prepare", **settings)
        assert prepared.code == 0, prepared.err
        worker = Program(
            "worker", module("worker"), "worker started", tmp_path / "worker.log", environment(new, **settings)
        )
        worker.start()
        try:
            assert await worker.until_ready(PATIENCE), worker.said()
            for words in KILLED_AT:
                await killed_at(words, old, settings, tmp_path)

            done = permanence(new, "move", "--from", str(old), **settings)

            assert done.code == 0, done.out + done.err
            assert f"{len(OPEN)} journeys moved, none differs" in done.out
            monkeypatch.setenv("PGPASSFILE", settings["PGPASSFILE"])
            record = CaseRecord.open(settings["PERMANENCE_DATABASE_URL"])
            await until(lambda: not record.outbox(state="pending"))
            assert len(mail.mails) > sent_before
            verdict = Verdict()
            Judge(record, verdict).messages(mail)
            assert verdict.wrong == []
            assert verify(record.engine).faults == []
            record.close()
        finally:
            worker.kill()
    refused = await asyncio.to_thread(quick, old, "installation")
    assert "was moved to another server" in refused.err

"""Journeys moved to another server and another database: every clock goes on, nobody is told twice, all is compared."""

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import move
from domain.case.documents import document_of
from domain.policy.loading import Policies
from journeys.caseload import caseload
from journeys.moving import Relocation, RelocationSide
from local.running import running
from local.server import EmbeddedServer
from record.entries import KnownEvent, RecordEntry
from record.failures import RecordUnavailable
from record.store import CaseRecord
from record.verifying import verify
from service.connection import connect
from service.elsewhere import elsewhere
from service.payload_keys import keys_in
from service.ports import own_port
from tests.databases import PostgreSQL
from tests.local.programs import Ended, quick
from tests.local.test_server import ends_with_its_parent, owner_of_a_server, runs
from tests.moving import OPEN, Interrupted, ago, cut_off_after, live, settings_in, told, until, waiting
from tools.faults.judge import Judge
from tools.faults.mailserver import MailServer
from tools.faults.verdict import Verdict

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(600)]


NEWTOWN = """
id = "newtown"
title = "Newtown"
source = "Newtown's procedure"
version = "1"
effective_from = 2026-01-01
extends = "quick-guide"
"""


def with_a_policy_of_its_own(home: Path, folder: Path) -> Path:
    """The settings of the old side in a file, with a policy that the new side lacks."""
    (folder / "policies").mkdir()
    (folder / "policies" / "newtown.toml").write_text(NEWTOWN, "utf-8")
    own = {"HOME": home, "POLICIES": folder / "policies", "DEFAULT_POLICY": "newtown"}
    file = folder / "old.settings"
    file.write_text("".join(f"export PERMANENCE_{name}={value}\n" for name, value in own.items()), "utf-8")
    return file


async def test_a_move_cut_off_twice_goes_on_and_none_differs(
    tmp_path: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with MailServer() as mail, postgresql.database() as url:
        await live(old, mail)
        sent_before = len(mail.mails)
        assert sent_before
        server = EmbeddedServer(tmp_path / "own", ui=False, in_memory=True, grpc_port=own_port())
        async with server:
            monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)

            async def moved(*more: str, **other: str) -> Ended:
                given = {"TEMPORAL_ADDRESS": server.address, "PERMANENCE_DATABASE_URL": url, **other}
                words = ("move", "--from", str(old), *more)
                return await asyncio.to_thread(quick, new, *words, PERMANENCE_DEFAULT_POLICY="ppm-procedure", **given)

            keys_in(new)
            nobody = await moved("--dry-run")
            assert nobody.code == 1
            assert "no worker of the target has asked for work" in nobody.err

            async with running(settings_in(new, mail, url)) as service:
                another = await moved("--dry-run", "--from", str(with_a_policy_of_its_own(old, tmp_path)))
                assert another.code == 1
                assert "the policy newtown is newtown@1" in another.err
                assert "and none at the target" in another.err
                (tmp_path / "new.settings").write_text(
                    f"TEMPORAL_ADDRESS={server.address}\nPERMANENCE_HOME={new}\nPERMANENCE_DATABASE_URL={url}\n",
                    "utf-8",
                )
                itself = await moved("--dry-run", "--from", str(tmp_path / "new.settings"))
                assert "source and target are the same namespace of the same server" in itself.err

                planned = await moved("--dry-run")
                assert planned.code == 0, planned.err
                assert f"{len(OPEN)} open journeys" in planned.out
                assert "Nothing was changed" in planned.out
                assert service.record.children() == []

                async with EmbeddedServer(old, ui=False, grpc_port=own_port()) as left:
                    record = CaseRecord.open(f"sqlite:///{old / 'case-record.db'}")
                    sides = [
                        RelocationSide(
                            await connect(address, ring=keys_in(home)), kept, home, Policies.load(), "ppm-procedure"
                        )
                        for address, home, kept in (
                            (left.address, old, record),
                            (server.address, new, service.record),
                        )
                    ]
                    begun = Relocation(*sides)
                    await begun.fence()
                    assert service.record.children() == []  # cut off: nobody sends, and all is still there
                    await begun.bring_record()
                    with pytest.raises(Interrupted):
                        await begun.bring_journeys(cut_off_after(2))
                    record.close()

                done = await moved()
                assert done.code == 0, done.out
                assert f"{len(OPEN)} journeys moved, none differs" in done.out
                assert "M-3" in done.out  # which has taken the signal that nobody had read
                await until(lambda: "M-3-signal" in service.record.ids_of(["M-3"])["M-3"])
                await until(lambda: waiting(service) == 0)
                assert len(mail.mails) > sent_before  # what was on its way has gone, from here
                verdict = Verdict()
                Judge(service.record, verdict).messages(mail)
                assert verdict.wrong == []
                assert verify(service.record.engine).faults == []
                assert {row.child for row in await caseload(service.client)} == set(OPEN)

            await asyncio.to_thread(left_as_it_was_fenced, old)


def left_as_it_was_fenced(old: Path) -> None:
    """Nothing begins where the journeys were, nor is anything written there, until somebody takes it back."""
    refused = quick(old, "installation")
    assert refused.code == 1
    assert "was moved to another server by `permanence move`" in refused.err
    record = CaseRecord.open(f"sqlite:///{old / 'case-record.db'}")
    event = KnownEvent(known_at=datetime.now(UTC), event=document_of(told("M-9", f"{ago(1)} became_looked_after")[0]))
    entry = RecordEntry(child="M-9", decided_at=datetime.now(UTC), events=[event])
    with pytest.raises(RecordUnavailable, match="takes nothing more"):
        record.write(entry)
    assert quick(old, "installation", "claim").code == 0
    assert quick(old, "installation").code == 0
    record.write(entry)
    record.close()


@ends_with_its_parent
async def test_the_server_that_a_killed_move_had_begun_is_waited_for(tmp_path: Path) -> None:
    """On 29 November 2026 a move that was begun again at once asked it, and nothing answered."""
    keys_in(tmp_path)
    CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}").close()
    killed, server = await owner_of_a_server(tmp_path)
    os.kill(server, signal.SIGSTOP)
    killed.kill()
    await asyncio.to_thread(killed.wait)
    asyncio.get_running_loop().call_later(1, os.kill, server, signal.SIGCONT)

    async with move._address_of(elsewhere(tmp_path)) as address:
        await connect(address)
        assert not runs(server)

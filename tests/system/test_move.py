"""Journeys moved to another server and another database: every clock goes on, nobody is told twice, all is compared."""

import asyncio
from pathlib import Path

import pytest

from domain.policy.loading import Policies
from journeys.moving import Move, Place
from local.running import running
from local.server import EmbeddedServer
from record.store import CaseRecord
from record.verifying import verify
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import own_port
from tests.databases import PostgreSQL
from tests.local.programs import Ended, quick
from tests.moving import LAST, OPEN, Interrupted, cut_off_after, live, settings_in, until, waiting
from tools.faults.mailserver import MailServer
from workflows.child_journey import ChildJourney
from workflows.protocol import workflow_id

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(600)]


async def test_a_move_cut_off_twice_goes_on_and_none_differs(
    tmp_path: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with MailServer() as mail, postgresql.database() as url:
        await live(old, mail)
        told = len(mail.mails)
        assert told
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
                planned = await moved("--dry-run")
                assert planned.code == 0, planned.err
                assert f"{len(OPEN)} open journeys" in planned.out
                assert "Nothing was changed" in planned.out
                assert service.record.children() == []

                async with EmbeddedServer(old, ui=False, grpc_port=own_port()) as left:
                    record = CaseRecord.open(f"sqlite:///{old / 'case-record.db'}")
                    sides = [
                        Place(await connect(address, ring=keys_in(home)), kept, home, Policies.load(), "ppm-procedure")
                        for address, home, kept in (
                            (left.address, old, record),
                            (server.address, new, service.record),
                        )
                    ]
                    begun = Move(*sides)
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
                assert len(mail.mails) == told + len(
                    [row for row in service.record.outbox(LAST) if row.state == "sent"]
                )
                assert verify(service.record.engine).faults == []
                running_now = {run.id async for run in service.client.list_workflows('ExecutionStatus="Running"')}
                assert {workflow_id(child) for child in OPEN} <= running_now
                assert await service.client.get_workflow_handle_for(ChildJourney.run, workflow_id("M-1")).query(
                    ChildJourney.agenda
                )

                refused = await asyncio.to_thread(quick, old, "installation")
                assert refused.code == 1
                assert "was moved to another server" in refused.err

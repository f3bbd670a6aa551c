"""A server of an authority's own, whose administrator has not registered what a new version shows."""

from pathlib import Path

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from local.server import EmbeddedServer
from service.attributes import registered
from service.connection import connect
from service.ports import own_port
from workflows import search_attributes as sa

pytestmark = pytest.mark.server
WHOSE = TypedSearchAttributes([SearchAttributePair(sa.IRO, "i-second")])


async def test_a_worker_registers_what_a_new_version_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(sa, "ALL", tuple(key for key in sa.ALL if key not in sa.BESIDE))
        server = EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port())
        await server.start()
    try:
        client = await connect(server.address)
        with pytest.raises(RPCError, match="Iro"):
            await client.start_workflow("Parked", id="one", task_queue="nobody", search_attributes=WHOSE)

        await registered(client)

        await client.start_workflow("Parked", id="two", task_queue="nobody", search_attributes=WHOSE)
        await registered(client)
    finally:
        await server.stop()

"""`permanence keys rotate`, cut off: the server is never marked with a key that is nowhere."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from local.server import EmbeddedServer
from service.connection import connect
from service.keys_used import begin_to_use, used_on
from service.payload_keys import KEY_FILE, keys_in
from service.ports import own_port
from tests.local.programs import quick

pytestmark = pytest.mark.server


async def test_what_is_cut_off_leaves_no_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On 29 November 2026 a full disk left a mark of a key that nobody had, and nothing began any more."""
    home = tmp_path / "home"
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
        ring = keys_in(home)
        await begin_to_use(client, ring)

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(home / KEY_FILE))

        async def rotated() -> int:
            done = await asyncio.to_thread(quick, home, "keys", "rotate", TEMPORAL_ADDRESS=server.address)
            assert done.code == 0 or f"{home / KEY_FILE}: No space left on device" in done.err
            return done.code

        with monkeypatch.context() as disk:
            disk.setattr("service.payload_keys.os.fsync", full)
            assert await rotated() == 1
        assert await used_on(client) == set(ring.names)

        assert await rotated() == 0
        assert await used_on(client) == set(keys_in(home).names)
        assert await rotated() == 0
        assert await used_on(client) == set(keys_in(home).names)
        assert len(keys_in(home).names) == 3

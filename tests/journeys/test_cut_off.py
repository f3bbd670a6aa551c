"""A sender whose server is gone is told in words, and nothing else is logged of it."""

import asyncio
import gc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journeys import sending
from service.connection import connect
from tests.domain.story import events
from tests.servers import embedded_in

pytestmark = pytest.mark.server


async def test_a_start_that_failed_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until 28 November 2026 asyncio told it again, with a traceback, whenever it threw the call away."""
    monkeypatch.setattr(sending, "ANSWER_WITHIN", timedelta(seconds=1))
    logged: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
    async with embedded_in(tmp_path) as server:
        client = await connect(server.address)
        server.kill()
        with pytest.raises(sending.NotTaken, match="no answer in time"):
            await sending.send_batch(client, "T-1", events("2026-01-05 became_looked_after"))
    await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)

    assert logged == []

"""`permanence intake --processes`: several at one port, and each begun again when it ends."""

import asyncio
import signal
from pathlib import Path

import httpx
import psutil
import pytest

from service.ports import own_port
from tests.system.forked import Forked
from tools.faults.programs import environment

pytestmark = [pytest.mark.server, pytest.mark.slow]
ENOUGH = 120


async def test_one_of_several_is_killed_and_the_port_is_served_throughout(tmp_path: Path) -> None:
    port, log = own_port(), tmp_path / "intake.log"
    here = environment(tmp_path, TEMPORAL_ADDRESS="127.0.0.1:1", PERMANENCE_INTAKE_PORT=str(port))
    several = Forked("cli", "intake", "--processes", "2", env=here, log=log)

    async def until_begun(times: int) -> None:
        async with asyncio.timeout(ENOUGH):
            while log.read_text("utf-8").count("intake started") < times if log.exists() else True:
                assert several.poll() is None, log.read_text("utf-8")
                await asyncio.sleep(0.1)

    async def asked(times: int) -> None:
        for _ in range(times):
            async with httpx.AsyncClient() as caller:  # each on a connection of its own, dealt to either
                assert (await caller.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200

    await until_begun(2)
    await asked(20)
    served = [each.pid for each in psutil.Process(several.pid).children()]
    assert len(served) == 2
    psutil.Process(served[0]).send_signal(signal.SIGKILL)
    async with asyncio.timeout(ENOUGH):
        while psutil.pid_exists(served[0]):
            await asyncio.sleep(0.05)
    await asked(20)
    await until_begun(3)
    assert "Intake process" in log.read_text("utf-8")

    served = [each.pid for each in psutil.Process(several.pid).children()]
    several.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(several.wait, ENOUGH) == 0
    assert not any(map(psutil.pid_exists, served))

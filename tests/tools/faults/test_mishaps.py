"""The real service, killed and starved while events flow: nothing lost, doubled, stuck or different."""

from functools import partial
from pathlib import Path

import pytest

from tests.fewer import MORE
from tests.system.forked import ForkedProgram
from tools.faults.run import Run
from tools.faults.town import town_in

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(1500)]

SEED, SECONDS = 23930, 300.0 if MORE else 62.0
"""Ours: of 40,000 seeds the one with most kinds of mishaps in so short a time, eleven of thirteen, six that kill."""


async def test_mishaps_lose_double_and_stop_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    forked = partial(town_in, kind=ForkedProgram)
    verdict = await Run(tmp_path, SEED, SECONDS, said.append, forked).live()
    if verdict.wrong:
        pytest.fail("\n".join([*said, f"Kept: {tmp_path}", verdict.last_line]), pytrace=False)
    assert verdict.seen["journeys"] >= 8
    assert verdict.seen["histories replayed"] >= verdict.seen["journeys"]
    assert verdict.seen["messages sent"] > 0

"""The real service, killed and starved for two minutes while events flow: nothing lost, doubled, stuck or different."""

from pathlib import Path

import pytest

from tools.faults.run import Run

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(1500)]


async def test_two_minutes_of_mishaps_lose_double_and_stop_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    verdict = await Run(tmp_path, seed=1, seconds=120, tell=said.append).live()
    if verdict.wrong:
        pytest.fail("\n".join([*said, f"Kept: {tmp_path}", verdict.last_line]), pytrace=False)
    assert verdict.seen["journeys"] >= 10
    assert verdict.seen["histories replayed"] >= verdict.seen["journeys"]
    assert verdict.seen["messages sent"] > 0

"""The difference in the SDK that once wedged journeys: when it has gone, this says so, and the report can be closed."""

from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.workflow import NondeterminismError

from local.server import EmbeddedServer
from service.ports import own_port
from tests.replay import local_timeout

REPORT = Path(__file__).parents[2] / "docs/upstream/local-activity-timeout.md"


@pytest.mark.server
async def test_a_local_activity_that_runs_out_of_time_is_another_error_when_replayed(tmp_path: Path) -> None:
    local_timeout.caught.clear()
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        with pytest.raises(NondeterminismError, match="TimerStarted"):
            await local_timeout.live_then_replay(await Client.connect(server.address))
    assert local_timeout.caught == ["ActivityError", "TimeoutError"]


def test_the_report_has_the_program_as_it_was_run() -> None:
    program = Path(local_timeout.__file__).read_text("utf-8").partition('"""\n\n')[2]
    assert program in REPORT.read_text("utf-8")

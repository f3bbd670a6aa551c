"""A query that goes ahead of the workflow task wedges a workflow; in the runner that journeys have it does not."""

from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner

from local.server import EmbeddedServer
from service.ports import own_port
from tests.replay import query_ahead
from workflows.protocol import JUST_MOVING
from workflows.runner import workflow_runner

REPORT = Path(__file__).parents[2] / "docs/upstream/query-ahead-of-task.md"
RUNS = 10

pytestmark = pytest.mark.server


async def lived(folder: Path, runner: WorkflowRunner) -> query_ahead.Lived:
    async with EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port()) as server:
        return await query_ahead.live(await Client.connect(server.address), RUNS, runner)


async def test_in_the_sdk_alone_most_of_such_histories_do_not_replay(tmp_path: Path) -> None:
    """The control, and when it fails the report can be closed: 8 of 10 did not (27 November 2026)."""
    replayed = await query_ahead.how_they_replay((await lived(tmp_path, UnsandboxedWorkflowRunner())).histories)
    assert replayed.total() == RUNS
    assert any("Timer machine does not handle this event" in how for how in replayed), replayed


async def test_in_the_runner_of_journeys_all_replay_and_the_asker_is_told_to_ask_again(tmp_path: Path) -> None:
    lived_through = await lived(tmp_path, workflow_runner())
    assert await query_ahead.how_they_replay(lived_through.histories) == {"replays": RUNS}
    failed = [answer for answer in lived_through.answers if answer != 1]
    assert failed, "no query came ahead of its task: nothing was tried"
    others = [
        answer for answer in failed if not (isinstance(answer, WorkflowQueryFailedError) and JUST_MOVING in str(answer))
    ]
    assert others == []


def test_the_report_has_the_program_as_it_was_run() -> None:
    program = Path(query_ahead.__file__).read_text("utf-8").partition('"""\n\n')[2]
    assert program in REPORT.read_text("utf-8")

"""The difference in the SDK that made effects durable: when it has gone, this says so, and the report can be closed."""

from pathlib import Path

import pytest
from temporalio.client import Client

from local.server import EmbeddedServer
from service.ports import own_port
from tests.replay import local_cut_short

REPORT = Path(__file__).parents[2] / "docs/upstream/local-activity-cut-short.md"


@pytest.mark.server
async def test_a_query_amid_a_local_activity_leaves_a_history_that_does_not_replay(tmp_path: Path) -> None:
    """Not each time: a query may come before or after. Of thirty 28 or 29 do not replay (seen 27 November 2026)."""
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        replayed = await local_cut_short.live_then_replay(await Client.connect(server.address), 30)
    assert replayed.total() == 30
    assert any("Non-deprecated patch marker encountered" in how for how in replayed), replayed


def test_the_report_has_the_program_as_it_was_run() -> None:
    program = Path(local_cut_short.__file__).read_text("utf-8").partition('"""\n\n')[2]
    assert program in REPORT.read_text("utf-8")

"""A history that the SDK wrote and cannot replay: when it can, this says so, and the report can be closed.

Left by `make faults --seed 101` on 27 November 2026, one of 567 journeys after 93 kills on a machine at a load of 20
(docs/upstream/update-after-timed-out-task.md). Such a journey is seen as stuck, and begun anew from the case record.
"""

from pathlib import Path

import pytest

from tests.replay.histories import load, replay

[UNMENDED] = (Path(__file__).parent / "unmended").glob("*.json.gz")


async def test_an_update_that_came_with_a_timed_out_task_does_not_replay() -> None:
    with pytest.raises(Exception, match="Update machine does not handle this event"):
        await replay(load(UNMENDED))

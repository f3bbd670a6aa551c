"""Which tests run where, and in which order: the workers of pytest-xdist are to be busy alike until the end.

A file's tests share what they need and stay on one worker, in their order; so do files in `TOGETHER`, whose caseload is
lived through once. Tests of files in `APART` share nothing and are dealt out singly. What takes longest begins first:
above all the mishaps, whose worker is given from the other end, one of the files of a moment, since what waits behind
it waits for long.
"""

from pathlib import PurePath

import pytest
from xdist.dsession import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

FAULTS = "test_mishaps"
LONGEST = (
    FAULTS,
    "test_temporal_ui",
    "test_up",
    "test_starting",
    "test_equivalence",
    "test_kill",
    "test_delivery_kill",
    "test_browser",
    "test_morning",
    "test_taking_events",
    "test_new_runs",
)
"""Files in the order of their beginning; after them the others that start programs, then those that start a server."""

APART = frozenset({"test_equivalence", "test_starting", "test_worker_process"})

OF_ONE_CASELOAD = ("test_every_table", "test_file", "test_recomputed", "test_report")
TOGETHER = {f"tests/reporting/{name}.py": "tests/reporting" for name in OF_ONE_CASELOAD}
"""Files that share what is dear to make (`scope="package"`), and what they are dealt out as."""


class Dealt(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """By file, but for those whose tests share nothing, and for those that share with other files."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return nodeid if _name(nodeid) in APART else TOGETHER.get(file, file)

    def _reschedule(self, node: WorkerController) -> None:
        if self.workqueue and any(_name(scope) == FAULTS for scope in self.assigned_work[node]):
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._reschedule(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Dealt:
    return Dealt(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    name = _name(item.nodeid)
    if name in LONGEST:
        return LONGEST.index(name)
    marks = {mark.name for mark in item.iter_markers()}
    return len(LONGEST) + (0 if "slow" in marks else 1 if "server" in marks else 2)


def _name(nodeid: str) -> str:
    return PurePath(nodeid.partition("::")[0]).stem

"""Where nothing may be skipped, a skip is a failure; and what every run has (tests/*.py)."""

import os
import sys
from collections.abc import Generator
from contextlib import suppress
from typing import TypeVar

import pytest

pytest_plugins = [
    "tests.in_memory",
    "tests.garbage",
    "tests.databases",
    "tests.drawing",
    "tests.fewer",
    "tests.forked_workers",
    "tests.limits",
    "tests.once",
    "tests.order",
    "tests.replay.every_server",
    "tests.rewriting",
    "tests.unread",
]

collect_ignore = [] if "PERMANENCE_TEST_CLUSTER" in os.environ else ["cluster"]  # `make cluster-test` starts one

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
NO_SKIP = os.environ.get("PERMANENCE_NO_SKIP") == "1"

# Temporal's servers are in Go. A test's lives for a minute, and spends a fifth of its processor on clearing away what
# it might as well keep (ours: 400 per cent of what is alive, against 100 by itself).
os.environ.setdefault("GOGC", "400")

# Five workers, their servers and programs share two cores: who is woken waits for its turn and interrupts nobody, which
# spares a tenth of the processor (docs/adr/0061). What a test starts has it from here.
if sys.platform == "linux":
    with suppress(OSError):  # a machine that does not let us is slower, no more
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refuse_skip(report)


def _refuse_skip(report: Report) -> Report:
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"PERMANENCE_NO_SKIP=1 turns this skip into a failure: {reason}"
    return report

"""Where nothing may be skipped, a skip is a failure. The longest files begin first, so that none is left at the end."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

pytest_plugins = ["tests.databases", "tests.limits", "tests.replay.every_server"]

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
NO_SKIP = os.environ.get("PERMANENCE_NO_SKIP") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refuse_skip(report)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start programs first, then those that start a server: beside them the others fill the time."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    marks = {mark.name for mark in item.iter_markers()}
    return 0 if "slow" in marks else 1 if "server" in marks else 2


def _refuse_skip(report: Report) -> Report:
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"PERMANENCE_NO_SKIP=1 turns this skip into a failure: {reason}"
    return report

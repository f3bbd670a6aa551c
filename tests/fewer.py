"""How much of what is drawn a run tries: `make deep` all of it, `make test` and `make quick` a part, new each time.

A case is a test that somebody wrote, and all of them run each time. An example is one that a property draws, or a
child whose life is made up; what one run does not draw another does, since each draws by a seed of its own. Only the
values that stand in our own code are left to `make deep`.
"""

import os

import pytest
from hypothesis import is_hypothesis_test, settings
from hypothesis.internal.conjecture import providers

MORE = os.environ.get("PERMANENCE_MORE") == "1"
"""Whether this is `make deep`: more children, more kills, longer outages."""

ONE_IN = 1 if MORE else 5
"""Ours: with all examples the rules alone take half a minute on two cores, at each commit and for every save."""

OF_TEST = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps a property's settings. It offers no way to change those that a property has of its own."""

if not MORE:
    # hypothesis tries values that stand in the code as well, for which each worker reads all files of ours: three
    # seconds in a fresh clone. It has no setting for that.
    providers._get_local_constants = lambda: providers._local_constants


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    properties = {item.obj for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)}
    for each in properties:
        own: settings = getattr(each, OF_TEST)
        setattr(each, OF_TEST, settings(own, max_examples=-(-own.max_examples // ONE_IN)))


def pytest_report_header() -> str:
    return "all examples of each property" if ONE_IN == 1 else f"one in {ONE_IN} examples of each property"

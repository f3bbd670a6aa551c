"""How much of what is drawn a run tries: `make deep` all of it, `make test` and `make quick` a part, new each time.

A case is a test that somebody wrote, and all of them run each time. An example is one that a property draws, or a
child whose life is made up; what one run does not draw another does, since each draws by a seed of its own. Only the
values that stand in our own code are left to `make deep`.

`@pytest.mark.drawn("policy")` says that the values of a parameter are examples of one case: one is drawn, for each
combination of the others, or as many as `of` says. What is asked for by its own name is run, drawn or not.
"""

import os
import re
from collections import defaultdict
from random import Random

import pytest
from hypothesis import is_hypothesis_test, settings
from hypothesis.internal.conjecture import providers

MORE = os.environ.get("PERMANENCE_MORE") == "1"
"""Whether this is `make deep`: more children, more kills, longer outages."""

ONE_IN = 1 if MORE else 5
"""Ours: with all examples the rules alone take half a minute on two cores, at each commit and for every save."""

ADDRESS = re.compile("0x[0-9a-f]+")
"""Where an object lies in memory, which each worker of pytest-xdist has otherwise."""

OF_TEST = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps a property's settings. It offers no way to change those that a property has of its own."""

if not MORE:
    # hypothesis tries values that stand in the code as well, for which each worker reads all files of ours: three
    # seconds in a fresh clone. It has no setting for that.
    providers._get_local_constants = lambda: providers._local_constants


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not MORE:
        left = drawn_out(items, str(config.option.hypothesis_seed))
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left])
        items[:] = [item for item in items if item.nodeid not in left]
    properties = {item.obj for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)}
    for each in properties:
        own: settings = getattr(each, OF_TEST)
        setattr(each, OF_TEST, settings(own, max_examples=-(-own.max_examples // ONE_IN)))


def drawn_out(items: list[pytest.Item], seed: str) -> set[str]:
    """The ids of the examples that a seed leaves to other runs: the same for each worker of pytest-xdist."""
    alike: dict[tuple[str, int], list[str]] = defaultdict(list)
    for item in items:
        mark = item.get_closest_marker("drawn")
        if mark and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            others = sorted(
                (name, repr(value)) for name, value in item.callspec.params.items() if name not in mark.args
            )
            key = ADDRESS.sub("", f"{item.nodeid.partition('[')[0]} {others}")
            alike[key, mark.kwargs.get("of", 1)].append(item.nodeid)
    return {
        each
        for (key, of), examples in alike.items()
        for each in Random(f"{seed} {key}").sample(examples, max(0, len(examples) - of))
    }


def pytest_report_header() -> str:
    return "all examples of each property" if ONE_IN == 1 else f"one in {ONE_IN} examples of each property"

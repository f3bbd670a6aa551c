"""`make quick` draws a fifth of the examples of each property; `make test` draws them all."""

import pytest
from hypothesis import is_hypothesis_test, settings

FEWER = 5
"""Ours: with all of them the rules take half a minute on two cores, which is too long for every save."""

OF_TEST = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps a property's settings. It offers no way to change those that a property has of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    properties = {item.obj for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)}
    for each in properties:
        own: settings = getattr(each, OF_TEST)
        setattr(each, OF_TEST, settings(own, max_examples=-(-own.max_examples // FEWER)))


def pytest_report_header() -> str:
    return f"one in {FEWER} examples of each property; make test draws them all"

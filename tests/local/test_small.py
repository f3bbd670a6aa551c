"""`up` is cut to one authority, unless its settings say otherwise."""

import pytest

from local.running import IN_MEMORY, REQUESTS_FOR_WORK, of_one_authority
from service.settings import Settings


def test_up_keeps_few_journeys_in_memory_and_asks_seldom() -> None:
    settings = of_one_authority(Settings())
    assert (settings.cached_journeys, settings.requests_for_work) == (IN_MEMORY, REQUESTS_FOR_WORK)


def test_who_asks_for_more_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMANENCE_CACHED_JOURNEYS", "2000")
    settings = of_one_authority(Settings())
    assert (settings.cached_journeys, settings.requests_for_work) == (2_000, REQUESTS_FOR_WORK)

"""`up` is cut to one authority, unless its settings say otherwise."""

import pytest

from local.running import IN_MEMORY, with_few_in_memory
from service.settings import Settings


def test_up_keeps_few_journeys_in_memory() -> None:
    assert with_few_in_memory(Settings()).cached_journeys == IN_MEMORY


def test_who_asks_for_more_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMANENCE_CACHED_JOURNEYS", "2000")
    assert with_few_in_memory(Settings()).cached_journeys == 2_000

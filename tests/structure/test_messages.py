"""What stands in histories: a field they lack must have a default, and no word that they use may vanish.

If a test here fails: give the new field a default, or keep the word. `python -m tests.structure.frozen` writes
today's lists to frozen.json; use it to add to them, and to change them only before any journey runs anywhere.
"""

import pytest

from activities.models import Rulebook, RulebookRequest
from record.entries import RecordEntry
from tests.structure.frozen import frozen, known, members, required
from workflows.protocol import Answer, JourneyOptions, Summary

OLD = frozen()


@pytest.mark.parametrize("name", sorted(required()))
def test_a_field_added_since_has_a_default(name: str) -> None:
    assert name in OLD["required"], f"{name} is new in histories: run `python -m tests.structure.frozen`"
    missing = required()[name] - set(OLD["required"][name])
    assert not missing, (
        f"{name}: {sorted(missing)} would be missing in the histories of running journeys: give a default"
    )


@pytest.mark.parametrize("name", sorted(OLD["known"]))
def test_no_field_has_vanished_from_a_model_that_refuses_unknown_fields(name: str) -> None:
    vanished = set(OLD["known"][name]) - known().get(name, set())
    assert not vanished, f"{name}: {sorted(vanished)} still stands in histories, and would be refused there"


@pytest.mark.parametrize("name", sorted(OLD["words"]))
def test_no_word_has_vanished(name: str) -> None:
    vanished = set(OLD["words"][name]) - members().get(name, set())
    assert not vanished, f"{name}: {sorted(vanished)} still stands in histories"


def test_a_field_that_an_older_worker_does_not_know_is_no_error_to_it() -> None:
    """While workers are replaced one by one, an old one reads what a new one has written."""
    for model in (Answer, JourneyOptions, RecordEntry, Rulebook, RulebookRequest, Summary):
        assert model.model_config.get("extra") != "forbid", model.__name__

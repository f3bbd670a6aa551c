"""Nights, doubts and what was settled, in every database that the record may stand in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from record.doubts import DoubtsKept, of_keys
from record.night_tables import SettledRow
from record.nights import CHILDREN_KEPT, Nights
from record.store import CaseRecord

NIGHT = datetime(2026, 11, 28, 4, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


def doubt(child: str, key: str, rule: str = "gap") -> dict[str, object]:
    return {"child": child, "rule": rule, "table": "t.csv", "line": 2, "message": "m", "action": "a", "key": key}


def test_a_night_is_one_however_often_it_is_begun_and_its_failure_is_over_once_it_ends(record: CaseRecord) -> None:
    nights = Nights(record.engine)
    assert nights.begin(NIGHT, "903", "apply", NIGHT) == 1
    nights.fail(NIGHT, "the folder is gone")
    assert nights.begin(NIGHT, "903", "apply", NIGHT + A_MINUTE) == 2
    [night] = nights.latest(9)
    assert (night.failed, night.began, night.ended) == ("the folder is gone", NIGHT, None)
    assert nights.last_ended() is None
    nights.end(NIGHT, {"taken": 2}, NIGHT + A_MINUTE)
    [night] = nights.latest(9)
    assert (night.failed, night.counts, night.attempts) == (None, {"taken": 2}, 2)
    assert nights.last_ended() == NIGHT + A_MINUTE


def test_what_a_night_means_for_children_is_put_in_place_and_let_go_of_after_a_quarter(record: CaseRecord) -> None:
    nights = Nights(record.engine)
    nights.put(NIGHT, "changes", {"A": {"new": [1]}, "B": {}})
    nights.put(NIGHT, "changes", {"A": {"new": [2]}})
    nights.put(NIGHT, "only_here", {"C": {}})
    assert nights.children(NIGHT, "changes") == {"A": {"new": [2]}}
    later = NIGHT + CHILDREN_KEPT + A_MINUTE
    nights.begin(later, "903", "apply", later)
    nights.end(later, {}, later)
    assert nights.children(NIGHT, "only_here") == {}


def test_doubts_of_the_children_read_are_put_in_place_and_know_since_when(record: CaseRecord) -> None:
    kept = DoubtsKept(record.engine)
    kept.replace("903", ["A", "B"], [doubt("A", "k1"), doubt("A", "k1"), doubt("B", "k2"), doubt("", "k0")], NIGHT)
    kept.replace("ssd", ["A"], [doubt("A", "s1")], NIGHT)
    kept.replace("903", ["A"], [doubt("A", "k1"), doubt("A", "k3")], NIGHT + A_MINUTE)
    assert {(one.source, one.child, one.key, one.since) for one in kept.open()} == {
        ("903", "A", "k1", NIGHT),
        ("903", "A", "k3", NIGHT + A_MINUTE),
        ("903", "B", "k2", NIGHT),
        ("ssd", "A", "s1", NIGHT),
    }


def test_what_is_settled_is_settled_once_taken_back_once_and_never_erased(record: CaseRecord) -> None:
    kept = DoubtsKept(record.engine)
    kept.replace("903", ["A"], [doubt("A", "k1"), doubt("A", "k2", "overlap")], NIGHT)
    ticked = of_keys(kept.open(), {"k1"})
    assert [kept.settle(ticked, "mo", "it is right", NIGHT) for _ in range(2)] == [1, 0]
    assert kept.settled() == {"k1"}
    assert [one.key for one in kept.open()] == ["k2"]
    assert [(one.key, one.by, one.why) for one in kept.settlings()] == [("k1", "mo", "it is right")]
    assert kept.open("gap") == []
    assert [kept.reopen(ticked, "mo", NIGHT + A_MINUTE) for _ in range(2)] == [1, 0]
    assert (kept.settled(), kept.settlings()) == (frozenset(), [])
    assert [one.key for one in kept.open("gap")] == ["k1"]
    with pytest.raises(DBAPIError, match="append-only"), record.engine.begin() as connection:
        connection.execute(delete(SettledRow))

"""A request as it is read: what of it is an event, and what is kept as rejected."""

import gzip
import json
from typing import Any

import pytest

from intake.bodies import read_message
from intake.inbox import Arrival
from intake.problems import RequestRefused
from tests.domain.story import raw_events

JSON = {"content-type": "application/json"}


def read(*documents: dict[str, Any]) -> list[Arrival]:
    return read_message(JSON, json.dumps(documents).encode(), "case-system", 100)


def wrong(child: str, **more: Any) -> dict[str, Any]:
    """A correction of r1 whose day no calendar has."""
    return {"type": "ppm_held", "id": "right", "child": child, "on": "2026-02-30", "corrects": "r1", **more}


@pytest.mark.parametrize(
    ("unreadable", "taken"),
    [
        (wrong("CLA-1"), True),
        (wrong("CLA-2"), False),
        (wrong("CLA 2"), False),
        (wrong("CLA-1", plans={"CLA-2": {"primary_plan": "adoption"}}), False),
    ],
    ids=["another child's", "its own", "nobody can say whose", "a meeting for both"],
)
def test_a_voiding_waits_for_a_correction_of_its_own_child_only(unreadable: dict[str, Any], *, taken: bool) -> None:
    """The id of an event is its child's own: r1 of one is not r1 of another."""
    [voiding] = raw_events("2026-01-09 event_voided @CLA-2 #v event=r1 reason=twice")
    first, second = read(unreadable, voiding)

    assert first.event is None
    assert (second.event is not None) is taken
    assert taken or "what stands in for it (corrects) was refused" in str(second.reason)


def test_a_body_may_begin_with_a_byte_order_mark() -> None:
    [review] = raw_events("2026-01-09 review_held @CLA-2 #r")
    [arrived] = read_message(JSON, b"\xef\xbb\xbf" + json.dumps(review).encode(), "case-system", 100)

    assert arrived.event is not None


def test_a_packed_body_is_refused_as_such() -> None:
    body = gzip.compress(json.dumps(raw_events("2026-01-09 review_held @CLA-2 #r")).encode())
    with pytest.raises(RequestRefused) as refused:
        read_message(JSON | {"content-encoding": "gzip"}, body, "case-system", 100)

    assert refused.value.status_code == 415
    assert refused.value.detail == "Content-Encoding: the body is packed; accepted: one as it is, without that header"


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"NaN", b"Infinity"])
def test_a_number_that_no_database_holds_is_no_json(number: bytes) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_message(JSON, b'{"id": "r", "zz": ' + number + b"}", "case-system", 100)

    assert refused.value.status_code == 400
    assert "a number too long, too large or none" in refused.value.detail


def test_an_event_that_cannot_be_read_is_named_by_an_id_as_case_systems_make_them() -> None:
    review = {"type": "review_held", "child": "CLA-2", "on": "2026-02-30"}
    named, hidden = read(review | {"id": "LCS/2026/0017#2"}, review | {"id": "Amy-Jane's"})

    assert str(named.reason).startswith("event LCS/2026/0017#2 (review_held): on: ")
    assert str(hidden.reason).startswith("event without a usable id (review_held): on: ")


def test_events_that_correct_one_another_are_taken_neither_of_them() -> None:
    """Of two entries of a child each would be void by the other, and the child would have no journey."""
    [entry] = raw_events("2026-01-05 became_looked_after @CLA-2 #a")
    arrived = read(entry | {"corrects": "b"}, entry | {"id": "b", "corrects": "a"}, entry | {"id": "c"})

    assert [each.event is None for each in arrived] == [True, True, False]
    assert "event a (became_looked_after): corrects: what it stands in for stands in for it" in str(arrived[0].reason)


def test_a_correction_of_a_correction_is_no_circle_nor_is_one_of_another_child() -> None:
    [review] = raw_events("2026-01-09 review_held @CLA-2 #a")
    chain = read(review, review | {"id": "b", "corrects": "a"}, review | {"id": "c", "corrects": "b"})
    apart = read(review | {"corrects": "b"}, review | {"id": "b", "child": "CLA-3", "corrects": "a"})

    assert all(each.event for each in (*chain, *apart))


def test_an_event_that_corrects_itself_is_left_to_its_journey() -> None:
    """It says what may be corrected: the id of an event that is known."""
    [review] = raw_events("2026-01-09 review_held @CLA-2 #a")
    [arrived] = read(review | {"corrects": "a"})

    assert arrived.event is not None

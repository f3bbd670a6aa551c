"""The inbox keeps what arrives, knows the same event again, and is repaired without losing the original."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, get_args

import pytest
from sqlalchemy import delete, insert, select

from domain.case.documents import parse_event
from intake.inbox import Arrival, CannotAmend, Inbox, InboxState
from intake.inbox_queue import HELD_FOR, InboxQueue, Settled
from record.entries import KnownEvent, RecordEntry
from record.inbox_tables import InboxDeliveryRow
from record.store import CaseRecord
from tests.domain.story import raw_events

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
ENTRY = raw_events("2026-11-02 became_looked_after @C-1 #in")[0]


@pytest.fixture
def record(database_url: str) -> Iterator[CaseRecord]:
    opened = CaseRecord.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def inbox(record: CaseRecord) -> Inbox:
    return Inbox(record.engine)


@pytest.fixture
def queue(record: CaseRecord) -> InboxQueue:
    return InboxQueue(record.engine)


def arrival(document: dict[str, Any]) -> Arrival:
    return Arrival(document, "case-system", event=parse_event(document))


def store(inbox: Inbox, *documents: dict[str, Any]) -> list[int]:
    return [number for number, _ in inbox.store([arrival(document) for document in documents], NOW)]


def settle(queue: InboxQueue, child: str, state: Any, reason: str | None = None) -> None:
    claim = queue.claim(child, NOW)
    assert claim
    waiting = queue.waiting(child, claim, NOW)
    queue.settle([Settled(one.delivery, state, reason) for one in waiting], NOW)
    queue.let_go(child, claim, NOW)


def test_threads_that_store_the_same_event_store_it_once(inbox: Inbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: inbox.store([arrival(ENTRY)], NOW)[0], range(24)))
    assert len({number for number, _ in stored}) == 1
    assert sorted(again for _, again in stored) == [False] + [True] * 23


def test_the_first_content_stands_and_others_are_kept_as_rejected_once(inbox: Inbox) -> None:
    [first] = store(inbox, ENTRY)
    others = store(inbox, ENTRY | {"on": "2026-11-03"}, ENTRY | {"on": "2026-11-03"}, ENTRY | {"on": "2026-11-04"})
    assert others[0] == others[1] != others[2]
    items = inbox.items([first, *others])
    assert items[first].state == "received"
    assert {items[number].state for number in others} == {"rejected"}
    assert "other content" in items[others[0]].reasons[0]


@pytest.mark.parametrize(
    "same",
    [{"plan_agreed": False}, {"note": None}, {"recorded_at": "2026-07-06T17:40:00+01:00"}],
    ids=["what is meant anyway", "nothing", "another offset"],
)
def test_the_same_event_spelled_otherwise_is_the_same(inbox: Inbox, same: dict[str, Any]) -> None:
    """A journey knows it: `"plan_agreed": false` is what a review without the word says."""
    review = {"type": "review_held", "id": "r1", "child": "CLA-1", "on": "2026-07-06"}
    review |= {"recorded_at": "2026-07-06T16:40:00Z"}
    [first] = store(inbox, review)

    assert store(inbox, review | same) == [first]
    assert store(inbox, review | {"plan_agreed": True}) != [first]


def test_what_cannot_be_read_is_kept_with_what_names_it_and_nothing_else(inbox: Inbox) -> None:
    personal = {"id": "Mary Shelley", "child": "C-2", "type": "review_held", "note": "Mary"}
    [(number, _)] = inbox.store([Arrival(personal, "x", reason="event without a usable id: ...")], NOW)
    item = inbox.items([number])[number]
    assert (item.child, item.event_id, item.type, item.state) == ("C-2", None, "review_held", "rejected")
    assert item.document == personal
    assert "Mary" not in repr(item)


def test_one_sender_at_a_time_until_it_lets_go_or_dies(inbox: Inbox, queue: InboxQueue) -> None:
    assert not queue.anybody(NOW)
    store(inbox, ENTRY)
    assert queue.anybody(NOW)
    assert queue.turn(NOW, 10) == ["C-1"]
    claim = queue.claim("C-1", NOW)
    assert claim
    assert queue.claim("C-1", NOW) is None
    assert queue.turn(NOW, 10) == []
    later = NOW + HELD_FOR + timedelta(seconds=1)
    taken_over = queue.claim("C-1", later)
    assert taken_over
    assert queue.waiting("C-1", claim, later) == []
    assert [one.event.id for one in queue.waiting("C-1", taken_over, later)] == ["in"]
    queue.let_go("C-1", claim, later)
    assert queue.claim("C-1", later) is None, "the one that lost it lets go of nothing"


def test_a_failed_delivery_waits_longer_each_time_and_a_new_event_waits_with_it(
    inbox: Inbox, queue: InboxQueue
) -> None:
    store(inbox, ENTRY)
    waits, now = [], NOW
    for _ in range(8):
        claim = queue.claim("C-1", now)
        assert claim
        queue.let_go("C-1", claim, now, failed=True)
        seconds = next(n for n in range(100) if queue.turn(now + timedelta(seconds=n), 1, failed=True))
        waits.append(seconds)
        now += timedelta(seconds=seconds)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    queue.claim("C-1", now)
    queue.let_go("C-1", str(queue.claim("C-1", now)), now, failed=True)
    store(inbox, raw_events("2026-11-05 review_held @C-1 #rev")[0])
    assert queue.turn(now, 1) == queue.turn(now, 1, failed=True) == []
    assert queue.turn(now + timedelta(seconds=30), 1, failed=True) == ["C-1"]


def test_a_sender_of_a_thousand_events_does_not_keep_anothers_only_one_waiting(inbox: Inbox, queue: InboxQueue) -> None:
    flood = [ENTRY | {"child": f"F-{number:04}"} for number in range(1_000)]
    inbox.store([Arrival(raw, "flood", parse_event(raw)) for raw in flood], NOW)
    only = ENTRY | {"child": "Z-1"}
    inbox.store([Arrival(only, "other", parse_event(only))], NOW + timedelta(seconds=1))
    assert queue.turn(NOW + timedelta(seconds=2), 2) == ["F-0000", "Z-1"]


def test_children_whose_journeys_gave_no_answer_have_turns_of_their_own(inbox: Inbox, queue: InboxQueue) -> None:
    stuck = [ENTRY | {"child": f"F-{number}"} for number in range(3)]
    inbox.store([Arrival(raw, "one", parse_event(raw)) for raw in stuck], NOW)
    for raw in stuck:
        queue.let_go(raw["child"], str(queue.claim(raw["child"], NOW)), NOW, failed=True)
    store(inbox, ENTRY | {"child": "Z-1"})
    later = NOW + timedelta(minutes=1)
    assert queue.turn(later, 10) == ["Z-1"]
    assert queue.turn(later, 2, failed=True) == ["F-0", "F-1"]


def test_what_waits_for_a_journey_is_not_written_again_by_the_next_event(inbox: Inbox, queue: InboxQueue) -> None:
    def look(day: int) -> list[datetime | None]:
        now = NOW + timedelta(days=day)
        claim = str(queue.claim("C-1", now))
        assert queue.waiting("C-1", claim, now) == []
        queue.let_go("C-1", claim, now)
        with queue.engine.connect() as connection:
            return list(connection.scalars(select(InboxDeliveryRow.settled_at).order_by(InboxDeliveryRow.number)))

    store(inbox, *(raw_events(f"2026-11-05 review_held @C-1 #rev{n}")[0] for n in range(3)))
    assert look(1) == [NOW + timedelta(days=1)] * 3
    store(inbox, raw_events("2026-11-06 review_held @C-1 #new")[0])
    assert look(2) == [*[NOW + timedelta(days=1)] * 3, NOW + timedelta(days=2)]


def test_without_a_journey_all_is_pending_and_the_entry_goes_first(inbox: Inbox, queue: InboxQueue) -> None:
    early = store(inbox, raw_events("2026-11-05 review_held @C-1 #rev")[0])
    claim = queue.claim("C-1", NOW)
    assert claim
    assert queue.waiting("C-1", claim, NOW) == []
    queue.let_go("C-1", claim, NOW)
    assert inbox.items(early)[early[0]].state == "pending"
    assert queue.turn(NOW + timedelta(days=30), 1) == []
    store(inbox, ENTRY)
    again = queue.claim("C-1", NOW)
    assert again
    assert [one.event.id for one in queue.waiting("C-1", again, NOW)] == ["in", "rev"]


def test_what_takes_an_event_back_goes_to_all_who_have_that_event(inbox: Inbox) -> None:
    plans = json.dumps({"C-2": {"primary_plan": "adoption"}})
    meeting = raw_events("2026-11-05 ppm_held @C-1 #ppm")[0] | {"plans": json.loads(plans)}
    voiding = raw_events("2026-11-06 event_voided @C-1 #void event=ppm")[0]
    voided_in_turn = raw_events("2026-11-07 event_voided @C-1 #back event=void")[0]
    correction = raw_events("2026-11-08 ppm_held @C-1 #alone corrects=ppm")[0]
    numbers = store(inbox, voiding, meeting)
    for number in (numbers[0], *store(inbox, voided_in_turn), *store(inbox, correction)):
        assert [delivery.child for delivery in inbox.items([number])[number].deliveries] == ["C-1", "C-2"]


JOINT = raw_events("2026-11-05 ppm_held @C-1 #ppm")[0] | {"plans": {"C-2": {"primary_plan": "adoption"}}}
VOIDING = raw_events("2026-11-06 event_voided @C-1 #void event=ppm")[0]


def sent_to(inbox: Inbox, number: int) -> list[str]:
    return sorted(delivery.child for delivery in inbox.items([number])[number].deliveries)


def stored_each(inbox: Inbox, *documents: dict[str, Any]) -> list[int]:
    return [number for document in documents for number in store(inbox, document)]


def test_what_takes_a_joint_meeting_back_goes_to_all_who_have_it_whichever_arrives_first(inbox: Inbox) -> None:
    """The voiding arrived on the 6th and the meeting afterwards: the brother had the meeting for good."""
    others = [
        raw_events("2026-11-07 event_voided @C-1 #back event=void")[0],
        raw_events("2026-11-08 ppm_held @C-1 #alone corrects=ppm")[0],
        raw_events("2026-11-09 event_voided @C-1 #not-alone event=alone")[0],
    ]
    unrelated = stored_each(
        inbox,
        raw_events("2026-11-09 review_held @C-1 #rev")[0],
        raw_events("2026-11-09 event_voided @C-1 #other event=rev")[0],
        raw_events("2026-11-09 event_voided @C-3 #elsewhere event=ppm")[0],
    )
    earlier = stored_each(inbox, *reversed(others), VOIDING)
    assert [sent_to(inbox, number) for number in earlier] == [["C-1"]] * 4
    stored_each(inbox, JOINT)
    assert [sent_to(inbox, number) for number in earlier] == [["C-1", "C-2"]] * 4
    assert [sent_to(inbox, number) for number in unrelated] == [["C-1"], ["C-1"], ["C-3"]]
    stored_each(inbox, JOINT, VOIDING)
    assert [sent_to(inbox, number) for number in earlier] == [["C-1", "C-2"]] * 4


def test_a_voiding_between_a_meeting_and_what_voids_it_in_turn_goes_to_all(inbox: Inbox) -> None:
    back = raw_events("2026-11-07 event_voided @C-1 #back event=void")[0]
    numbers = stored_each(inbox, JOINT, back, VOIDING)
    assert [sent_to(inbox, number) for number in numbers] == [["C-1", "C-2"]] * 3


@pytest.mark.parametrize("first", ["meeting", "voiding"])
def test_a_joint_meeting_is_taken_back_by_what_was_recorded_on_the_brother(inbox: Inbox, first: str) -> None:
    his = {**VOIDING, "child": "C-2"}
    order = [JOINT, his] if first == "meeting" else [his, JOINT]
    assert [sent_to(inbox, number) for number in stored_each(inbox, *order)] == [["C-1", "C-2"]] * 2


@pytest.mark.parametrize("known_here", [True, False])
def test_a_voiding_that_a_journey_took_by_another_way_goes_to_the_others_too(
    record: CaseRecord, inbox: Inbox, queue: InboxQueue, *, known_here: bool
) -> None:
    """Sent by `permanence send`, or refused here at first and sent then: the record has it, the brother does not."""
    if known_here:
        store(inbox, ENTRY, VOIDING)
        settle(queue, "C-1", "rejected", "not yet")
    known = [KnownEvent(known_at=NOW, event=VOIDING)]
    record.write(RecordEntry(child="C-1", decided_at=NOW, events=known))
    [meeting] = store(inbox, JOINT)
    assert sent_to(inbox, meeting) == ["C-1", "C-2"]
    [(voiding, again)] = inbox.store([arrival(VOIDING)], NOW)
    assert (sent_to(inbox, voiding), again) == (["C-1", "C-2"], True)


def test_a_correction_that_was_refused_goes_to_nobody_until_it_is_tried_again(inbox: Inbox, queue: InboxQueue) -> None:
    _, correction = store(inbox, ENTRY, raw_events("2026-11-08 ppm_held @C-1 #alone corrects=ppm")[0])
    settle(queue, "C-1", "rejected", "corrects: 'ppm' is no event of the child")
    store(inbox, JOINT)
    assert sent_to(inbox, correction) == ["C-1"]
    assert inbox.retry([correction], NOW) == [correction]
    assert sent_to(inbox, correction) == ["C-1", "C-2"]
    assert queue.turn(NOW, 10) == ["C-1", "C-2"]


def test_retrying_tries_rejected_rows_only(inbox: Inbox, queue: InboxQueue) -> None:
    [number] = store(inbox, ENTRY)
    assert inbox.retry([number, 999], NOW) == []
    settle(queue, "C-1", "rejected", "no")
    assert inbox.retry([number], NOW) == [number]
    assert inbox.items([number])[number].state == "received"
    assert queue.turn(NOW, 1) == ["C-1"]


def test_a_row_turned_down_at_the_door_is_read_again(inbox: Inbox) -> None:
    [(number, _)] = inbox.store([Arrival(ENTRY, "x", reason="a version that did not know this type yet")], NOW)
    assert inbox.retry([number], NOW) == [number]
    assert inbox.items([number])[number].state == "received"
    [(bad, _)] = inbox.store([Arrival({"type": "?"}, "x", reason="unreadable")], NOW)
    assert inbox.retry([bad], NOW) == []
    assert inbox.items([bad])[bad].state == "rejected"


def test_amending_keeps_the_original_and_says_who_and_why(record: CaseRecord, inbox: Inbox, queue: InboxQueue) -> None:
    [number] = store(inbox, ENTRY)
    settle(queue, "C-1", "rejected", "no")
    right = parse_event(ENTRY | {"on": "2026-11-01"})
    new = inbox.amend(number, right, "A. Clerk", "the day was wrong", NOW)
    assert inbox.items([new])[new].amends == number
    assert inbox.items([number])[number].document == ENTRY
    assert [item.number for item in inbox.listed(["received", "rejected"])] == [new]
    with pytest.raises(CannotAmend, match="amended already"):
        inbox.amend(number, right, "A. Clerk", "again", NOW)
    with pytest.raises(CannotAmend, match="no row 999"):
        inbox.amend(999, right, "A. Clerk", "again", NOW)


def test_what_is_listed_and_counted_is_what_each_row_says_of_itself(record: CaseRecord, inbox: Inbox) -> None:
    drawn, states = Random(7), get_args(InboxState)
    numbers = store(inbox, *({**ENTRY, "id": f"entry-{n}"} for n in range(40)))
    refused = inbox.store([Arrival({"type": "?", "n": n}, "x", reason="unreadable") for n in range(3)], NOW)
    with record.engine.begin() as connection:
        connection.execute(delete(InboxDeliveryRow))
        for number in numbers:  # each is of one to three children
            to = [
                {"inbox": number, "child": f"C-{n}", "state": drawn.choice(states)}
                for n in range(drawn.choice((1, 2, 3)))
            ]
            connection.execute(insert(InboxDeliveryRow), to)
    new = inbox.amend(numbers[0], parse_event({**ENTRY, "id": "amended"}), "A. Clerk", "wrong", NOW)

    every = inbox.items([*numbers, *(number for number, _ in refused), new]).values()
    for state in states:
        expected = sorted(one.number for one in every if one.state == state and one.amended_as is None)
        assert [one.number for one in inbox.listed([state])] == expected, state
        assert [one.number for one in inbox.listed([state], limit=2)] == expected[:2]
        assert inbox.count([state]) == len(expected)
    assert inbox.count(states) == len(every) - 1


def test_what_was_taken_is_not_amended_by_its_own_id(inbox: Inbox, queue: InboxQueue) -> None:
    [number] = store(inbox, ENTRY)
    settle(queue, "C-1", "taken")
    with pytest.raises(CannotAmend, match="was taken by C-1"):
        inbox.amend(number, parse_event(ENTRY | {"on": "2026-11-01"}), "A. Clerk", "why", NOW)

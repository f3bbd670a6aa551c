import logging
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from record.entries import RecordEntry, Terms
from record.failures import EntryRefused
from record.store import CaseRecord
from record.verifying import verify
from record.writing import NewlyWritten
from tests.record.entries import CANARIES, CANARY_NAME, KNOWN, action, entry_event, known, rejected, whole_entry


def entry(**more: Any) -> RecordEntry:
    return RecordEntry(child="c1", decided_at=KNOWN, **more)


def everything(record: CaseRecord) -> list[object]:
    return [
        record.children(),
        record.history("c1"),
        record.settled("c1"),
        record.actions(),
        record.outbox(),
        record.rejected(),
    ]


def test_what_is_written_is_read_back(record: CaseRecord) -> None:
    whole = whole_entry()
    written = record.write(whole)

    assert written == NewlyWritten(
        tuple(whole.events), tuple(whole.actions), tuple(whole.skipped), tuple(whole.rejected)
    )
    assert record.children() == ["c1"]
    assert record.history("c1") == whole.events
    assert record.settled("c1") == [a.key for a in (*whole.skipped, *whole.actions)]
    assert [(a.action, a.status, a.decided_at) for a in record.actions("c1")] == [
        (whole.actions[0], "sent", whole.decided_at),
        (whole.skipped[0], "skipped", whole.decided_at),
    ]
    assert [(r.child, r.rejected) for r in record.rejected()] == [("c1", whole.rejected[0])]


def test_only_a_sent_action_goes_to_the_outbox_once_for_each_role(record: CaseRecord) -> None:
    record.write(whole_entry())

    assert [(o.action_key, o.role, o.state, o.created) for o in record.outbox(state="pending")] == [
        (action().key, "iro", "pending", whole_entry().decided_at),
        (action().key, "social_worker", "pending", whole_entry().decided_at),
    ]
    assert record.outbox(state="delivered") == []


def test_writing_again_changes_nothing(record: CaseRecord) -> None:
    record.write(whole_entry())
    before = everything(record)

    assert record.write(whole_entry()) == NewlyWritten()
    assert everything(record) == before


def test_a_longer_retry_adds_only_what_is_new(record: CaseRecord) -> None:
    record.write(whole_entry())
    more = known({"type": "ppm_held", "id": "p1", "child": "c1", "on": "2026-01-14", "primary_plan": "adoption"})

    again = whole_entry().model_copy(update={"events": [*whole_entry().events, more]})

    assert record.write(again) == NewlyWritten(events=(more,))


def test_a_joint_meeting_stands_under_each_of_its_children(record: CaseRecord) -> None:
    plan = {"primary_plan": "adoption"}
    meeting = {
        "type": "ppm_held",
        "id": "joint",
        "child": "c1",
        "on": "2026-01-14",
        "primary_plan": "adoption",
        "plans": {"c1": plan, "c2": plan},
    }
    for child in ("c1", "c2"):
        record.write(RecordEntry(child=child, decided_at=KNOWN, events=[known(meeting)]))

    assert record.history("c1") == record.history("c2") == [known(meeting)]
    assert record.children() == ["c1", "c2"]


def test_history_is_in_the_order_in_which_events_became_known(record: CaseRecord) -> None:
    later = known(entry_event(id="later"), KNOWN + timedelta(hours=1))
    together = [known(entry_event(id=name)) for name in ("b", "a", "c")]
    record.write(entry(events=[later]))
    record.write(entry(events=together))

    assert record.history("c1") == [*together, later]


def test_an_event_id_again_with_other_content_keeps_the_first_and_is_rejected(record: CaseRecord) -> None:
    record.write(whole_entry())
    other = known(entry_event(legal_status="V2"), KNOWN + timedelta(days=1))

    written = record.write(entry(events=[other]))

    assert written.events == ()
    assert record.history("c1") == whole_entry().events
    [_, (child, kept)] = record.rejected("c1")
    assert (child, kept.at, kept.source, kept.payload) == ("c1", other.known_at, "case record", other.event)
    assert "c1-in" in kept.reason
    assert CANARY_NAME not in kept.reason
    assert record.write(entry(events=[other])) == NewlyWritten()


def test_an_event_id_twice_in_one_entry_keeps_the_first(record: CaseRecord) -> None:
    first, second = known(entry_event()), known(entry_event(legal_status="V2"))

    written = record.write(entry(events=[first, second]))

    assert written.events == (first,)
    assert [r.payload for r in written.rejected] == [second.event]


def test_the_same_event_known_again_later_is_the_same_event(record: CaseRecord) -> None:
    record.write(entry(events=[known(entry_event())]))

    assert record.write(entry(events=[known(entry_event(), KNOWN + timedelta(days=1))])) == NewlyWritten()


def test_an_action_is_settled_once(record: CaseRecord) -> None:
    record.write(entry(skipped=[action()]))

    assert record.write(entry(actions=[action()])) == NewlyWritten()
    assert [a.status for a in record.actions()] == ["skipped"]
    assert record.outbox() == []


def test_rejections_that_differ_are_all_kept(record: CaseRecord) -> None:
    odd: list[Any] = [None, [], {}, "text", 0, {"note": "\x00"}]
    record.write(entry(rejected=[rejected(payload=payload) for payload in odd]))

    assert [r.rejected.payload for r in record.rejected()] == odd


def test_what_no_database_can_hold_as_it_is_does_not_stop_a_journey(record: CaseRecord) -> None:
    """PostgreSQL knows no NUL in a text and no NaN in JSON; a write that is refused would be tried for ever."""
    odd = rejected("type: 'a\0b' is unknown", payload={"a": float("nan"), "b": "\ud800"})
    record.write(entry(rejected=[odd], actions=[action(message="a\0b")]))

    assert [(r.rejected.reason, r.rejected.payload) for r in record.rejected()] == [
        ("type: 'a\ufffdb' is unknown", {"a": None, "b": "\ud800"})
    ]
    assert [a.action.message for a in record.actions()] == ["a\ufffdb"]
    assert record.write(entry(rejected=[odd])) == NewlyWritten()
    assert verify(record.engine).faults == []


def test_an_action_without_due_date_keeps_the_event_that_set_it_off(record: CaseRecord) -> None:
    notice = action("ppm-invitations", kind="notice", rung=0, due=None, event="e1", period=2)
    record.write(entry(actions=[notice]))

    assert [a.action for a in record.actions()] == [notice]
    assert record.settled("c1") == [notice.key]


def test_actions_since_an_instant_are_those_decided_then_or_later(record: CaseRecord) -> None:
    record.write(whole_entry())
    decided = whole_entry().decided_at

    assert len(record.actions(since=decided)) == 2
    assert record.actions(since=decided + timedelta(microseconds=1)) == []
    assert len(record.actions(since=decided.astimezone(timezone(timedelta(hours=5))))) == 2


def test_instants_come_back_in_utc_and_compare_by_time(record: CaseRecord) -> None:
    east = timezone(timedelta(hours=5))
    early = known(entry_event(id="early"), datetime(2026, 1, 5, 12, tzinfo=east))
    late = known(entry_event(id="late"), datetime(2026, 1, 5, 8, tzinfo=UTC))
    record.write(entry(events=[late, early]))

    assert record.history("c1") == [early, late]
    assert {k.known_at.tzinfo for k in record.history("c1")} == {UTC}


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (entry(events=[known({"type": "became_looked_after", "note": "Quagga"})]), "id: missing"),
        (entry(events=[known(entry_event(surname=CANARY_NAME))]), "surname"),
        (entry(events=[known(entry_event(), KNOWN.replace(tzinfo=None))]), "no zone"),
        (entry(actions=[action(at=KNOWN.replace(tzinfo=None), message=CANARY_NAME)]), "no zone"),
        (entry(actions=[action(message=f"{CANARY_NAME}\ud800")]), "cannot hold a value"),
        (entry(rejected=[rejected(payload={"a": object(), "b": "Quagga"})]), "cannot hold a value"),
    ],
)
def test_a_broken_entry_is_refused_whole_without_showing_its_values(
    record: CaseRecord, broken: RecordEntry, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good_and_broken = whole_entry().model_copy(
        update={
            name: getattr(broken, name) or getattr(whole_entry(), name) for name in ("events", "actions", "rejected")
        }
    )

    with pytest.raises(EntryRefused, match=said) as refused:
        record.write(good_and_broken)

    assert refused.value.__cause__ is None
    assert not [c for c in CANARIES if c in str(refused.value) or c in caplog.text]
    assert everything(record) == [[], [], [], [], [], []]


def test_what_a_journey_runs_under_is_chained_when_it_changes_and_the_latest_is_read(record: CaseRecord) -> None:
    first, second = Terms(policy="ppm-procedure", quiet=(KNOWN, KNOWN + timedelta(days=3)), load="l"), Terms(policy="p")
    for terms in (first, first, second, second, None):
        record.write(entry(terms=terms))
    assert record.terms("c1") == second
    assert record.terms("c2") is None
    assert verify(record.engine).entries == 2
    assert verify(record.engine).faults == []


def test_what_is_over_by_its_key_alone_is_noted_once_and_nobody_is_told(record: CaseRecord) -> None:
    notice = action(kind="notice", rung=0, due=None, event="e:1")
    keys = [action().key, notice.key]
    record.write(entry(settled=keys))
    record.write(entry(actions=[action(), notice], settled=keys))
    assert record.settled("c1") == keys
    assert {(a.action.key, a.status) for a in record.actions("c1")} == {(key, "skipped") for key in keys}
    assert record.outbox() == []
    assert verify(record.engine).faults == []

import json
import logging
import traceback
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import activities.case_record
from activities.case_record import CaseRecordActivities
from record import engine
from record.entries import RecordEntry
from record.failures import RecordUnavailable
from record.store import CaseRecord
from tests.record.entries import CANARIES, CANARY_NAME, KNOWN, action, entry_event, known, whole_entry


@pytest.fixture(autouse=True)
def fresh_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger keeps the configuration it was first used with, which another test may have made."""
    monkeypatch.setattr(activities.case_record, "log", structlog.get_logger())


def write(record: CaseRecord, entry: RecordEntry) -> list[dict[str, Any]]:
    """Run the activity and answer with what it logged."""
    with capture_logs() as lines:
        ActivityEnvironment().run(CaseRecordActivities(record).write_case_record, entry)
    return [dict(line) for line in lines]


def test_each_new_event_action_and_rejection_is_one_line(record: CaseRecord) -> None:
    taken, due, rejected = write(record, whole_entry())

    assert taken == {
        "event": "event_taken",
        "log_level": "info",
        "child": "c1",
        "event_id": "c1-in",
        "type": "became_looked_after",
        "on": "2026-01-05",
    }
    assert due == {
        "event": "action_due",
        "log_level": "info",
        "child": "c1",
        "obligation": "initial-ppm",
        "occurrence": 1,
        "kind": "escalation",
        "rung": 1,
        "to": ["iro", "social_worker"],
        "due": "2026-01-19",
        "at": "2026-01-12T09:00:00+00:00",
        "late_seconds": 7.0,
    }
    assert rejected == {
        "event": "event_rejected",
        "log_level": "info",
        "child": "c1",
        "at": "2026-01-05T10:30:00+00:00",
    }
    json.dumps([taken, due, rejected])


def test_a_repeat_logs_nothing(record: CaseRecord) -> None:
    write(record, whole_entry())

    assert write(record, whole_entry()) == []


def test_only_what_is_new_is_logged(record: CaseRecord) -> None:
    write(record, whole_entry())
    more = whole_entry().model_copy(update={"actions": [*whole_entry().actions, action(rung=2)]})

    assert [(line["event"], line["rung"]) for line in write(record, more)] == [("action_due", 2)]


def test_nothing_personal_reaches_the_log(record: CaseRecord, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    write(record, whole_entry())
    contradiction = known(entry_event(legal_status="V2"), KNOWN + timedelta(hours=1))
    lines = write(record, RecordEntry(child="c1", decided_at=KNOWN, events=[contradiction]))

    assert [line["event"] for line in lines] == ["event_rejected"]
    assert not [c for c in CANARIES if c in caplog.text or c in str(lines)]


def test_a_broken_entry_is_retried_and_shows_nothing_personal(record: CaseRecord) -> None:
    broken = RecordEntry(child="c1", decided_at=KNOWN, events=[known(entry_event(legal_status=CANARY_NAME + " x"))])

    with pytest.raises(ApplicationError) as refused:
        write(record, broken)

    assert (refused.value.non_retryable, refused.value.type) == (False, "EntryRefused")
    shown = "".join(traceback.format_exception(refused.value))
    assert "legal_status" in shown
    assert not [c for c in CANARIES if c in shown]


def test_a_database_that_is_gone_is_retried(record: CaseRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.1)
    with record.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE outbox")

    with pytest.raises(RecordUnavailable) as raised:
        write(record, whole_entry())

    shown = "".join(traceback.format_exception(raised.value))
    assert not [c for c in CANARIES if c in shown]
    assert record.actions() == []

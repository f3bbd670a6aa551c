"""`permanence inbox` and `permanence intake new-credential`, on a case record that no service uses."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.case.documents import parse_event
from intake.inbox import Arrival, Inbox
from intake.inbox_queue import NO_JOURNEY_YET, InboxQueue, Settled
from record.store import CaseRecord
from tests.domain.story import raw_events
from tests.local.programs import quick

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
PENDING = raw_events("2026-11-05 review_held @C-1 #rev")[0] | {"note": "Mary was there"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """One event that waits for its child's journey, one that is none."""
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    Inbox(record.engine).store(
        [
            Arrival(PENDING, "mosaic", event=parse_event(PENDING)),
            Arrival({"id": "x", "note": "Mary"}, "mosaic", reason="event x: type: missing"),
        ],
        NOW,
    )
    queue = InboxQueue(record.engine)
    claim = queue.claim("C-1", NOW)
    assert claim
    queue.settle([Settled(1, "pending", NO_JOURNEY_YET)], NOW)
    queue.let_go("C-1", claim, NOW)
    yield tmp_path
    record.close()


def test_it_lists_what_waits_and_what_was_rejected_without_what_is_personal(home: Path) -> None:
    listed = quick(home, "inbox")
    assert (listed.code, "rev (review_held)" in listed.out, "type: missing" in listed.out) == (0, True, True)
    assert "Mary" not in listed.out + quick(home, "inbox", "--json").out
    rows = quick(home, "inbox", "--json").json
    assert [(row["event"], row["state"], row["credential"]) for row in rows] == [
        ("rev", "pending", "mosaic"),
        ("x", "rejected", "mosaic"),
    ]
    assert [row["event"] for row in quick(home, "inbox", "--state", "pending", "--json").json] == ["rev"]
    assert quick(home, "inbox", "--child", "C-9", "--json").json == []
    assert "Mary" in quick(home, "inbox", "--documents").out
    assert "accepted: received, pending" in quick(home, "inbox", "--state", "odd").err


def test_retry_and_amend(home: Path, tmp_path: Path) -> None:
    assert "not tried: 1, 2" in quick(home, "inbox", "retry", "1", "2").err
    assert quick(home, "inbox", "retry").code == 2
    assert quick(home, "inbox", "retry", "--all").code == 0

    file = tmp_path / "right.json"
    file.write_text(json.dumps(PENDING | {"child": "C-2"}), "utf-8")
    amended = quick(home, "inbox", "amend", "1", str(file), "--by", "A. Clerk", "--reason", "another child's")
    assert (amended.code, amended.err) == (0, "")
    rows = quick(home, "inbox", "--json").json
    assert [(row["child"], row["state"], row["amends"]) for row in rows] == [
        (None, "rejected", None),
        ("C-2", "received", 1),
    ]
    again = quick(home, "inbox", "amend", "1", str(file), "--by", "A. Clerk", "--reason", "again")
    assert (again.code, "amended already" in again.err) == (2, True)


def test_without_a_case_record_it_says_where_one_would_be(tmp_path: Path) -> None:
    listed = quick(tmp_path, "inbox")
    assert (listed.code, "permanence up" in listed.err) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_credential_is_shown_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    made = quick(tmp_path, "intake", "new-credential", "mosaic", "--role", "events:write", "--role", "inbox:read")
    file = tmp_path / "credentials.toml"
    assert made.out.startswith("pmn_")
    assert made.out.strip() not in file.read_text("utf-8")
    assert 'roles = ["events:write", "inbox:read"]' in file.read_text("utf-8")
    assert "--renew" in quick(tmp_path, "intake", "new-credential", "mosaic").err
    assert quick(tmp_path, "intake", "new-credential", "mosaic", "--renew", "--signing").out.startswith("whsec_")
    assert quick(tmp_path, "intake", "new-credential", "Mosaic System").code == 2
    assert "accepted: events:write" in quick(tmp_path, "intake", "new-credential", "x", "--role", "all").err

"""The file of a child: complete, checkable without our program, and readable."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from delivery.account import account_as_data
from delivery.ledger import Attempt, CarriedLine, Ledger
from domain.case.documents import parse_event
from intake.inbox import Arrival, Inbox
from record.chain import append
from record.entries import RecordEntry
from record.export import case_file, knows
from record.page import page
from record.store import CaseRecord
from tests.record.entries import KNOWN, action, entry_event, known, rejected, whole_entry

NOW = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
NASTY = '<script>alert("x")</script> & <b>'


def told(id_: str, type_: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "id": id_, "child": "c1", "on": "2026-01-14", "by": "A. Nyasha", **more}


VOIDED = told("v1", "event_voided", event="m1", reason=f"entered twice {NASTY}")
WAIVED = told("w1", "obligation_waived", obligation="initial-ppm", reason="in hospital", authorised_by="T. Manager")
JOINT = told(
    "m2",
    "ppm_held",
    primary_plan="adoption",
    plans={"c1": {"primary_plan": "special_guardianship"}, "c2": {"primary_plan": "adoption"}},
)


@pytest.fixture
def record(record: CaseRecord) -> CaseRecord:
    """A child with a life: a meeting voided, one held jointly, a waiver that came by the inbox, a mail sent."""
    event = parse_event(WAIVED)
    Inbox(record.engine).store([Arrival(document=WAIVED, credential="eclipse", event=event)], KNOWN)
    events = [entry_event(), told("m1", "ppm_held", primary_plan="adoption", note=NASTY), JOINT, VOIDED, WAIVED]
    record.write(
        RecordEntry(
            child="c1",
            decided_at=NOW,
            events=[known(event) for event in events],
            actions=[action()],
            skipped=[action(kind="reminder")],
            rejected=[rejected(f"type: {NASTY}")],
        )
    )
    record.write(whole_entry("c2"))
    with record.engine.begin() as connection:
        append(connection, "c1", "delivery", {"outcome": "sent"}, at=NOW, ref="d1")
    return record


@pytest.fixture
def file(record: CaseRecord) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(case_file(record, "c1", NOW, account_as_data)))
    return made


def test_the_file_holds_everything_of_one_child_and_nothing_of_another(file: dict[str, Any]) -> None:
    assert [event["document"] for event in file["events"]][2:] == [JOINT, VOIDED, WAIVED]
    assert [one["status"] for one in file["actions"]] == ["skipped", "sent"]
    assert [len(file[name]) for name in ("outbox", "rejected", "voidings", "inbox")] == [2, 1, 1, 1]
    assert [entry["position"] for entry in file["chain"]] == list(range(1, 11))
    assert {row["child"] for rows in file.values() if isinstance(rows, list) for row in rows if "child" in row} == {
        "c1"
    }
    assert (file["verified"], file["chain_head"]["position"]) == ({"up_to": 10, "faults": []}, 10)


def test_a_decision_names_who_and_by_which_credential(file: dict[str, Any]) -> None:
    voided, waived = file["decisions"]

    assert (voided["by"], voided["credential"], voided["decision"]["event"]) == ("A. Nyasha", None, "m1")
    assert (waived["by"], waived["credential"], waived["decision"]["authorised_by"]) == (
        "A. Nyasha",
        "eclipse",
        "T. Manager",
    )


def test_the_file_can_be_checked_without_this_program(file: dict[str, Any]) -> None:
    """As docs/adr tells an auditor to: nothing of ours is used here."""

    def sha256(value: object) -> str:
        return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def row_of(entry: dict[str, Any]) -> dict[str, Any]:
        table, name = {
            "event": ("events", "event_id"),
            "decision": ("events", "event_id"),
            "action": ("actions", "key"),
            "rejected": ("rejected", "content"),
        }[entry["kind"]]
        [row] = [row for row in file[table] if row[name] == entry["ref"]]
        return {name: value for name, value in row.items() if name != "number" and value is not None}

    previous = ""
    for entry in file["chain"]:
        assert entry["digest"] == sha256(entry["content"] if entry["content"] is not None else row_of(entry))
        linked = ("child", "position", "kind", "ref", "digest", "by", "credential", "at", "previous")
        assert entry["previous"] == previous
        assert entry["hash"] == sha256({name: entry[name] for name in linked})
        previous = entry["hash"]
    assert previous == file["chain_head"]["hash"]


def test_nothing_is_known_of_a_stranger(record: CaseRecord) -> None:
    assert not knows(case_file(record, "nobody", NOW, account_as_data))


class Text(HTMLParser):
    """What a reader sees, and what the page would fetch or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def seen(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_page_tells_the_life_in_words(file: dict[str, Any]) -> None:
    seen = Text(page(file)).seen

    for words in (
        "Case record of c1",
        "Became looked after 5 January 2026",
        "care order (C2)",
        "plan of this child primary plan: special guardianship held jointly with 1 other child",
        "Voided on 14 January 2026: entered twice",
        "Escalation 1: initial PPM",
        "planned IRO; social worker",
        "What was late 1: initial PPM",
        "People told nobody Not sent, or in doubt 2 planned",
        "Due 19 January 2026; S1 §2",
        "Passed over: something sent later said more",
        "by A. Nyasha, credential eclipse; entry",
        "authorised by: T. Manager",
        f"had 10 entries; its head was {file['chain_head']['hash']}",
        "Every entry up to number 10",
    ):
        assert words in seen
    assert "c2" not in seen


def test_the_page_needs_nothing_else_and_runs_nothing(file: dict[str, Any]) -> None:
    html = page(file)
    text = Text(html)

    assert not text.tags & {"script", "link", "img", "iframe", "form", "object"}
    assert text.links == []
    assert not re.search(r"url\(|@import|https?:", html)
    assert NASTY in text.seen
    assert NASTY not in html


def test_a_page_of_a_record_that_was_rewritten_says_so_first(file: dict[str, Any]) -> None:
    file["verified"]["faults"] = [{"position": 3, "what": "event m1 was changed"}]
    seen = Text(page(file)).seen

    assert "This record is not as it was written. Entry 3: event m1 was changed" in seen
    assert "Every entry up to" not in seen


def test_what_was_told_to_whom_is_on_the_page(record: CaseRecord) -> None:
    """To one role by itself, to another in a summary of many, which no attempt of the child's own speaks of."""
    sent = action()
    by_mail: dict[str, Any] = {"attempt": 1, "channel": "smtp", "address": None, "at": None, "via": "holder"}
    alone = Attempt(
        delivery=f"c1/{sent.key}/p-7/smtp",
        child="c1",
        action_key=sent.key,
        role="iro",
        person="p-7",
        reference="K7QX-2MPA-V4TD",
        outcome="sent",
        began=NOW,
        ended=NOW,
        **by_mail,
    )
    summary = replace(
        alone,
        delivery="load/903/7/p-8/p-8/smtp",
        child=None,
        action_key=None,
        role=None,
        person="p-8",
        reference="AAAA-BBBB-CCCC",
    )
    ledger = Ledger(record.engine)
    ledger.write(alone)
    ledger.write(summary, lines=[CarriedLine("c1", sent.key, "social_worker")])

    made = case_file(record, "c1", NOW, account_as_data)
    seen = Text(page(made)).seen
    assert "sent 1 Jul 2026 09:30 by mail: p-7 as IRO" in seen
    assert "sent 1 Jul 2026 09:30 in the summary by mail: p-8 as social worker" in seen
    assert "People told 2, in 2 messages: p-7, p-8" in seen
    assert made["verified"]["faults"] == []
    assert [entry["content"].get("person") for entry in made["chain"] if entry["kind"] == "delivery"][-2:] == [
        "p-7",
        "p-8",
    ]


def test_the_page_says_what_is_booked_and_that_its_day_has_passed(record: CaseRecord) -> None:
    booked = told("b1", "review_booked", **{"for": "2026-06-30"})
    record.write(RecordEntry(child="c1", decided_at=NOW, events=[known(booked)]))
    text = page(json.loads(json.dumps(case_file(record, "c1", NOW, account_as_data))))
    assert "<dt>Booked</dt><dd>Looked-after review for 30 June 2026; that day has passed</dd>" in text

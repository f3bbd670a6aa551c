"""No control character of any data reaches a terminal, a page, a calendar or a log line raw: each is written out."""

import json
import logging
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.app import app
from cli.screen import Screen
from delivery.account import account_as_data
from delivery.calendar_feed import feed_of
from delivery.case_now import Cases, years
from delivery.digest import Caseloads
from delivery.links import Links
from delivery.people import People
from domain.case.documents import parse_event
from domain.case.facts import Known
from domain.policy.loading import Policies
from domain.visible import visible
from intake.problems import problem
from record.entries import KnownEvent, RecordEntry
from record.export import case_file
from record.page import page
from record.store import CaseRecord
from service.logs import configure_logs
from tests.delivery.offices import office
from workflows.view import Shown

RAW = "\x1b[31m\x07\x9b\x7f\u200b\u2028\u202e\u2066\ufeff"
WRITTEN_OUT = "".join(f"\\u{ord(one):04x}" if one not in "[31m" else one for one in RAW)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ODD = st.text(
    st.one_of(st.sampled_from("\0\a\b\n\v\f\r\x1b\x7f\x85\x9b\u200b\u2028\u202e\u2066"), st.characters(codec="utf-8")),
    min_size=1,
    max_size=30,
)


def events(said: str, child: str = "CLA-1") -> list[dict[str, Any]]:
    """A case in which everything that people write says the same."""
    common = {"child": child, "by": said, "note": said}
    entry = {"type": "became_looked_after", "on": "2026-01-05", "date_of_birth": "2020-05-01", "legal_status": "C2"}
    named = {"team": said, "people": {"social_worker": said}}
    late = {"type": "lateness_explained", "on": "2026-03-01", "obligation": "initial-ppm", "reason": said}
    booked = {"type": "review_booked", "on": "2026-01-07", "for": "2026-06-02"}
    plan = {"type": "plan_changed", "on": "2026-02-02", "primary_plan": "adoption", "reasons": said}
    return [
        entry | named | common | {"id": "e1"},
        late | common | {"id": "e2"},
        booked | common | {"id": "e3\x9b\u202e"},
        plan | common | {"id": "e4"},
    ]


def known(said: str) -> list[Known]:
    return [Known(parse_event(one), datetime.fromisoformat(f"{one['on']}T12:00Z")) for one in events(said)]


def assert_written_out(text: str) -> None:
    assert visible(text, lines=True) == text


def said_by(*command: str) -> str:
    """What a command says on either stream."""
    result = CliRunner().invoke(app, command, prog_name="permanence")
    assert result.exit_code in (0, 2)
    return result.output


@settings(max_examples=6, deadline=None)  # each some eight tenths of a second: the command as a whole
@example(RAW)
@given(ODD.filter(lambda said: "\0" not in said))  # a NUL is refused before
def test_whatever_an_event_says_a_terminal_shows_and_never_obeys(
    tmp_path_factory: pytest.TempPathFactory, said: str
) -> None:
    path = tmp_path_factory.mktemp("odd") / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, events(said))), "utf-8")
    under = (str(path), "--policy", "ppm-procedure")

    agenda_shown = said_by("agenda", *under, "--at", "2026-03-02")
    assert "CLA-1" in agenda_shown
    assert_written_out(agenda_shown)
    for more in ([], ["--json"]):
        assert_written_out(said_by("simulate", *under, "--until", "2026-03-02", *more))
    one = ("--child", "CLA-1", "--obligation", "initial-ppm")
    assert_written_out(said_by("explain", *under, *one, "--at", "2026-03-02"))
    path.write_text(json.dumps(events(said)[0] | {"legal_status": said, "id": "e\x9b5", said: said}), "utf-8")
    refused = said_by("agenda", *under, "--at", "2026-03-02")
    assert "1 line of the file is refused" in refused
    assert_written_out(refused)


def test_a_terminal_is_told_what_stood_there() -> None:
    screen, shown = Screen(), StringIO()
    screen.file = shown

    screen.print(f"A note: {RAW} [bold]")

    assert shown.getvalue() == f"A note: {WRITTEN_OUT} [bold]\n"


def test_no_page_has_them(tmp_path: Path) -> None:
    journey = Cases(Policies.load(), "ppm-procedure").at("CLA-1", known(RAW), NINE)
    assert journey is not None
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}")
    kept = [KnownEvent(known_at=one.known_at, event=raw) for one, raw in zip(known(RAW), events(RAW), strict=True)]
    record.write(RecordEntry(child="CLA-1", decided_at=NINE, events=kept))

    in_the_ui = Shown(journey.journey, NINE, 1).page([f"refused: {RAW}"])
    of_the_record = page(case_file(record, "CLA-1", NINE, account_as_data))
    record.close()

    for shown in (in_the_ui, of_the_record):
        assert_written_out(shown)
        assert "u001b" in shown


def test_no_calendar_and_no_problem_document_has_them() -> None:
    case = Cases(Policies.load(), "ppm-procedure").at("CLA-1", known(RAW), NINE)
    assert case is not None
    loads = Caseloads([case], People(office()), NINE, years(2025, 2027))

    feed = feed_of(loads, ["duty-desk"], Links("https://ui.example.org")).decode()

    assert "review_booked-e3" in feed.replace("\r\n ", "")
    assert_written_out(feed.replace("\r\n", "\n"))
    assert_written_out(bytes(problem(400, RAW).body).decode())


def test_no_log_line_has_them() -> None:
    root, before, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure_logs("INFO", stream := StringIO())
        structlog.get_logger("ours").info(RAW, child=RAW)
        logging.getLogger("theirs").warning("%s", RAW)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()

    assert_written_out(stream.getvalue())
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == [RAW, RAW]


@given(st.text())
def test_writing_out_changes_nothing_else_and_json_stays_the_same_document(text: str) -> None:
    assert json.loads(visible(json.dumps(text, ensure_ascii=False), lines=True)) == text
    assert visible(visible(text)) == visible(text)
    assert not any(ord(one) < 32 for one in visible(text))
    plain = "".join(one for one in text if one.isprintable())
    assert visible(plain) == plain


def test_names_and_dates_of_the_field_are_as_they_were() -> None:
    for text in ("Zoë Ní Bhriain, №\N{NO-BREAK SPACE}7", "S1 §2 – “early”", f"{date(2026, 1, 7):%d %B}", "李小龍 🙂"):
        assert visible(text) == text

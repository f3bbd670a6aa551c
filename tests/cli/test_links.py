"""`acknowledge`, `explain-lateness` and `calendar link`, as far as they need no running service.

What they change in a journey is in tests/local/test_up.py.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import cli.links
from delivery.ledger import Attempt, Ledger
from delivery.references import digest_reference, reference_of
from delivery.tokens import Tokens, key_in
from domain.case.documents import document_of, parse_event
from domain.journey import Journey
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.delivery.offices import OFFICE
from tests.domain.story import calendar, policies, raw_events


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / "directory.toml").write_text(OFFICE, "utf-8")
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    monkeypatch.setenv("PERMANENCE_LINKS_URL", "https://permanence.example/")
    monkeypatch.setenv("PERMANENCE_DELIVERY_DIRECTORY", str(tmp_path / "directory.toml"))
    monkeypatch.setenv("PERMANENCE_DEFAULT_POLICY", "ppm-procedure")
    return tmp_path


def test_a_calendar_has_an_address_that_says_nothing_and_can_be_read_back(run: Run, settings: Path) -> None:
    shown = run("calendar", "link", "s-worker")
    assert shown.exit_code == 0, shown.stderr
    address = shown.stdout.strip()
    assert address.startswith("https://permanence.example/calendar/")
    assert "Worker" not in address
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert Tokens([key_in(settings)]).read_calendar(token) == ("s-worker", 1)


def test_the_key_is_made_once_and_only_its_owner_reads_it(settings: Path) -> None:
    assert key_in(settings) == key_in(settings)
    assert (settings / "links.key").stat().st_mode & 0o077 == 0


def test_an_unknown_person_is_refused(run: Run, settings: Path) -> None:
    refused = run("calendar", "link", "nobody")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "nobody is called 'nobody'" in refused.stderr


@pytest.mark.parametrize("setting", ["PERMANENCE_LINKS_URL", "PERMANENCE_DELIVERY_DIRECTORY"])
def test_a_setting_that_is_missing_is_named(
    run: Run, settings: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.delenv(setting)
    refused = run("calendar", "link", "s-worker")
    assert refused.exit_code == 2
    assert setting in refused.stderr


def test_without_a_case_record_there_is_nothing_to_acknowledge(run: Run, settings: Path) -> None:
    failed = run("acknowledge", "K7QX-2MPA-V4TD", "--by", "s-worker")
    assert failed.exit_code == 1
    assert "there is no case record" in failed.stderr


# What a person at the command line types

NOW = datetime.now(UTC)
IN_CARE = NOW - timedelta(days=20)
DUE_AFTER = timedelta(days=14)
"""The planning meeting was due so much later, six days ago; the IRO and the social worker have been told."""


def in_care(home: Path, *children: str) -> dict[str, str]:
    """Children whose planning meeting is overdue and whose social worker is Sam; the reference of each."""
    record, references = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}"), {}
    for child in children:
        happened = f"""
        {IN_CARE:%Y-%m-%d} became_looked_after @{child} #{child}-in
        {IN_CARE:%Y-%m-%d} person_assigned @{child} #{child}-sw role=social_worker contact=s-worker
        """
        journey = Journey(child, policies().resolve("ppm-procedure"), calendar())
        events_then = [parse_event(raw) for raw in raw_events(happened)]
        known = [KnownEvent(known_at=IN_CARE, event=document_of(event)) for event in events_then]
        first, then = journey.step(IN_CARE, events_then), journey.step(NOW)
        actions, skipped = [*first.actions, *then.actions], list(then.skipped)
        record.write(RecordEntry(child=child, decided_at=NOW, events=known, actions=actions, skipped=skipped))
        late = next(a for a in actions if (a.kind, a.obligation) == ("escalation", "initial-ppm"))
        references[child] = reference_of(child, late.key)
    record.close()
    return references


def read_a_digest(home: Path, person: str) -> str:
    """Somebody was sent a digest this morning; its reference."""
    record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
    day = f"{NOW:%Y-%m-%d}"
    Ledger(record.engine).write(
        Attempt(
            delivery=f"digest/{day}/{person}/smtp", attempt=1, child=None, action_key=None, role=None, person=person,
            via="self", channel="smtp", address="0123", reference=digest_reference(person, day), outcome="sent",
            at=NOW, began=NOW, ended=NOW,
        )
    )  # fmt: skip
    record.close()
    return digest_reference(person, day)


def test_at_a_terminal_it_is_said_who_will_not_hear_before_anybody_is_asked(
    run: Run, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = in_care(settings, "CLA-1")["CLA-1"]
    monkeypatch.setattr(cli.links, "at_a_terminal", lambda: True)
    until = f"{NOW + timedelta(days=24):%Y-%m-%d}"
    shown = run("acknowledge", reference, "--by", "s-worker", "--until", until, input="n\n")
    assert shown.exit_code == 0, shown.stderr
    changes, _, after = shown.stdout.partition("Acknowledge it as Sam Worker? [y/N]")
    assert "who would be told on" in changes
    assert "will not hear." in changes or "instead, if it is not done by then." in changes
    assert "Nothing is acknowledged." in after


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("s-wroker", "nobody is called s-wroker in the directory; did you mean s-worker?"),
        ("i-first", "i-first left on 10 January 2026"),
        ("duty-desk", "it must be a person, by key or work mail address; duty-desk is a team"),
        ("private@example.com", "nobody in the directory has this mail address"),
    ],
)
def test_only_a_person_of_the_directory_acknowledges_and_explains(run: Run, settings: Path, who: str, why: str) -> None:
    reference = in_care(settings, "CLA-1")["CLA-1"]
    for command in (("acknowledge", reference), ("explain-lateness", reference, "--reason", "Ill.")):
        refused = run(*command, "--by", who)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert why in refused.stderr
        assert "private@" not in refused.stderr


def test_a_reference_with_a_slip_or_beyond_the_limit_is_refused_in_words(run: Run, settings: Path) -> None:
    reference = in_care(settings, "CLA-1")["CLA-1"]
    slip = ("A" if reference[0] != "A" else "B") + reference[1:]
    for typed, more, why in (
        (slip, (), "no message has this reference; compare it with the message"),
        ("K7QX", (), "this is no reference; accepted: twelve letters and digits"),
        (
            reference,
            ("--until", f"{NOW + timedelta(days=60):%Y-%m-%d}"),
            "and nothing has changed; accepted: from today",
        ),
        (reference, ("--child", "CLA-2"), "this is about CLA-1, initial-ppm, and not what was named"),
    ):
        refused = run("acknowledge", typed, "--by", "s-worker", *more)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert why in refused.stderr


def test_without_a_directory_nobody_can_be_checked(run: Run, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = in_care(settings, "CLA-1")["CLA-1"]
    monkeypatch.delenv("PERMANENCE_DELIVERY_DIRECTORY")
    refused = run("acknowledge", reference, "--by", "s-worker")
    assert refused.exit_code == 2
    assert "PERMANENCE_DELIVERY_DIRECTORY must name the directory" in refused.stderr


def test_the_reference_of_a_digest_lists_its_lines_and_takes_the_one_that_is_named(
    run: Run, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An IRO's digest of nine children: which is meant must be said."""
    children = [f"CLA-{number}" for number in range(1, 10)]
    references = in_care(settings, *children)
    digest = read_a_digest(settings, "i-second")
    monkeypatch.setattr(cli.links, "at_a_terminal", lambda: True)

    which = run("acknowledge", digest, "--by", "i-second")
    assert (which.exit_code, which.stdout) == (2, "")
    assert "this is the digest of i-second on" in which.stderr
    late = (datetime.now(UTC).date() - (IN_CARE + DUE_AFTER).date()).days  # to now: a run may go on over midnight
    for child, reference in references.items():
        meeting = "Initial permanency planning meeting (initial-ppm)"
        assert f"{reference}  {child}: {meeting}, {late} days overdue" in which.stderr

    one = run("acknowledge", digest, "--by", "i-second", "--child", "CLA-7", input="n\n")
    assert one.exit_code == 0, one.stderr
    assert "CLA-7: Initial permanency planning meeting, due on" in one.stdout
    none = run("acknowledge", digest, "--by", "i-second", "--child", "CLA-12")
    assert "nothing like it is overdue" in none.stderr
    theirs = read_a_digest(settings, "m-north")
    assert "nothing of it is overdue" in run("acknowledge", theirs, "--by", "m-north").stderr

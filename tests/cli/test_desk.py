"""`permanence desk`: what a service manager or whoever runs the service does about the desk from the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk.page_views import PageViews
from desk.sessions import Sessions
from desk.ways_in import OneTimeLinks
from domain.case.events import LONDON
from record.protections import OPEN, Protection, Protections
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.delivery.offices import OFFICE

NOW = datetime.now(UTC)


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_file: str) -> CaseRecord:
    (tmp_path / "directory.toml").write_text(OFFICE, "utf-8")
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    monkeypatch.setenv("PERMANENCE_DATABASE_URL", record_file)
    monkeypatch.setenv("PERMANENCE_DELIVERY_DIRECTORY", str(tmp_path / "directory.toml"))
    return CaseRecord.open(record_file)


def test_a_child_is_restricted_a_person_excluded_and_both_lifted(run: Run, record: CaseRecord) -> None:
    why = ("--reason", "A relative works here")
    assert run("desk", "restrict", "C-1", "--only", "s-worker", *why, "--review", "2099-01-05").exit_code == 0
    assert run("desk", "exclude", "C-1", "--person", "a-patel", *why).exit_code == 0
    protections = Protections(record.engine)
    assert protections.of("C-1") == Protection(frozenset({"s-worker"}), frozenset({"a-patel"}))

    assert "2 lifted" in run("desk", "lift", "C-1").stdout
    assert protections.of("C-1") == OPEN


@pytest.mark.parametrize(
    "command",
    [
        ("restrict", "C-1", "--only", "nobody-here", "--reason", "x", "--review", "2099-01-05"),
        ("exclude", "C-1", "--person", "nobody-here", "--reason", "x"),
        ("link", "--as", "nobody-here"),
    ],
)
def test_whom_the_directory_does_not_know_is_refused(run: Run, record: CaseRecord, command: tuple[str, ...]) -> None:
    refused = run("desk", *command)
    assert refused.exit_code == 2
    assert "nobody is called 'nobody-here'" in refused.stderr
    assert Protections(record.engine).of("C-1") == OPEN


def test_who_is_signed_in_is_shown_and_revoked(run: Run, record: CaseRecord) -> None:
    sessions = Sessions(record.engine)
    cookies = [sessions.begin("demo", "demo", "s-worker", [], NOW) for _ in range(2)]
    assert run("desk", "sessions").stdout.count("s-worker") == 2

    assert "2 sessions of s-worker ended" in run("desk", "revoke", "s-worker").stdout

    assert "s-worker" not in run("desk", "sessions").stdout
    revoked = sessions.find(cookies[0] or "")
    assert revoked is not None
    assert revoked.why == "revoked"


def test_who_looked_at_a_child_is_shown(run: Run, record: CaseRecord) -> None:
    views = PageViews(record.engine)
    views.write(NOW, "s-worker", "C-1", "/children/{child}", "allocated", allowed=True)
    views.write(NOW, "a-patel", "C-1", "/children/{child}", None, allowed=False)

    shown = run("desk", "views", "C-1").stdout

    assert shown.index("a-patel") < shown.index("s-worker"), "the latest first"
    assert "not let" in shown


def test_an_audit_has_every_view_of_a_child_or_a_person_as_csv(run: Run, record: CaseRecord) -> None:
    views = PageViews(record.engine)
    for day in range(250):
        views.write(NOW + timedelta(days=day), "s-worker", "C-1", "/children/{child}", "allocated", allowed=True)
    views.write(NOW, "s-worker", "=1+1", "/children/{child}", None, allowed=False)

    of_child = run("desk", "views", "C-1", "--csv").stdout.splitlines()
    assert of_child[0] == "at,person,child,page,relation,allowed"
    assert len(of_child) == 251
    first = NOW.astimezone(LONDON)
    assert of_child[-1] == f"{first.isoformat(timespec='seconds')},s-worker,C-1,/children/{{child}},allocated,yes"
    of_day = run("desk", "views", "--person", "s-worker", "--until", str(first.date()), "--csv").stdout
    assert "'=1+1,/children/{child},,no" in of_day
    assert len(of_day.splitlines()) == 3
    assert "name a child" in run("desk", "views").stderr


def test_a_link_for_once_is_printed_while_there_is_no_provider(
    run: Run, record: CaseRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = run("desk", "link", "--as", "s-worker").stdout.strip()
    key = (tmp_path / "links.key").read_text("utf-8")
    assert OneTimeLinks([key]).read(link.rpartition("/")[2]) == "s-worker"

    monkeypatch.setenv("PERMANENCE_DESK_ISSUER", "https://login.example.org")
    assert run("desk", "link").exit_code == 2


def test_whether_the_look_up_of_names_works_is_told_without_a_name(
    run: Run, record: CaseRecord, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "no look-up is set" in run("desk", "names").stderr
    file = tmp_path / "names.csv"
    monkeypatch.setenv("PERMANENCE_DESK_NAMES_FILE", str(file))
    assert "cannot be read (FileNotFoundError)" in run("desk", "names").stderr
    file.write_text("child,label\nC-1,Zephyr Q.\n", "utf-8")
    answer = run("desk", "names")
    assert "It works: 0 of 0" in answer.stdout
    assert "Zephyr" not in answer.stdout

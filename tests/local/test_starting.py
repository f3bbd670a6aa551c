"""`permanence up` starts, stops, is killed and goes on, and what it says where it cannot: each in a home of its own."""

import random
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from service.ports import GRPC, HOST, UI, own_port
from tests.fewer import MORE
from tests.local.programs import Up, quick, up
from tests.local.test_up import a_child, file_of

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_up_killed_at_any_moment_of_its_first_start_leaves_what_the_next_can_start_on(tmp_path: Path) -> None:
    """In the tenth of a second in which Temporal makes its tables, in our migrations, and just after."""
    home = tmp_path / "home"
    for file in ("temporal.db", "case-record.db") * (2 if MORE else 1):
        starting = Up(home, "up")
        deadline = time.monotonic() + 60
        while not (home / file).exists():
            assert time.monotonic() < deadline, starting.said()
            time.sleep(0.002)
        time.sleep(random.random() / 10)
        starting.kill()
        for half_made in home.glob("temporal.db*") if file == "temporal.db" else ():
            assert half_made.stat().st_mode & 0o077 == 0
    with up(home) as service:
        assert quick(home, "send", file_of(tmp_path, a_child("W-1"))).code == 0
        assert service.stop() == 0


@contextmanager
def taken(*ports: int) -> Iterator[set[int]]:
    """This test listens at these ports, but for those that somebody has who may leave at any moment."""
    with ExitStack() as stack:
        held = set()
        for port in ports:
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                listener.bind((HOST, port))
                listener.listen()
                held.add(port)
        yield held


def ports_of(service: Up) -> set[int]:
    addresses = [service.address(of) for of in ("Temporal server", "Temporal UI", "Metrics")]
    return {int(port) for address in addresses for port in re.findall(r":(\d+)", address)}


def test_each_next_one_goes_on_where_the_last_was_stopped_or_killed(tmp_path: Path) -> None:
    """The first one beside others, whose ports it steps around."""
    home, metrics = tmp_path / "home", own_port()
    with taken(GRPC, UI, metrics) as held, up(home, afresh=True, PERMANENCE_METRICS_PORT=str(metrics)) as first:
        assert metrics in held
        assert ports_of(first).isdisjoint(held)
        assert quick(home, "send", file_of(tmp_path, a_child("V-1"))).code == 0
        began = time.monotonic()
        assert first.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 12
        assert "Stopping." in first.said()

    gone = quick(home, "status", "V-1")
    assert gone.code == 1
    assert "permanence up" in gone.err

    with up(home) as second:
        status = quick(home, "status", "V-1", "--json")
        assert status.code == 0, status.err
        assert status.json["journey"]["events"] == 2
        assert quick(home, "send", file_of(tmp_path, a_child("V-2"))).code == 0
        second.kill()

    with up(home) as third:
        assert [row["child"] for row in quick(home, "caseload", "--json").json] == ["V-1", "V-2"]
        assert third.stop(signal.SIGTERM) == 0


def test_a_database_that_is_none_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "temporal.db").write_text("Dear diary, this is no database.")
    failed = quick(tmp_path, "up")
    assert failed.code == 1
    assert "is no SQLite database, or is damaged" in failed.err
    assert "mv " in failed.err


def test_a_case_record_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "case-record.db").write_text("Dear diary, this is no database either." * 100)
    failed = quick(tmp_path, "up")
    assert failed.code == 1
    assert "case record" in failed.err
    assert "not a database" in failed.err


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    failed = quick(tmp_path / "file" / "home", "up")
    assert failed.code == 1
    assert "home" in failed.err
    assert "unexpected" not in failed.err


@pytest.mark.parametrize("arguments", [("send",), ("status", "X"), ("caseload",)])
def test_without_a_service_it_says_how_to_start_one(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    given = (*arguments, file_of(tmp_path, a_child("X"))) if arguments == ("send",) else arguments
    failed = quick(tmp_path / "home", *given)
    assert failed.code == 1
    assert "Start one with `permanence up`" in failed.err


def test_a_server_of_ones_own_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """The SDK's threads used to abort the interpreter at its end, one time in six; so several at once each night."""
    numbers = range(3 if MORE else 1)
    started = [Up(tmp_path / str(number), "caseload", afresh=True, TEMPORAL_ADDRESS=f"{HOST}:1") for number in numbers]
    for failed in started:
        assert failed.process.wait(60) == 1, failed.said()
        assert f"{HOST}:1" in failed.said()
        assert "Traceback" not in failed.said()
    assert not list(tmp_path.glob("*/temporal.db"))


def test_up_waits_for_a_server_of_ones_own_and_stops_at_once_when_told(tmp_path: Path) -> None:
    waiting = Up(tmp_path, "up", TEMPORAL_ADDRESS=f"{HOST}:1")
    try:
        assert "Waiting for the Temporal server: no Temporal server answers at 127.0.0.1:1" in waiting.until_ready()
        assert waiting.stop(signal.SIGTERM) == 0, waiting.said()
    finally:
        waiting.kill()
    assert "Traceback" not in waiting.said()


def test_settings_that_are_wrong_are_named(tmp_path: Path) -> None:
    failed = quick(tmp_path, "up", PERMANENCE_METRICS_PORT="many")
    assert failed.code == 2
    assert "PERMANENCE_METRICS_PORT" in failed.err


def test_an_unknown_default_policy_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    failed = quick(tmp_path, "up", PERMANENCE_DEFAULT_POLICY="nonsense")
    assert failed.code == 2
    assert (
        "policy 'nonsense' is unknown; known: england-statutory, iro-handbook, ppm-procedure, quick-guide" in failed.err
    )


def test_the_demo_lives_and_leaves(tmp_path: Path) -> None:
    demo = Up(tmp_path / "home", "demo", "--children", "1", "--exit")
    try:
        assert demo.process.wait(120) == 0, demo.said()
    finally:
        demo.kill()
    shown = demo.said()
    assert "CLA-3001" in shown or "left care" in shown
    assert "Temporal UI" in shown
    assert "workflows?query=" in shown
    assert "Traceback" not in shown


def test_a_case_record_restored_alone_is_told_and_its_journeys_go_on(tmp_path: Path) -> None:
    home = tmp_path / "restored"
    home.mkdir()
    record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
    [entry, review] = a_child("R-1")
    now = datetime.now(UTC)
    known = [KnownEvent(known_at=now, event=event) for event in (entry, review)]
    record.write(RecordEntry(child="R-1", decided_at=now, events=known))
    record.close()
    with up(home) as service:
        deadline = time.monotonic() + 60
        while "1 did not run and go on from the case record" not in service.said():
            assert time.monotonic() < deadline, service.said()
            time.sleep(0.1)
        assert [row["child"] for row in quick(home, "caseload", "--json").json] == ["R-1"]

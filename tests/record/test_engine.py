import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DatabaseError, OperationalError

from record import engine
from record.failures import RecordUnavailable, in_plain_words
from record.store import CaseRecord
from record.verifying import verify
from record.writing import NewlyWritten
from record.writing import write as write_entry
from tests.databases import PostgreSQL
from tests.record.entries import CANARIES, whole_entry
from tests.record.programs import at_once, killed, write, write_until_the_commit


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.1)


@pytest.fixture
def locked(file_url: str) -> Iterator[None]:
    CaseRecord.open(file_url).close()
    other = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


def test_processes_that_open_and_write_at_once_write_once(empty_url: str) -> None:
    assert sorted(at_once(write, empty_url, 3)) == [0, 0, 1]
    assert len(CaseRecord.open(empty_url).outbox()) == 2


def test_a_new_file_that_another_program_is_at_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "record.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    later = threading.Timer(0.3, other.close)
    later.start()

    assert CaseRecord.open(f"sqlite:///{file}").children() == []
    later.join()


def test_threads_that_write_at_once_write_once(record: CaseRecord) -> None:
    with ThreadPoolExecutor(16) as pool:
        written = list(pool.map(lambda _: record.write(whole_entry()), range(64)))

    assert sum(w != NewlyWritten() for w in written) == 1
    assert len(record.outbox()) == 2


def test_a_process_killed_before_its_commit_leaves_nothing(url: str) -> None:
    killed(write_until_the_commit, url)

    record = CaseRecord.open(url)
    assert (record.children(), record.actions(), record.outbox(), record.rejected()) == ([], [], [], [])
    assert len(record.write(whole_entry()).events) == 1


def test_a_failure_half_way_leaves_nothing(record: CaseRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("record.writing.outbox_values", fail)
    with pytest.raises(RuntimeError):
        record.write(whole_entry())

    assert (record.children(), record.actions()) == ([], [])


@pytest.mark.usefixtures("forced_to_the_disk")
def test_the_file_is_written_ahead_and_synchronised_in_full(file_url: str) -> None:
    with CaseRecord.open(file_url).engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_reader_is_not_held_up_by_a_writer(impatient: None, file_url: str, locked: None) -> None:
    assert CaseRecord.open(file_url).children() == []


def test_readers_of_this_process_wait_for_no_writer_and_see_what_was_committed(impatient: None, file_url: str) -> None:
    record = CaseRecord.open(file_url)
    with record.engine.begin() as connection:
        write_entry(connection, whole_entry("first"))
        with ExitStack() as stack:  # all but one of its connections are in use
            for _ in range(engine.SQLITE_READERS - 1):
                stack.enter_context(engine.readers(record.engine).connect())
            assert record.children() == []

    assert record.children() == ["first"]
    with pytest.raises(DatabaseError, match="readonly"), engine.readers(record.engine).begin() as connection:
        write_entry(connection, whole_entry("second"))
    record.close()


def test_a_locked_file_is_told_and_may_be_tried_again(impatient: None, file_url: str, locked: None) -> None:
    with pytest.raises(RecordUnavailable, match="another program holds it locked") as raised:
        CaseRecord.open(file_url).write(whole_entry())

    assert not [c for c in CANARIES if c in str(raised.value)]
    assert raised.value.__cause__ is None


def write_of_many(record: CaseRecord, children: int) -> None:
    for number in range(children):
        record.write(whole_entry(f"c{number}"))


def test_a_full_disk_is_told_and_loses_nothing(file_url: str) -> None:
    record = CaseRecord.open(file_url)
    with record.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RecordUnavailable, match="the disk is full"):
        write_of_many(record, 500)
    held = record.children()
    with record.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")

    assert verify(record.engine).faults == []
    assert record.write(whole_entry("later")).events
    assert record.children() == [*held, "later"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordUnavailable, match=r"nowhere/record\.db cannot be used: .* does the folder exist"):
        CaseRecord.open(f"sqlite:///{tmp_path}/nowhere/record.db")


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all, " * 1000)

    with pytest.raises(RecordUnavailable, match="the file is not a database"):
        CaseRecord.open(f"sqlite:///{tmp_path}/letter.txt")


@pytest.mark.parametrize("url", ["", "record.db", "oracle://host/name", "nothing://name"])
def test_a_url_of_no_database_of_ours_is_told(url: str) -> None:
    with pytest.raises(RecordUnavailable, match="must be like sqlite:///FILE"):
        CaseRecord.open(url)


def test_a_driver_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(RecordUnavailable, match="driver is not installed: psycopg"):
        CaseRecord.open("postgresql+psycopg://user:secret@host/name")


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine.OUT_OF_REACH, "connect_timeout", 2)  # the least that PostgreSQL's library takes
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(RecordUnavailable) as raised:
        CaseRecord.open(f"postgresql+psycopg://user:secret@127.0.0.1:{silent.getsockname()[1]}/name")

    assert raised.value.passing
    assert "the database server does not answer" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_an_open_connection_is_given_up_when_its_server_is_gone(postgresql: PostgreSQL) -> None:
    """As PostgreSQL's library has it of each connection; what the URL says comes first."""
    with postgresql.database(postgresql.migrated) as url:
        record, patient = CaseRecord.open(url), CaseRecord.open(f"{url}&tcp_user_timeout=90000")
        with record.engine.connect() as ours, patient.engine.connect() as theirs:
            given = [connection.connection.driver_connection for connection in (ours, theirs)]
            limits = [c.info.get_parameters() for c in given if c is not None]
        record.close()
        patient.close()

    assert {**limits[0], **{k: str(v) for k, v in engine.OUT_OF_REACH.items()}} == limits[0]
    assert [each["tcp_user_timeout"] for each in limits] == ["30000", "90000"]


def test_a_worker_needs_no_right_to_change_tables_or_to_delete(postgresql: PostgreSQL) -> None:
    """As docs/operating.md has it: the tables belong to another user."""
    with postgresql.database(postgresql.migrated) as url:
        owner = CaseRecord.open(url)
        with owner.engine.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE worker LOGIN")
            connection.exec_driver_sql("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO worker")
            connection.exec_driver_sql("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO worker")
        worker = CaseRecord.open(url.replace("//permanence@", "//worker@"))

        assert worker.write(whole_entry()).events
        assert verify(worker.engine).faults == []
        with pytest.raises(DatabaseError, match="must be owner"), worker.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER events_no_update ON events")
        worker.close()
        owner.close()


def test_a_server_that_refuses_is_not_said_to_be_out_of_reach(postgresql: PostgreSQL) -> None:
    for url in (
        postgresql.url("no_such"),
        postgresql.url("postgres").replace("//permanence@", "//nobody_here:secret@"),
    ):
        with pytest.raises(RecordUnavailable, match="refuses the connection: look at user, password") as refused:
            CaseRecord.open(url)
        assert refused.value.passing
        assert "secret" not in str(refused.value)


def test_a_server_that_is_full_or_just_starts_is_not_said_to_refuse_a_password(postgresql: PostgreSQL) -> None:
    """Both come as a connection that failed, without a code (seen on 30 November 2026 while a server was restarted)."""
    postgresql.run("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    with pytest.raises(RecordUnavailable, match="the database server has no connection left"):
        CaseRecord.open(postgresql.url("postgres").replace("//permanence@", "//crowded@"))
    said = psycopg.OperationalError("connection failed: FATAL:  the database system is starting up")
    with pytest.raises(RecordUnavailable, match="the database server is just starting or stopping"), in_plain_words():
        raise OperationalError("SELECT 1", {}, said)

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

from record.engine import open_engine
from record.failures import RecordUnavailable
from record.migrating import HEAD, KNOWN, SCRIPTS, revision_of
from record.store import CaseRecord
from record.tables import Table
from tests.record.entries import whole_entry

ROOT = Path(__file__).parents[2]


@contextmanager
def plain(url: str) -> Iterator[Connection]:
    """The database as it is, not brought up to date."""
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_an_empty_database_is_brought_to_head(empty_url: str) -> None:
    open_engine(empty_url).dispose()

    with plain(empty_url) as connection:
        assert revision_of(connection) == HEAD


def test_the_migrations_make_the_tables_of_the_models(empty_url: str) -> None:
    open_engine(empty_url).dispose()
    for path in (ROOT / "record").glob("*tables.py"):
        import_module(f"record.{path.stem}")

    with plain(empty_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Table.metadata) == []


def test_a_database_from_before_migrations_keeps_its_rows(tmp_path: Path) -> None:
    before = sqlite3.connect(tmp_path / "before.db")
    before.executescript((Path(__file__).parent / "before_migrations.sql").read_text())
    before.close()

    record = CaseRecord.open(f"sqlite:///{tmp_path / 'before.db'}")

    assert record.history("c1") == whole_entry().events
    assert [(a.action, a.status) for a in record.actions()] == [
        (whole_entry().actions[0], "sent"),
        (whole_entry().skipped[0], "skipped"),
    ]
    assert len(record.outbox()) == 2
    assert [r.rejected for r in record.rejected()] == whole_entry().rejected
    with record.engine.connect() as connection:
        assert revision_of(connection) == HEAD


def test_a_database_of_a_newer_version_is_refused_in_words(empty_url: str) -> None:
    open_engine(empty_url).dispose()
    with plain(empty_url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(RecordUnavailable, match=f"newer version .* at revision 9999; this one knows 0001 to {HEAD}"):
        open_engine(empty_url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails after it has made tables."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("record.migrations.guards.refuse", fail)
    with pytest.raises(RuntimeError):
        open_engine(empty_url)

    with plain(empty_url) as connection:
        assert inspect(connection).get_table_names() == []


def test_a_program_killed_while_it_migrates_leaves_the_database_as_it_was(empty_url: str) -> None:
    code = """
        import os, signal, sys
        from record import engine
        from record.migrations import guards
        guards.refuse = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
        engine.open_engine(sys.argv[1])
    """
    killed = subprocess.run([sys.executable, "-c", dedent(code), empty_url], cwd=ROOT, check=False)
    assert killed.returncode == -9

    with plain(empty_url) as connection:
        assert inspect(connection).get_table_names() == []
    assert CaseRecord.open(empty_url).write(whole_entry()).events


def test_a_database_at_head_is_opened_without_loading_alembic(empty_url: str) -> None:
    open_engine(empty_url).dispose()
    code = (
        "import sys; from record.engine import open_engine; open_engine(sys.argv[1]); print('alembic' in sys.modules)"
    )
    opened = subprocess.run(
        [sys.executable, "-c", code, empty_url], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert opened.stdout.strip() == "False"


def test_the_migrations_are_one_line_named_by_their_numbers() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    line = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert line == sorted(KNOWN, reverse=True)
    assert [f"{number:04}" for number in range(1, len(KNOWN) + 1)] == KNOWN

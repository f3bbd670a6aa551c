from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from shutil import copytree

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
from tests.record.programs import killed, loads_alembic, migrate_half

pytestmark = pytest.mark.usefixtures("migrations_themselves")
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


LATER = f"""
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{HEAD}"


def upgrade():
    op.add_column("events", sa.Column("shelf", sa.String(), nullable=True))
"""
"""A change that a later version might make."""


def test_a_later_version_adds_to_the_tables_and_keeps_what_is_written(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = CaseRecord.open(empty_url)
    record.write(whole_entry())
    record.close()
    copytree(SCRIPTS, tmp_path / "later")
    (tmp_path / "later" / "versions" / "9000_shelf.py").write_text(LATER, "utf-8")
    monkeypatch.setattr("record.migrating.SCRIPTS", tmp_path / "later")
    monkeypatch.setattr("record.migrating.KNOWN", [*KNOWN, "9000"])
    monkeypatch.setattr("record.migrating.HEAD", "9000")

    later = CaseRecord.open(empty_url)

    with later.engine.connect() as connection:
        assert revision_of(connection) == "9000"
        assert "shelf" in {column["name"] for column in inspect(connection).get_columns("events")}
    assert later.history("c1") == whole_entry().events
    assert later.write(whole_entry()).events == ()
    later.close()


def test_a_database_of_a_newer_version_is_refused_in_words(empty_url: str) -> None:
    open_engine(empty_url).dispose()
    with plain(empty_url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(RecordUnavailable, match=f"newer version .* at revision 9999; this one knows them up to {HEAD}"):
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
    killed(migrate_half, empty_url)

    with plain(empty_url) as connection:
        assert inspect(connection).get_table_names() == []
    assert CaseRecord.open(empty_url).write(whole_entry()).events


def test_a_database_at_head_is_opened_without_loading_alembic(empty_url: str) -> None:
    open_engine(empty_url).dispose()

    assert not loads_alembic(empty_url)


def test_the_migrations_are_one_line_named_by_their_numbers() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    line = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert line == sorted(KNOWN, reverse=True)
    assert all(len(number) == 4 and number.isdecimal() for number in KNOWN)

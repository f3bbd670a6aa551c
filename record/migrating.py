"""Bringing a database to the tables of this version, whatever earlier version made it.

A migration is a file `migrations/versions/NNNN_what.py`; its number is its revision. So what this program knows is
read off the names of the files, and Alembic is loaded only when there is something to do.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from record.failures import RecordUnavailable

SCRIPTS = Path(__file__).parent / "migrations"
KNOWN = sorted(path.name[:4] for path in SCRIPTS.glob("versions/[0-9]*.py"))
HEAD = KNOWN[-1]

ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(20100401)"}
"""One program at a time migrates; the others wait for it and find nothing left to do."""


def migrate(engine: Engine) -> None:
    """Bring the database to HEAD, all or nothing. Raises RecordUnavailable if a newer version made it."""
    with engine.connect() as connection:
        if _known(revision_of(connection)) == HEAD:
            return
    with engine.begin() as connection:
        connection.exec_driver_sql(ALONE[engine.dialect.name])
        if _known(revision_of(connection)) != HEAD:
            _upgrade(connection)


def revision_of(connection: Connection) -> str | None:
    """The revision a database is at; None of an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _known(revision: str | None) -> str | None:
    if revision is not None and revision not in KNOWN:
        raise RecordUnavailable(
            f"the case record belongs to a newer version of permanence (its tables are at revision {revision}; "
            f"this one knows them up to {HEAD}): install that version, or restore the backup from before",
            passing=False,
        )
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    command.upgrade(config, "head")

"""Which installation a case record is of."""

from datetime import datetime

from sqlalchemy import Engine, select

from record.engine import insert_new
from record.failures import in_plain_words
from record.installation_tables import InstallationRow

THE_ONE = 1
"""The number of the only row, so that of two programs that write at once one is first."""


def identity_of(engine: Engine) -> str | None:
    """The identity a record has, if it has one. Raises RecordUnavailable."""
    with in_plain_words(), engine.connect() as connection:
        return connection.execute(select(InstallationRow.name).where(InstallationRow.number == THE_ONE)).scalar()


def take_on(engine: Engine, identity: str, now: datetime) -> str:
    """Give a record an identity unless it has one already; the one that stands. Raises RecordUnavailable."""
    with in_plain_words(), engine.begin() as connection:
        insert_new(connection, InstallationRow, [{"number": THE_ONE, "name": identity, "since": now}])
        return connection.execute(select(InstallationRow.name).where(InstallationRow.number == THE_ONE)).scalar_one()

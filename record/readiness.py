"""Whether the case record can be written: by writing to it.

A select is answered by a database that is locked, read-only or full; then events would be refused while the service
calls itself ready. A write that is rolled back never reaches the disk, so this one is committed.
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, update

from record.engine import insert_new
from record.failures import in_plain_words
from record.readiness_tables import ReadinessRow

QUESTION: Final = "can this be written?"


def write_a_row(engine: Engine) -> None:
    """Write the one row and commit. Raises RecordUnavailable, with the reason in words."""
    now = datetime.now(UTC)
    with in_plain_words(), engine.begin() as connection:
        if not connection.execute(update(ReadinessRow).values(answered_at=now)).rowcount:
            insert_new(connection, ReadinessRow, [{"question": QUESTION, "answered_at": now}])

"""What sources said is kept: of each part the latest reading counts, and none is changed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from record.extract_tables import ExtractRow
from record.extracts import Extract, Extracts
from record.store import CaseRecord

READ = datetime(2026, 11, 25, 12, tzinfo=UTC)


def extract(child: str, part: str, said: str, minutes: int = 0) -> Extract:
    at = READ + timedelta(minutes=minutes)
    return Extract("903", child, part, at, date(2025, 4, 1), date(2026, 3, 31), {"Reviews": [said]})


def test_the_latest_reading_of_each_part_counts(record: CaseRecord) -> None:
    extracts = Extracts(record.engine)
    first, other = extract("CLA-1", "2025", "24/07/2025"), extract("CLA-2", "2025", "none")
    extracts.keep([first, extract("CLA-1", "2024", "older"), other])
    then = extract("CLA-1", "2025", "23/07/2025", minutes=1)
    extracts.keep([then, then])
    latest = extracts.latest("903", ["CLA-1", "CLA-3"])
    assert latest == {"CLA-1": [extract("CLA-1", "2024", "older"), then]}
    assert extracts.latest("lcs", ["CLA-1"]) == {}


def test_the_database_keeps_what_was_said(record: CaseRecord) -> None:
    Extracts(record.engine).keep([extract("CLA-1", "2025", "24/07/2025")])
    with pytest.raises(DBAPIError, match="append-only"), record.engine.begin() as connection:
        connection.execute(delete(ExtractRow))

"""The log of views: kept for as long as is said, and a year whatever is said."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from desk.page_views import PageViews
from record.failures import EntryRefused
from record.old_views import drop_old_views
from record.store import CaseRecord

NOW = datetime.now(UTC)
YEAR = timedelta(days=365.25)


def test_old_views_are_taken_away_and_what_is_under_a_year_old_never(record: CaseRecord) -> None:
    views = PageViews(record.engine)
    for years in (7, 6.1, 5.9, 0.9):
        views.write(NOW - years * YEAR, "anna", "N-1", f"/{years}", "allocated", allowed=True)

    assert drop_old_views(record.engine, NOW - 6 * YEAR) == 2
    assert [one.page for one in views.of_child("N-1")] == ["/0.9", "/5.9"]
    with pytest.raises(EntryRefused):
        drop_old_views(record.engine, NOW)
    with pytest.raises(Exception, match="append-only"), record.engine.begin() as connection:
        connection.execute(text("UPDATE desk_views SET person = 'ben'"))
    assert len(views.of_child("N-1")) == 2

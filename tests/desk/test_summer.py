"""The desk at half past midnight in summer, when it is the day before still by UTC."""

from datetime import UTC, datetime, tzinfo
from typing import Self

import pytest

from desk import admission
from tests.desk.office import Office

HALF_PAST_MIDNIGHT = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
"""Wednesday 1 July 2026, 00:30 in London."""


class AtNight(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(HALF_PAST_MIDNIGHT.timestamp(), tz)


@pytest.fixture(autouse=True)
def _at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "datetime", AtNight)


async def test_what_escalated_lately_is_since_the_day_that_it_says(office: Office) -> None:
    """Ten working days before 1 July: its list began on the 17th, and the page said the 16th."""
    head = await office.browser("head", began=HALF_PAST_MIDNIGHT)
    assert "since 17 June 2026" in (await head.get("/desk/oversight?tab=escalations")).text

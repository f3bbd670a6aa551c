"""The case record is locked, or slow, for longer than a local activity may take; every journey wakes again."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from activities.models import RecordEntry
from record.engine import PATIENCE
from record.store import CaseRecord
from record.writing import Written
from tests.domain.story import london
from tests.workflows.house import House, Life, house_in
from tests.workflows.test_record_down import until_attempt

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")
APART = PATIENCE / 4
"""Seconds between the updates: the second gets the record's one connection when the first has waited for the lock for
all of `PATIENCE`, and waits again, longer than the five seconds of a local activity."""


class Slow(CaseRecord):
    """A real case record on a disk that answers when it is told to."""

    answers = threading.Event()

    def write(self, entry: RecordEntry) -> Written:
        self.answers.wait()
        return super().write(entry)


@contextmanager
def locked(record: Path) -> Iterator[None]:
    """The record locked, as a backup or another program may."""
    with closing(sqlite3.connect(record, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def timed_out(life: Life) -> bool:
    """Whether a local activity of the journey has run out of time."""
    failures = [event.marker_recorded_event_attributes.failure for event in await life.history()]
    return any(failure.HasField("timeout_failure_info") for failure in failures)


async def test_four_journeys_take_an_update_each_while_the_record_is_locked(house: House) -> None:
    lives = [await house.begin(ENTRY, TEN) for _ in range(4)]
    updates = []
    with locked(house.folder / "case-record.db"):
        for life in lives:
            updates.append(asyncio.create_task(life.tell("2026-01-05 ppm_held primary_plan=adoption")))
            await asyncio.sleep(APART)
        await asyncio.gather(*(until_attempt(life, 1) for life in lives))

    assert [answer.stage for answer in await asyncio.wait_for(asyncio.gather(*updates), 60)] == ["ppm"] * 4
    assert any([await timed_out(life) for life in lives])

    for life in lives:
        await wakes(life)


async def test_a_journey_that_no_worker_keeps_wakes_again_after_a_timeout(tmp_path: Path) -> None:
    """Each wake is a replay then, as after a restart or an eviction, by the worker's own means."""
    record = Slow.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    assert isinstance(record, Slow)
    record.answers.set()
    async with house_in(tmp_path, record=record, cached_journeys=0) as house:
        life = await house.begin(ENTRY, TEN)
        record.answers.clear()
        update = asyncio.create_task(life.tell("2026-01-05 ppm_held primary_plan=adoption"))
        try:
            await until_attempt(life, 1)
        finally:
            record.answers.set()
        assert (await asyncio.wait_for(update, 30)).stage == "ppm"
        assert await timed_out(life)
        await wakes(life)


async def wakes(life: Life) -> None:
    """For an event, and for its next dates."""
    assert (await life.tell("2026-01-05 care_proceedings_issued")).taken
    await life.forward("2026-01-21")
    assert life.recorded() == ["became_looked_after", "ppm_held", "care_proceedings_issued"]
    assert "ppm-decisions-sent/1 reminder 1" in life.sent()

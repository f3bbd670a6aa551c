"""The case record is locked, or slow, for longer than one attempt may take; every journey wakes again."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from record.entries import RecordEntry
from record.store import CaseRecord
from record.writing import NewlyWritten
from tests.domain.story import london
from tests.workflows.house import House, Life, house_in
from tests.workflows.test_record_down import until_attempt
from workflows import effects

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")


class Slow(CaseRecord):
    """A real case record on a disk that answers when it is told to."""

    answers = threading.Event()

    def write(self, entry: RecordEntry) -> NewlyWritten:
        self.answers.wait()
        return super().write(entry)


@contextmanager
def locked(record: Path) -> Iterator[None]:
    """The record locked, as a backup or another program may."""
    with closing(sqlite3.connect(record, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_four_journeys_take_an_update_each_while_the_record_is_locked(house: House) -> None:
    """Longer than `PATIENCE`: each journey's attempt gives up, and the server asks again."""
    lives = [await house.begin(ENTRY, TEN) for _ in range(4)]
    with locked(house.folder / "case-record.db"):
        updates = [asyncio.create_task(life.tell("2026-01-05 ppm_held primary_plan=adoption")) for life in lives]
        await asyncio.gather(*(until_attempt(life, 2) for life in lives))

    assert [answer.stage for answer in await asyncio.wait_for(asyncio.gather(*updates), 60)] == ["ppm"] * 4

    for life in lives:
        await wakes(life)


async def test_a_journey_that_no_worker_keeps_wakes_again_after_a_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wake is a replay then, as after a restart or an eviction, by the worker's own means.

    The attempt that was given up writes after all, and so does the next: it counts once.
    """
    monkeypatch.setattr(effects, "LONGEST", timedelta(seconds=2))
    record = Slow.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    assert isinstance(record, Slow)
    record.answers.set()
    async with house_in(tmp_path, record=record, cached_journeys=0) as house:
        life = await house.begin(ENTRY, TEN)
        record.answers.clear()
        update = asyncio.create_task(life.tell("2026-01-05 ppm_held primary_plan=adoption"))
        try:
            await until_attempt(life, 2)
        finally:
            record.answers.set()
        assert (await asyncio.wait_for(update, 30)).stage == "ppm"
        await wakes(life)


async def wakes(life: Life) -> None:
    """For an event, and for its next dates."""
    assert (await life.tell("2026-01-05 care_proceedings_issued")).taken
    await life.forward("2026-01-21")
    assert life.recorded() == ["became_looked_after", "ppm_held", "care_proceedings_issued"]
    assert "ppm-decisions-sent/1 reminder 1" in life.sent()

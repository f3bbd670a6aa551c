"""Tables are looked into when something was committed, by whomever, and else seldom."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from record.store import CaseRecord
from record.when_to_look import AWAKE, SELDOM, WhenToLook, until_next
from tests.record.entries import whole_entry
from tests.record.programs import at_once, write


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def dozing(record: CaseRecord, clock: Clock) -> WhenToLook:
    """One that has looked, since when nothing was committed for a while."""
    when = WhenToLook(record.engine, clock)
    assert when.due()
    clock.now += AWAKE + SELDOM
    assert when.due()
    return when


def test_what_another_process_commits_is_looked_for_at_once(url: str, clock: Clock) -> None:
    record = CaseRecord.open(url)
    when = dozing(record, clock)
    assert at_once(write, url, 1) == [1]
    assert when.due()
    record.close()


def test_what_is_committed_here_is_looked_for_at_once_and_for_a_while(file_url: str, clock: Clock) -> None:
    record = CaseRecord.open(file_url)
    when, other = dozing(record, clock), dozing(record, clock)
    record.write(whole_entry())
    for _ in range(3):
        assert when.due()
        clock.now += AWAKE / 4
    assert other.due(), "each that looks has a view of its own"
    record.close()


def test_where_nothing_is_committed_looks_are_seldom(file_url: str, clock: Clock) -> None:
    record = CaseRecord.open(file_url)
    when = dozing(record, clock)
    record.children()  # reading is no news
    looks = 0
    for _ in range(120):
        clock.now += 0.5
        looks += when.due()
    assert looks == 60 / SELDOM
    record.close()


def test_a_database_that_counts_no_commits_is_looked_into_every_time(clock: Clock) -> None:
    record = CaseRecord.open("sqlite://")
    when = dozing(record, clock)
    assert [when.due() for _ in range(3)] == [True] * 3
    record.close()


def test_all_that_look_wake_at_the_same_moments() -> None:
    wakes = {round(now + until_next(0.5, now), 9) for now in (1000.01, 1000.2, 1000.49)}
    assert wakes == {1000.5}


def test_a_database_that_cannot_be_asked_is_looked_into_so_that_it_is_said_why(file_url: str, clock: Clock) -> None:
    record = CaseRecord.open(file_url)
    when = dozing(record, clock)
    record.close()
    Path(file_url.removeprefix("sqlite:///")).write_bytes(b"no database at all")
    assert when.due()

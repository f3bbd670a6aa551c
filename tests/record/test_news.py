"""Tables are looked into when something was committed, by whomever, and else seldom."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from record.news import AWAKE, SELDOM, News
from record.store import CaseRecord
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


def dozing(record: CaseRecord, clock: Clock) -> News:
    """One that has looked, since when nothing was committed for a while."""
    news = News(record.engine, clock)
    assert news.due()
    clock.now += AWAKE + SELDOM
    assert news.due()
    return news


def test_what_another_process_commits_is_looked_for_at_once(url: str, clock: Clock) -> None:
    record = CaseRecord.open(url)
    news = dozing(record, clock)
    assert at_once(write, url, 1) == [1]
    assert news.due()
    record.close()


def test_what_is_committed_here_is_looked_for_at_once_and_for_a_while(file_url: str, clock: Clock) -> None:
    record = CaseRecord.open(file_url)
    news, other = dozing(record, clock), dozing(record, clock)
    record.write(whole_entry())
    for _ in range(3):
        assert news.due()
        clock.now += AWAKE / 4
    assert other.due(), "each that looks has a view of its own"
    record.close()


def test_where_nothing_is_committed_looks_are_seldom(file_url: str, clock: Clock) -> None:
    record = CaseRecord.open(file_url)
    news = dozing(record, clock)
    record.children()  # reading is no news
    looks = 0
    for _ in range(120):
        clock.now += 0.5
        looks += news.due()
    assert looks == 60 / SELDOM
    record.close()


def test_a_database_that_cannot_be_asked_is_looked_into_so_that_it_is_said_why(file_url: str, clock: Clock) -> None:
    record = CaseRecord.open(file_url)
    news = dozing(record, clock)
    record.close()
    Path(file_url.removeprefix("sqlite:///")).write_bytes(b"no database at all")
    assert news.due()

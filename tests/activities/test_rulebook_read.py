"""The rules that a journey is answered are read once for all journeys that are answered the same."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.models import BankHolidays, Rulebook
from domain.study.simulation import calendar_for
from record.entries import KnownEvent
from tests.domain.story import london, policies


def book(born: date = date(2018, 5, 5)) -> Rulebook:
    holidays = BankHolidays.of(calendar_for(born, born))
    here = policies()
    return Rulebook(
        policy=here.resolve("ppm-procedure"), holidays=holidays, default_policy="ppm-procedure", policies=here.ids()
    )


def answered(answer: Rulebook) -> bytes:
    return pydantic_data_converter.payload_converter.to_payloads([answer])[0].data


def test_journeys_that_are_answered_the_same_have_one_rulebook() -> None:
    first = Rulebook.read(answered(book())).shared()

    assert Rulebook.read(answered(book())) is first
    assert first.shared() is first


def test_other_holidays_are_another_rulebook() -> None:
    first = Rulebook.read(answered(book())).shared()

    other = Rulebook.read(answered(book(date(2011, 5, 5)))).shared()

    assert other is not first
    assert other.holidays != first.holidays


def test_a_past_is_the_childs_own() -> None:
    first = Rulebook.read(answered(book())).shared()
    known = KnownEvent(known_at=london("2026-01-05"), event={"id": "a"})
    with_past = book().model_copy(update={"history": [known], "settled": ["a"]})

    read = Rulebook.read(answered(with_past))

    assert (read.history, read.settled) == ([known], ["a"])
    assert read.shared() is first


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns at any instruction, as they may."""
    every = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(every)


@pytest.mark.usefixtures("hasty")
def test_journeys_of_several_threads_come_to_theirs_at_once() -> None:
    books = [book().model_copy(update={"default_policy": f"policy-{number}"}) for number in range(600)]

    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(Rulebook.shared, books))

    assert shared == books

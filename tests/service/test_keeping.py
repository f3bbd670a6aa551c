"""What should never end is begun again when it does, and given up in words."""

import asyncio
import errno

import pytest

from service.keeping import EndedByItself, GaveUp, Keeper, Patience

AT_ONCE = Patience(first=0.001, longest=0.004, tries=4)


async def test_what_ends_by_itself_fails_or_is_cancelled_from_elsewhere_runs_again() -> None:
    said: list[str] = []
    running = asyncio.Event()
    ends = [None, EndedByItself("by signal SIGKILL"), RuntimeError("Ann Example, born 2020-01-01"), None]

    async def life() -> None:
        match ends.pop(0) if len(ends) > 1 else "cancelled":
            case Exception() as error:
                raise error
            case "cancelled" if ends:
                ends.clear()
                raise asyncio.CancelledError
            case "cancelled":
                running.set()
                await asyncio.Event().wait()

    async with asyncio.timeout(20), Keeper(said.append, Patience(0.001, 0.001, tries=9)).keeping("the worker", life):
        await running.wait()

    assert [line.split(". ")[0] for line in said] == [
        "The worker has ended (it ended by itself)",
        "The worker has ended (by signal SIGKILL)",
        "The worker has ended (RuntimeError)",
        "The worker has ended (it ended by itself)",
    ]


async def test_that_nothing_can_be_said_ends_no_keeping() -> None:
    """As on 28 November 2026: output into a file, a full disk, and the Temporal server killed just then."""
    running = asyncio.Event()
    lives = 0

    def full(text: str) -> None:
        raise OSError(errno.EFBIG, "File too large")

    async def life() -> None:
        nonlocal lives
        lives += 1
        if lives > 1:
            running.set()
            await asyncio.Event().wait()

    async with asyncio.timeout(20), Keeper(full, AT_ONCE).keeping("the Temporal server", life):
        await running.wait()


async def test_one_that_came_back_is_said_to_be_back() -> None:
    said: list[str] = []
    lives = 0

    async def life() -> None:
        nonlocal lives
        lives += 1
        if lives > 1:
            await asyncio.Event().wait()

    async with Keeper(said.append, Patience(0.001, 0.001, tries=2, well_after=0.01)).keeping("the worker", life):
        async with asyncio.timeout(20):
            while len(said) < 2:
                await asyncio.sleep(0.01)
    assert said[1] == "The worker is back: it has been running for 0.01 s."


async def test_after_so_many_ends_in_a_row_it_gives_up_in_words() -> None:
    said: list[str] = []

    async def life() -> None:
        raise EndedByItself("port 7233 is taken")

    keeper = Keeper(said.append, AT_ONCE)
    async with asyncio.timeout(20), keeper.keeping("the Temporal server", life):
        with pytest.raises(GaveUp, match="the Temporal server has ended 4 times in a row and is given up: port 7233"):
            await keeper.until_given_up()

    assert [line.split("again in ")[1] for line in said] == ["0.001 s.", "0.002 s.", "0.004 s."]


async def test_one_that_lived_well_begins_the_count_anew() -> None:
    lives = 0

    async def life() -> None:
        nonlocal lives
        lives += 1
        await asyncio.sleep(0.01 if lives < 9 else 60)

    keeper = Keeper(patience=Patience(0.001, 0.001, tries=2, well_after=0.005))
    async with keeper.keeping("the worker", life):
        async with asyncio.timeout(20):
            while lives < 9:
                await asyncio.sleep(0.01)
    assert lives == 9

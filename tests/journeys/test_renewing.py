"""Lists that are kept up to date beside a worker: at once where more waits, else a batch for each pause."""

import asyncio

from journeys.renewing import renewing

FOR_EVER = 1e9


class Waiting:
    """Rows that are to be worked out, two at a time; each look is noted."""

    together = 2

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.looks: list[int] = []

    def follow_the_record(self) -> None:
        pass

    def renew_outdated(self) -> int:
        done = min(self.rows, self.together)
        self.rows -= done
        self.looks.append(done)
        return done


async def test_what_waits_is_worked_out_without_a_pause_and_what_comes_then_waits_for_one() -> None:
    keeper = Waiting(5)
    async with renewing(keeper, pause=FOR_EVER):
        async with asyncio.timeout(30):
            while keeper.rows:
                await asyncio.sleep(0.01)
        keeper.rows = 1
        await asyncio.sleep(0.3)
        assert (keeper.looks, keeper.rows) == ([2, 2, 1], 1)

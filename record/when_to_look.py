"""Whether it is time to look into the record's tables again: soon after something was committed, else seldom.

What waits in a table is put there by a commit, of this process or another, and SQLite counts those (record/engine.py).
So a queue in which nothing happens costs a read of that count twice a second, and not its own questions.
"""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from record.engine import commits

AWAKE: Final = 5.0
"""Seconds after a commit in which every look is worth it (ours: what was put off for a moment comes due in them)."""
SELDOM: Final = 15.0
"""Seconds after which one looks all the same (ours): what comes due by the clock alone is noted up to so much later.

That is the lease of a worker that was killed (15 s in the inbox, a minute in the outbox), a message put off (30 s or
more), and an event whose journey did not answer four times (8 s or more)."""


def until_next(pause: float, now: float) -> float:
    """Seconds to the next of the moments, `pause` apart, at which all that look do so: then a process wakes once."""
    return pause - now % pause


class WhenToLook:
    """One loop's view of what was committed; each that looks into tables has its own. Its first look is due at once."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._commits: object = None
        self._awake_until = self._seldom_at = clock()

    def due(self) -> bool:
        """Whether to look now. On PostgreSQL always, since it counts no commits."""
        now, commits_now = self._clock(), commits(self._engine)
        if commits_now != self._commits:
            self._commits, self._awake_until = commits_now, now + AWAKE
        if self._awake_until <= now < self._seldom_at:
            return False
        self._seldom_at = now + SELDOM
        return True

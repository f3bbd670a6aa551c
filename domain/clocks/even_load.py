"""Even load: when, within the ten minutes after an instant, each child's journey wakes for it (contract section 4).

Thousands of journeys have something due at 09:00 and at midnight. Each wakes a fixed share of a window later, so
that a server and a mail system see a steady stream; the instant itself stays what everything is decided by.
"""

from datetime import timedelta
from hashlib import sha256

SPREAD_OVER = timedelta(minutes=9, seconds=30)
"""The window of the running service (ours: of the contract's ten minutes half a minute is left for the wake)."""


def share_of(child: str, window: timedelta) -> timedelta:
    """How much later than an instant a child's journey wakes for it: the same each time, below `window`.

    By a hash of the reference (ours: references given out in order, to brothers and sisters or by one team, then lie
    far apart, and no list of who wakes when need be kept).
    """
    digest = sha256(child.encode()).digest()
    return window * (int.from_bytes(digest[:8], "big") / 2**64)

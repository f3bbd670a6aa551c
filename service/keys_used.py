"""Which keys Temporal's store has been sealed with: its namespace is marked with their names, before the first use.

So a program whose keys were lost, or are another's, says so at its start, instead of reading nothing later.
"""

from collections.abc import Set as AbstractSet
from datetime import timedelta
from functools import partial
from typing import Final

from temporalio.client import Client

from service.marks import mark_with, marked
from service.payload_keys import KeyMissing, KeyRing, missing

KEYS: Final = "permanence.payload_keys"
"""In the data of the server's namespace: names with commas between."""

PATIENCE: Final = timedelta(seconds=5)
"""How long the server may take to say which keys are in use, while something waits to be sealed or opened (ours)."""


async def used_on(client: Client, within: timedelta | None = None) -> frozenset[str]:
    """The names that the namespace is marked with; none where it may not be looked at. Raises RPCError."""
    return frozenset(filter(None, (await marked(client, KEYS, within) or "").split(",")))


async def all_at_hand(client: Client, ring: KeyRing) -> None:
    """See that a ring holds every key that was used. Raises KeyMissing, RPCError."""
    ring.used, ring.learn = await used_on(client), partial(_learn, client, ring)
    if gone := ring.used - set(ring.names):
        raise KeyMissing(missing(gone, ring.where))


async def join_in(client: Client, ring: KeyRing) -> None:
    """The same for who only sends and asks: nor is it to seal with what no worker has. Raises KeyMissing, RPCError."""
    await all_at_hand(client, ring)
    newest = ring.names[-1]
    if ring.used and newest not in ring.used:
        raise KeyMissing(
            f"{ring.where} seals with the key {newest}, which no worker has begun with; accepted: the workers' keys "
            f"({', '.join(sorted(ring.used))}). A new key goes to the workers first (docs/sealing.md)"
        )


async def begin_to_use(client: Client, ring: KeyRing) -> None:
    """The same for workers, which open all: the namespace is marked with all that theirs holds, now and later.

    Raises KeyMissing, RPCError.
    """
    await all_at_hand(client, ring)
    ring.learn = partial(_keep_marked, client, ring)
    await ring.learn()


async def _learn(client: Client, ring: KeyRing) -> None:
    ring.used = ring.used | await used_on(client, PATIENCE)


async def _keep_marked(client: Client, ring: KeyRing) -> None:
    used = await used_on(client, PATIENCE)
    if set(ring.names) - used - ring.used:
        await mark(client, {*used, *ring.names})
    ring.used = ring.used | used | set(ring.names)


async def mark(client: Client, names: AbstractSet[str]) -> None:
    """Mark the namespace with the names of keys, where that is allowed. Raises RPCError."""
    await mark_with(client, KEYS, ",".join(sorted(names)), "a key that is lost is noticed late")

"""What Temporal keeps is compressed and sealed (AES-GCM), and opened again by who has the key.

Sealed is every payload: events, answers, what the UI shows of a journey, the words of failures. In the clear stay
workflow ids, search attributes and the names of things (docs/sealing.md).
"""

import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import PayloadCodec
from temporalio.service import RPCError

from service.payload_keys import KeyRing

SEALED: Final = b"binary/sealed"
"""The encoding that a sealed payload bears, beside the name of its key."""

NONCE: Final = 12
"""Bytes, new for each payload: AES-GCM's own size."""

USUAL: Final = (Path(__file__).parent / "usual.txt").read_bytes()
"""What payloads usually say, and so need not repeat: most of a rulebook, and some short ones of synthetic children.

zlib's preset dictionary. A byte of it changed, and nothing that was sealed beside it opens (docs/adr/0066-usual.md).
"""

_READY: Final = zlib.compressobj(zdict=USUAL)
"""Never used but for its copies: to take the usual in is most of the work for a payload of some hundred bytes."""

WORTH: Final = 100
"""Bytes from which a payload is made short by the usual (ours: two in three, names of timers and the like, have fewer;
it would spare 16 bytes of each, and take twice the time)."""

Encrypt = Callable[[bytes, bytes, bytes], bytes]


class Sealing(PayloadCodec):
    """Compresses and seals what goes to Temporal, and opens what comes from there.

    What nobody has sealed is read as it is: histories from before, and senders who have no key.
    """

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each with the newest key that the namespace is marked with."""
        if self.ring.is_to_learn():
            with suppress(RPCError):  # the key before goes on sealing
                await self.ring.learn()
        name, key = self.ring.newest()
        return [_sealed(payload, name, key.encrypt) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Open each that is sealed. Raises KeyMissing where a key of ours is not at hand: it is tried again.

        Raises RPCError where it cannot be asked whether one is ours: that is tried again too.
        """
        sealed = list(payloads)
        for name in {_key_of(payload) for payload in sealed if payload.metadata.get("encoding") == SEALED}:
            await self.ring.know(name)
        return [self._opened(payload) for payload in sealed]

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != SEALED:
            return payload
        # What looks sealed and is none of ours is left as it is, for the journey to keep as unreadable: raised here,
        # it would stop the journey of a child for good.
        name = _key_of(payload)
        key = self.ring.opener(name)
        try:
            opened = key.decrypt(payload.data[:NONCE], payload.data[NONCE:], name.encode()) if key else None
            return payload if opened is None else Payload.FromString(_whole(opened))
        except (InvalidTag, ValueError):
            return payload


def ring_of(client: Client) -> KeyRing | None:
    """The keys that a client seals with, if it does."""
    codec = client.data_converter.payload_codec
    return codec.ring if isinstance(codec, Sealing) else None


async def opened(client: Client, payloads: Sequence[Payload]) -> Sequence[Payload]:
    """Payloads as a client would read them, before they are decoded. Raises KeyMissing."""
    codec = client.data_converter.payload_codec
    return await codec.decode(payloads) if codec else payloads


def _key_of(payload: Payload) -> str:
    return payload.metadata.get("key", b"").decode("ascii", "replace")


def _sealed(payload: Payload, name: str, encrypt: Encrypt) -> Payload:
    nonce = os.urandom(NONCE)
    data = nonce + encrypt(nonce, _short(payload.SerializeToString()), name.encode())
    return Payload(metadata={"encoding": SEALED, "key": name.encode()}, data=data)


def _short(data: bytes) -> bytes:
    if len(data) < WORTH:
        return zlib.compress(data)
    shortening = _READY.copy()
    return shortening.compress(data) + shortening.flush()


def _whole(data: bytes) -> bytes:
    """Also of what was made short without the usual, as until 29 November 2026: it does not ask for it."""
    return zlib.decompressobj(zdict=USUAL).decompress(data)

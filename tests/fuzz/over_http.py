"""Requests to the real intake over real sockets: right ones bent, and bytes that are no request at all."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Final
from urllib.parse import quote

from tests.fuzz.mutations import TEXTS, bent_bytes, encoded, garbage, mutated, value
from tests.fuzz.offline import journey
from tests.fuzz.tally import Tally
from tests.intake.service import Caller

PATIENCE: Final = 60
"""Seconds for an answer, on a busy machine."""

BUSY: Final = b"\r\nretry-after: 5\r\n"
"""The record is locked just now, on a machine too busy for it: nothing was taken, and it is sent again."""

PATHS: Final = ("/events", "/events", "/events", "/events", "/events", "/inbox", "/healthz", "/readyz", "/metrics",
                "/openapi.json",
         "/acknowledge/x", "/calendar/x.ics", "/", "//", "/%00", "/events/../inbox", "*")  # fmt: skip
METHODS: Final = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "post", "X" * 300, "BREW")
MEDIA: Final = ("application/json", "application/json", "application/cloudevents+json",
         "application/cloudevents-batch+json",
                "application/json; charset=utf-16", "text/plain", "application/xml", "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded", ";", "application/JSON;charset=UTF-8")  # fmt: skip
HEADS: Final = ("ce-id", "ce-specversion", "ce-type", "ce-source", "ce-time", "webhook-id", "webhook-timestamp",
         "accept",
                "webhook-signature", "if-none-match", "x-forwarded-for", "expect", "range", "content-encoding", "host",
                "upgrade", "connection",
         "content-length", "transfer-encoding", "te", "cookie")  # fmt: skip


class OverHttp:
    """Sends requests and looks at what is answered."""

    def __init__(self, caller: Caller, seed: int, tally: Tally) -> None:
        self._caller = caller
        self._seed = seed
        self._tally = tally

    async def send(self, number: int) -> None:
        """One input."""
        rng = Random(f"{self._seed} HTTP {number}")
        sent, whole = self._request(rng, number)
        self._tally.inputs["HTTP"] += 1
        try:
            async with asyncio.timeout(PATIENCE):
                while BUSY in (answer := await self._exchange(sent, whole=whole)):
                    await asyncio.sleep(1)
        except TimeoutError:
            self._tally.fault("stuck", f"HTTP {number}", f"no answer to {sent[:300]!r}")
            return
        self._judge(number, sent, answer, whole=whole)

    def _judge(self, number: int, sent: bytes, answer: bytes, *, whole: bool) -> None:
        where = f"HTTP {number}"
        if answer.startswith(b"HTTP/1.1 5"):
            self._tally.fault("500s", where, f"{answer[:200]!r} to {sent[:1_500]!r}")
        if b"Traceback" in answer:
            self._tally.fault("tracebacks", where, f"{answer[:500]!r}")
        if whole and not answer.startswith(b"HTTP/1.1 "):
            self._tally.fault("stuck", where, f"{answer[:100]!r} to {sent[:300]!r}")

    async def _exchange(self, sent: bytes, *, whole: bool) -> bytes:
        url = self._caller.http.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        answer = b""
        with suppress(ConnectionError):
            writer.write(sent)
            await writer.drain()
            answer = await reader.read(20_000) if whole else await self._answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return answer

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """What comes to half a request: at once, or once it is plain that nothing more will be sent."""
        try:
            async with asyncio.timeout(0.3):
                return await reader.read(20_000)
        except TimeoutError:
            writer.write_eof()
            return await reader.read(20_000)

    def _request(self, rng: Random, number: int) -> tuple[bytes, bool]:
        """A request, and whether it is one that must be answered whatever it says."""
        how = rng.random()
        if how < 0.05:
            return garbage(rng), False
        body = self._body(rng, number)
        method = "POST" if rng.random() < 0.85 else rng.choice(METHODS)
        path = rng.choice(PATHS) if rng.random() < 0.3 else "/events"
        if rng.random() < 0.1:
            asked = quote(_text(rng), errors="replace")
            path += rng.choice(("?state=", "?child=", "?", "?state=received&child=")) + asked
        headers = {"host": "x", "authorization": f"Bearer {self._caller.token}", "content-type": rng.choice(MEDIA[:3]),
                   "connection": "close"}  # fmt: skip
        chunked = rng.random() < 0.1
        headers |= {"transfer-encoding": "chunked"} if chunked else {"content-length": str(len(body))}
        bent = rng.random() < 0.3
        if bent:
            headers[rng.choice(HEADS)] = rng.choice((_text(rng), str(rng.choice(MEDIA)), "1", "chunked", "*"))
            headers["content-type"] = rng.choice(MEDIA)
        if rng.random() < 0.05:
            headers["authorization"] = rng.choice(("", "Bearer", "Basic eDp4", f"Bearer {_text(rng)}"))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {said}" for name, said in headers.items())]
        sent = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + (_chunks(rng, body) if chunked else body)
        if how < 0.15:
            return bent_bytes(rng, sent), False
        return sent, not bent and method == "POST"

    def _body(self, rng: Random, number: int) -> bytes:
        events = journey(rng.randrange(40))
        child = f"H-{number // 200}"
        chosen = [{**event, "child": child} for event in rng.sample(events, min(len(events), rng.choice((1, 1, 3))))]
        document = mutated(rng, chosen[0] if len(chosen) == 1 else chosen)
        if rng.random() < 0.3:
            cloud = {"specversion": "1.0", "id": str(number), "source": "/fuzz", "type": "permanence.case-event.v1"}
            document = mutated(rng, {**cloud, "data": document})
        return encoded(rng, document if rng.random() < 0.95 else value(rng))


def _text(rng: Random) -> str:
    return str(rng.choice(TEXTS)).replace("\r", "").replace("\n", "")[: rng.choice((10, 100, 20_000))]


def _chunks(rng: Random, body: bytes) -> bytes:
    chunks, at = b"", 0
    while at < len(body):
        part = body[at : at + rng.choice((1, 7, 500, 5_000))]
        chunks += f"{len(part):x}\r\n".encode() + part + b"\r\n"
        at += len(part)
    return chunks + b"0\r\n\r\n"

"""Strangers at the door: those who guess are told to wait and written down, those who dawdle are shown out."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from service.ports import own_port
from tests.intake.service import JSON, Caller, calling
from tests.workflows.house import House, house_in

pytestmark = pytest.mark.server
PATIENCE = 60
"""Seconds, on a busy machine."""


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("house")) as up:
        yield up


@pytest_asyncio.fixture(scope="module")
async def hasty(house: House) -> AsyncIterator[Caller]:
    """An intake that waits a moment only, for few."""
    waits = {"head_seconds": 0.5, "body_seconds": 0.5, "read_seconds": 0.5}
    async with calling(house.folder / "hasty", house.client, house.record, connections=10, **waits) as one:
        one.http.headers["connection"] = "close"  # one kept open is closed by the service after half a second
        yield one


# Guessing


@asynccontextmanager
async def strict(house: House, name: str, **limits: str) -> AsyncIterator[Caller]:
    async with calling(house.folder / name, house.client, house.record, failures="3/minute", **limits) as one:
        yield one


async def guess(caller: Caller, path: str = "/inbox", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await caller.http.get(path, headers={"authorization": "Bearer pmn_guess", **named})


async def test_one_who_guesses_is_told_to_wait_and_a_good_credential_beside_them_passes(house: House) -> None:
    async with strict(house, "guessing") as caller:
        answers = [await guess(caller) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert "too many wrong" in answers[-1].json()["detail"]
        assert (await caller.get("/inbox")).status_code == 200
        signature = {**JSON, "webhook-signature": "v1,bm9uZQ==", "webhook-id": "1", "webhook-timestamp": "1"}
        assert (await caller.http.post("/events", content=b"{}", headers=signature)).status_code == 429
        metrics = (await caller.get("/metrics")).text
        assert 'permanence_intake_authentication_failures_total{shown="token",slowed="no"} 3.0' in metrics
        assert 'permanence_intake_authentication_failures_total{shown="token",slowed="yes"} 2.0' in metrics
        assert 'permanence_intake_authentication_failures_total{shown="signature",slowed="yes"} 1.0' in metrics


async def test_each_failure_is_one_line_that_holds_neither_address_nor_token(house: House) -> None:
    async with strict(house, "logged") as caller:
        with capture_logs() as logs:
            for _ in range(4):
                await guess(caller)
    lines = [line for line in logs if line["event"] == "authentication_failed"]
    assert [line["slowed"] for line in lines] == [False, False, False, True]
    assert {(line["shown"], line["network"]) for line in lines} == {("token", "loopback")}
    assert len({line["caller"] for line in lines}) == 1
    assert not any(secret in str(logs) for secret in ("127.0.0.1", "pmn_guess"))


@pytest.mark.parametrize("path", ["/acknowledge/WyJhIiwiYiJd.guess", "/calendar/WyJhIiwxXQ.guess.ics"])
async def test_guessing_links_is_slowed_as_well(house: House, path: str) -> None:
    async with strict(house, f"links-{path[1]}") as caller:
        answers = [await guess(caller, path) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
        assert int(answers[-1].headers["retry-after"]) > 0


async def test_an_address_is_believed_of_a_configured_proxy_only(house: House) -> None:
    async with strict(house, "proxied", proxies="127.0.0.1") as caller:
        for _ in range(3):
            await guess(caller, x_forwarded_for="198.51.100.1, 203.0.113.7")
        assert (await guess(caller, x_forwarded_for="203.0.113.7")).status_code == 429
        assert (await guess(caller, x_forwarded_for="203.0.113.8")).status_code == 401
        for host in range(3):
            await guess(caller, x_forwarded_for=f"2001:db8::{host}")
        assert (await guess(caller, x_forwarded_for="2001:db8::ffff")).status_code == 429  # a household has a /64
        assert (await guess(caller, x_forwarded_for="no address")).status_code == 401
    async with strict(house, "direct") as caller:
        answers = [await guess(caller, x_forwarded_for=f"203.0.113.{host}") for host in range(4)]
        assert answers[-1].status_code == 429


async def test_many_addresses_together_are_slowed_too(house: House) -> None:
    async with strict(house, "many", proxies="127.0.0.1", failures_in_all="5/minute") as caller:
        answers = [await guess(caller, x_forwarded_for=f"203.0.113.{host}") for host in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert (await caller.get("/inbox")).status_code == 200


# Dawdling


async def connected(caller: Caller, *sent: bytes, receive: int | None = None) -> socket.socket:
    """A bare connection that has sent something."""
    url = caller.http.base_url
    made = socket.socket()
    if receive:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    made.settimeout(0)
    await asyncio.get_running_loop().sock_connect(made, (url.host, url.port))
    for each in sent:
        await asyncio.get_running_loop().sock_sendall(made, each)
    return made


async def read_to_the_end(made: socket.socket) -> bytes:
    """What comes until the connection is closed by the other side, which must come to pass."""
    answer = b""
    async with asyncio.timeout(PATIENCE):
        try:
            while part := await asyncio.get_running_loop().sock_recv(made, 65_536):
                answer += part
        except ConnectionResetError:
            pass
    made.close()
    return answer


HEAD = b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HTT",
        HEAD,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # the beginning of TLS
        HEAD + b"content-length: 1000\r\n\r\n{",  # answered 401 at once, and never sent to its end
        HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n{",
    ],
    ids=["silent", "half-a-line", "half-a-head", "tls", "half-a-body", "half-a-chunk"],
)
async def test_half_a_request_is_not_waited_for(hasty: Caller, sent: bytes) -> None:
    answer = await read_to_the_end(await connected(hasty, sent))
    assert not answer or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 "))


@pytest.mark.parametrize("head", [b"GET /healthz HTTP/1.1\r\nx: ", HEAD + b"content-length: 100000\r\n\r\n"])
async def test_a_byte_at_a_time_does_not_hold_a_connection(hasty: Caller, head: bytes) -> None:
    slow = await connected(hasty, head)
    dripping = asyncio.create_task(drip(slow))
    await read_to_the_end(slow)
    await asyncio.wait_for(dripping, PATIENCE)


async def drip(slow: socket.socket) -> None:
    """Send a byte now and then, as long as anybody takes it."""
    with suppress(OSError):
        while True:
            await asyncio.get_running_loop().sock_sendall(slow, b"x")
            await asyncio.sleep(0.05)


async def test_one_who_stops_reading_the_answers_is_dropped(hasty: Caller) -> None:
    ask = f"GET /openapi.json HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {hasty.token}\r\n\r\n".encode()
    deaf = await connected(hasty, ask * 300, receive=4_096)
    async with asyncio.timeout(PATIENCE):
        while 'dropped_total{waited_for="answer"}' not in (await hasty.get("/metrics")).text:
            await asyncio.sleep(0.1)
    answer = await read_to_the_end(deaf)
    assert answer.count(b"HTTP/1.1 200 OK") < 300


async def test_a_crowd_that_says_nothing_makes_room_for_one_who_speaks(house: House) -> None:
    async with calling(house.folder / "crowd", house.client, house.record, connections=10, head_seconds=600) as caller:
        crowd = [await connected(caller) for _ in range(30)]
        for _ in range(3):
            async with httpx.AsyncClient(base_url=caller.http.base_url, timeout=PATIENCE) as http:
                assert (await http.get("/healthz")).status_code == 200
        gone = await asyncio.gather(*(read_to_the_end(one) for one in crowd[:15]))
        assert gone == [b""] * 15  # long before their 600 seconds
        for one in crowd:
            one.close()


async def test_a_server_stops_while_callers_dawdle(house: House) -> None:
    async with calling(house.folder / "stopping", house.client, house.record, port=own_port()) as caller:
        held = [await connected(caller), await connected(caller, HEAD)]
    assert await asyncio.gather(*map(read_to_the_end, held)) == [b"", b""]


# Every answer


async def test_every_answer_has_the_headers_that_close_it(hasty: Caller) -> None:
    for answer in (
        await hasty.http.get("/healthz"),
        await hasty.http.get("/nothing"),
        await hasty.http.post("/acknowledge/guess"),
        await hasty.get("/inbox"),
        await hasty.post(b"{"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


async def test_health_answers_head_and_other_methods_are_told_what_is_accepted(hasty: Caller) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await hasty.http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    for method, path, accepted in (("HEAD", "/inbox", "GET"), ("OPTIONS", "/events", "POST"), ("PUT", "/healthz", "")):
        answer = await hasty.http.request(method, path)
        assert answer.status_code == 405
        assert accepted in answer.headers["allow"]
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_was_asked_is_not_said_back(hasty: Caller) -> None:
    canary = "quagga7"
    for answer in (
        await hasty.http.get(f"/{canary}"),
        await hasty.http.request(canary.upper(), "/inbox"),
        await hasty.http.get(f"/acknowledge/{canary}"),
        await hasty.get(f"/inbox?state={canary}&child=%20{canary}"),
        await hasty.post(f'{{"{canary}":'.encode()),
        await hasty.post({}, content_type=f"text/{canary}"),
        await hasty.post({}, authorization=f"Bearer {canary}"),
    ):
        assert answer.status_code >= 400
        assert canary not in answer.text.lower()

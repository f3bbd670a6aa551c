"""Temporal's own UI has opened what is sealed, for who runs the service and has signed in; nobody else has."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from service.connection import connect
from service.payload_keys import keys_in
from service.sealing import Sealing
from tests.desk.office import Office, office_in

UI = "http://127.0.0.1:8233"


@pytest_asyncio.fixture(scope="module")
async def sealed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Office, str]]:
    """An office over a sealed server that nobody has started, and a payload as the UI sends it."""
    home: Path = tmp_path_factory.mktemp("opening")
    ring = keys_in(home)
    one = await Sealing(ring).encode([Payload(metadata={"encoding": b"json/plain"}, data=b'"Asha"')])
    client = await connect("127.0.0.1:1", ring=ring, lazy=True)
    async with office_in(home, f"sqlite:///{home / 'case-record.db'}", client=client, ui_url=UI) as office:
        yield office, json_format.MessageToJson(Payloads(payloads=one))


async def test_an_operator_who_has_signed_in_has_it_opened(sealed: tuple[Office, str]) -> None:
    office, body = sealed
    operator = await office.browser("sysop")
    answer = await operator.post("/codec/decode", content=body, headers={"origin": UI})
    assert answer.status_code == 200
    [opened] = json_format.Parse(answer.text, Payloads()).payloads
    assert opened.data == b'"Asha"'
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"

    back = await operator.post("/codec/encode", content=answer.text, headers={"origin": UI})
    assert "Asha" not in back.text


@pytest.mark.parametrize("person", ["", "anna", "iris", "mo", "head", "nobody"])
async def test_others_have_nothing_opened(sealed: tuple[Office, str], person: str) -> None:
    office, body = sealed
    answer = await (await office.browser(person)).post("/codec/decode", content=body, headers={"origin": UI})
    assert (answer.status_code, answer.text) == (401, "sign in to the desk first, as an operator")


async def test_no_other_page_may_read_what_is_opened(sealed: tuple[Office, str]) -> None:
    office, body = sealed
    answer = await (await office.browser("sysop")).post(
        "/codec/decode", content=body, headers={"origin": "https://elsewhere.example"}
    )
    assert "access-control-allow-origin" not in answer.headers
    assert (answer.status_code, answer.text) == (403, "Temporal's UI only: another page asked")
    asked = await (await office.browser()).options("/codec/decode", headers={"origin": UI})
    assert asked.headers["access-control-allow-origin"] == UI


@pytest.mark.parametrize("body", [b"", b"{", b'{"payloads": 7}', b'{"other": []}', b'{"payloads": "\xff"}'])
async def test_what_is_no_payload_is_refused_in_words(sealed: tuple[Office, str], body: bytes) -> None:
    answer = await (await sealed[0].browser("sysop")).post("/codec/decode", content=body)
    assert (answer.status_code, answer.text) == (400, "accepted: payloads, as Temporal's UI sends them")

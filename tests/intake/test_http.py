"""A case system speaks to the running intake over a socket."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from prometheus_client.parser import text_string_to_metric_families
from standardwebhooks import Webhook
from temporalio.client import WorkflowExecutionStatus

from intake.bodies import TYPE
from tests.intake.service import JSON, Caller, ago, calling, entry, story, with_credential
from tests.spoilt import spoil
from tests.workflows.house import House, house_in, new_child
from workflows.protocol import workflow_id

pytestmark = pytest.mark.server


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("house")) as up:
        yield up


@pytest_asyncio.fixture(scope="module")
async def caller(house: House) -> AsyncIterator[Caller]:
    async with calling(house.folder / "intake", house.client, house.record) as one:
        yield one


def cloud_event(data: dict[str, Any], **attributes: Any) -> CloudEvent:
    given = {"id": f"m-{data.get('id')}", "source": "/case-system", "type": TYPE, "datacontenttype": "application/json"}
    return CloudEvent({**given, **attributes}, data)


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    return str(body["detail"])


# Messages


async def test_plain_events_of_the_contract(caller: Caller) -> None:
    child = new_child()
    answer = await caller.post(entry(child))
    assert answer.status_code == 202
    [result] = answer.json()["results"]
    assert (result["id"], result["child"], result["outcome"]) == (f"{child}-in", child, "taken")
    assert caller.known(child) == [f"{child}-in"]


async def test_a_client_librarys_cloud_events_structured_binary_and_batch(caller: Caller) -> None:
    structured, binary, first, second = (new_child() for _ in range(4))
    for message in (
        to_structured_event(cloud_event(entry(structured))),
        to_binary_event(cloud_event(entry(binary), subject=binary)),
    ):
        answer = await caller.http.post(
            "/events", content=message.body, headers={**message.headers, **caller.authorization}
        )
        assert [result["outcome"] for result in answer.json()["results"]] == ["taken"], answer.text
    events = [json.loads(to_structured_event(cloud_event(entry(child))).body) for child in (first, second)]
    batch = await caller.post(events, content_type="application/cloudevents-batch+json; charset=UTF-8")
    assert [result["outcome"] for result in batch.json()["results"]] == ["taken", "taken"]
    for child in (structured, binary, first, second):
        assert caller.known(child) == [f"{child}-in"]


async def test_data_may_come_as_base64(caller: Caller) -> None:
    child = new_child()
    document = {"specversion": "1.0", "id": "1", "source": "/s", "type": TYPE}
    document["data_base64"] = base64.b64encode(json.dumps(entry(child)).encode()).decode()
    answer = await caller.post(document, content_type="application/cloudevents+json")
    assert answer.json()["results"][0]["outcome"] == "taken"


async def test_each_event_of_a_request_is_answered_for_itself(caller: Caller) -> None:
    child, unknown = new_child(), new_child()
    outcomes = await caller.outcomes(
        [
            entry(child),
            *story(f"{ago(90)} review_held @{child} #{child}-too-early"),
            *story(f"{ago(3)} review_held @{unknown} #{unknown}-rev"),
            {"type": "review_hled", "id": "bad", "child": child, "on": ago(3)},
            "no event",
        ]
    )
    assert outcomes == ["taken", "rejected", "pending", "rejected", "rejected"]
    assert caller.known(child) == [f"{child}-in"]


async def test_the_same_request_again_is_known_and_other_content_rejected_and_shown(caller: Caller) -> None:
    child = new_child()
    assert await caller.outcomes(entry(child)) == ["taken"]
    assert await caller.outcomes(entry(child)) == ["known"]
    answer = await caller.post(entry(child, days=20))
    [result] = answer.json()["results"]
    assert result["outcome"] == "rejected"
    assert "known already with other content" in result["reasons"][0]
    rows = (await caller.get(f"/inbox?state=rejected&child={child}")).json()["rows"]
    assert [row["number"] for row in rows] == [result["number"]]
    assert rows[0]["credential"] == "case-system"
    assert caller.record.history(child)[0].event["on"] == ago(30)


async def test_a_cloud_event_that_contradicts_its_data_is_rejected(caller: Caller) -> None:
    message = to_structured_event(cloud_event(entry(new_child()), type="uk.gov.council.review_held"))
    answer = await caller.http.post(
        "/events", content=message.body, headers={**message.headers, **caller.authorization}
    )
    [result] = answer.json()["results"]
    assert result["outcome"] == "rejected"
    assert "says review_held and its data became_looked_after" in result["reasons"][0]


@pytest.mark.parametrize(
    ("body", "media", "status", "said"),
    [
        (b"{", "application/json", 400, "not one JSON object"),
        (b"\xff\xfe{}", "application/json", 400, "not UTF-8"),
        (b'{"a":1,"a":2}', "application/json", 400, "stands twice"),
        (b'{"a":NaN}', "application/json", 400, "not JSON"),
        (b"[" * 50 + b"]" * 50, "application/json", 400, "levels"),
        (b"[" * 100_000, "application/json", 400, "not JSON"),
        (b"[]", "application/json", 422, "no event in the request"),
        (b"[" + b",".join([b"{}"] * 501) + b"]", "application/json", 422, "up to 500"),
        (b"<event/>", "application/xml", 415, "application/cloudevents+json"),
        (b"{}", "application/json; charset=utf-16", 415, "UTF-8"),
        (b"{}", "application/cloudevents+json", 422, "specversion, id, source, type"),
        (b"{}", "application/cloudevents-batch+json", 422, "must be a JSON array"),
        (b"[[]]", "application/cloudevents-batch+json", 422, "element 0"),
        (b'{"specversion":"0.3","id":"1","source":"s","type":"t","data":{}}', "application/cloudevents+json", 422,
         "specversion: the CloudEvent says 0.3; accepted: 1.0; nothing was taken"),
        (b'{"specversion":"1.0","id":"1","source":"s","type":"t","time":"noon"}', "application/cloudevents+json", 422,
         "time"),
    ],
)  # fmt: skip
async def test_what_is_no_message_is_refused(caller: Caller, body: bytes, media: str, status: int, said: str) -> None:
    before = caller.inbox.depth()
    assert said in problem(await caller.post(body, content_type=media), status)
    assert caller.inbox.depth() == before


async def test_a_child_whose_record_cannot_be_read_keeps_no_others_journey_from_being_begun_again(
    caller: Caller, house: House
) -> None:
    """Both are sent again after the journeys' store was lost, of which one ended."""
    unread, ended = sorted((new_child(), new_child()))
    assert await caller.outcomes([entry(unread), entry(ended)]) == ["taken", "taken"]
    journey = house.client.get_workflow_handle(workflow_id(ended))
    await journey.terminate()
    spoil(house.record, unread)
    assert await caller.outcomes([entry(unread), entry(ended)]) == ["received", "received"], "not all is certain"
    assert (await journey.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_garbage_sent_again_stands_once(caller: Caller) -> None:
    first = await caller.post({"nonsense": 7})
    again = await caller.post({"nonsense": 7})
    assert first.json()["results"][0]["number"] == again.json()["results"][0]["number"]
    assert again.json()["results"][0]["again"] is True


# Credentials


async def test_nothing_but_health_is_served_without_a_credential(caller: Caller) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await caller.http.get(path)).status_code == 200
    for path in ("/inbox", "/metrics", "/openapi.json"):
        answer = await caller.http.get(path)
        assert "no credential was shown" in problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
    answer = await caller.http.post("/events", content=b"{}", headers=JSON)
    problem(answer, 401)


async def test_a_wrong_token_and_one_without_the_role(caller: Caller) -> None:
    wrong = await caller.post(entry(new_child()), authorization="Bearer pmn_guess")
    assert "not known" in problem(wrong, 401)
    problem(await caller.post({}, authorization="Basic Zm9vOmJhcg=="), 401)
    reader = with_credential(caller.home, "reader", ["inbox:read"])
    assert "events:write" in problem(await caller.post({}, authorization=f"Bearer {reader}"), 403)
    assert (await caller.http.get("/inbox", headers={"authorization": f"Bearer {reader}"})).status_code == 200


async def test_a_token_is_renewed_beside_the_old_one_without_a_restart(caller: Caller) -> None:
    old = with_credential(caller.home, "renewed", ["inbox:read"])
    new = with_credential(caller.home, "renewed", ["inbox:read"], renew=True)
    for token in (old, new):
        answer = await caller.http.get("/inbox", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    file = caller.home / "credentials.toml"
    assert old not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0


def signed(secret: str, body: bytes, when: datetime | None = None, message: str = "msg_1") -> dict[str, str]:
    when = when or datetime.now(UTC)
    signature = Webhook(secret).sign(message, when, body.decode())
    stamp = str(int(when.timestamp()))
    return {**JSON, "webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": signature}


async def test_a_standard_webhooks_signature(caller: Caller) -> None:
    old = with_credential(caller.home, "mosaic", ["events:write"], signing=True)
    secret = with_credential(caller.home, "mosaic", ["events:write"], signing=True, renew=True)
    child = new_child()
    body = json.dumps(entry(child)).encode()

    answer = await caller.http.post("/events", content=body, headers=signed(secret, body))
    assert answer.json()["results"][0]["outcome"] == "taken", answer.text
    assert caller.inbox.listed(["taken"], child)[0].credential == "mosaic"

    replayed = await caller.http.post("/events", content=body, headers=signed(secret, body))
    assert replayed.json()["results"][0]["outcome"] == "known"
    by_old = await caller.http.post("/events", content=body, headers=signed(old, body))
    assert by_old.status_code == 202
    assert caller.known(child) == [f"{child}-in"]

    other = json.dumps(entry(new_child())).encode()
    for headers in (
        signed(secret, body),  # of another body
        signed(secret, other, datetime.now(UTC) - timedelta(minutes=6)),
        signed(secret, other, datetime.now(UTC) + timedelta(minutes=6)),
        signed("whsec_" + base64.b64encode(b"another secret of somebody").decode(), other),
        {**signed(secret, other), "webhook-signature": "v1,no-base64!"},
        {**signed(secret, other), "webhook-signature": "garbage"},
        {**signed(secret, other), "webhook-timestamp": "yesterday"},
    ):
        problem(await caller.http.post("/events", content=other, headers=headers), 401)


async def test_without_any_credential_it_says_how_to_make_one(house: House, tmp_path: Path) -> None:
    async with calling(tmp_path / "new", house.client, house.record) as fresh:
        (fresh.home / "credentials.toml").unlink()
        assert "permanence intake new-credential" in problem(await fresh.post({}), 401)
        (fresh.home / "credentials.toml").write_text("[broken", "utf-8")
        assert "cannot be read" in problem(await fresh.post({}), 503)


# Limits


async def test_a_body_too_large_and_one_too_slow(house: House, tmp_path: Path) -> None:
    async with calling(tmp_path, house.client, house.record, max_body=2_000, body_seconds=0.3) as small:
        problem(await small.post(b'{"note":"' + b"x" * 2_000 + b'"}'), 413)

        async def too_much() -> AsyncIterator[bytes]:
            for _ in range(30):
                yield b"x" * 100

        problem(await small.http.post("/events", content=too_much(), headers={**small.authorization, **JSON}), 413)

        reader, writer = await half_a_request(small, b"{", 100)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"longer than 0.3 seconds" in answer


async def half_a_request(caller: Caller, body: bytes, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A request whose body is announced and not sent to its end."""
    url = caller.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    writer.write(f"{head}authorization: Bearer {caller.token}\r\n\r\n".encode() + body)
    await writer.drain()
    return reader, writer


async def test_a_body_cut_off_half_way_stores_nothing(caller: Caller) -> None:
    before = caller.inbox.depth()
    body = json.dumps(entry(new_child())).encode()
    _, writer = await half_a_request(caller, body[:50], len(body))
    await asyncio.sleep(0.1)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.1)
    assert caller.inbox.depth() == before
    assert (await caller.get("/inbox")).status_code == 200


async def test_a_flood_is_taken_within_the_limit_and_told_to_wait_beyond(house: House, tmp_path: Path) -> None:
    child = new_child()
    async with calling(tmp_path, house.client, house.record, rate="20/minute") as limited:
        assert await limited.outcomes(entry(child)) == ["taken"]
        tracked = [story(f"{ago(n)} plan_tracked @{child} #{child}-{n} progress=on_track")[0] for n in range(1, 26)]
        answers = await asyncio.gather(*(limited.post(event) for event in tracked))
        accepted = [event["id"] for event, one in zip(tracked, answers, strict=True) if one.status_code == 202]
        refused = [one for one in answers if one.status_code != 202]
        assert len(accepted) == 19
        assert all(0 < int(one.headers["retry-after"]) <= 60 for one in refused)
        assert "20 per 1 minute" in problem(refused[0], 429)
        async with asyncio.timeout(10):
            while len(limited.known(child)) < 20:
                await asyncio.sleep(0.05)
        assert sorted(limited.known(child)) == sorted([f"{child}-in", *accepted])


# What is said of it


async def test_metrics_count_by_outcome_and_name_no_child(caller: Caller) -> None:
    child = new_child()
    await caller.post(entry(child))
    answer = await caller.get("/metrics")
    samples = {
        (sample.name, sample.labels.get("outcome") or sample.labels.get("state")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["permanence_intake_events_total", "taken"] >= 1
    assert samples["permanence_inbox_deliveries", "taken"] >= 1
    assert ("permanence_inbox_oldest_seconds", None) in samples
    assert child not in answer.text


async def test_the_description_names_every_event_and_is_whole(caller: Caller) -> None:
    description = (await caller.get("/openapi.json")).json()
    assert description["openapi"].startswith("3.1")
    assert {"became_looked_after", "ppm_held", "CloudEvent", "Event", "Problem"} <= set(
        description["components"]["schemas"]
    )
    refs = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(description)))
    assert refs <= set(description["components"]["schemas"])
    media = description["paths"]["/events"]["post"]["requestBody"]["content"]
    assert set(media) == {"application/cloudevents+json", "application/cloudevents-batch+json", "application/json"}

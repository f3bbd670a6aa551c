"""What Temporal keeps is sealed: by which key, and what happens where one is missing."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, ScheduleActionStartWorkflow, WorkflowExecution

from activities.models import RulebookRequest
from delivery.secret_files import NotOurs
from delivery.tokens import key_in
from local.server import EmbeddedServer
from record.entries import KnownEvent, RecordEntry, Rejected
from service.connection import UnreadablePayload, connect, converter
from service.keys_used import begin_to_use, join_in, mark, used_on
from service.payload_keys import (
    KEY_FILE,
    KeyMissing,
    KeyRing,
    KeysRefused,
    add_key,
    keys_in,
    name_of_text,
    new_key,
)
from service.schedules import SCHEDULES, keep_schedules
from service.sealing import NONCE, SEALED, USUAL, Sealing
from service.standing import STANDING, end_what_holds_nothing, keep_standing
from tests.replay.histories import FOLDER, load
from workflows.protocol import Answer, Carried, JourneyOptions, JourneyView
from workflows.scheduled import ScheduledWork
from workflows.standing import STANDING_TYPE

OLD, NEW = new_key(), new_key()


HANDED_ON = FOLDER / "ChildJourney" / "child-CLA-2001--november-short-5.json.gz"


def payload(text: bytes) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=text)


@given(text=st.binary(max_size=2_000), number=st.integers(1, 3))
async def test_what_is_sealed_comes_back_as_it_was_and_shows_nothing(text: bytes, number: int) -> None:
    codec, plain = Sealing(KeyRing.given(OLD)), [payload(b"Asha Example" + text)] * number
    sealed = await codec.encode(plain)
    assert all(b"Asha" not in one.SerializeToString() for one in sealed)
    assert {one.metadata["encoding"] for one in sealed} == {SEALED}
    assert len({one.data for one in sealed}) == number  # no two look alike, so that nothing can be told from that
    assert await codec.decode(sealed) == plain


async def test_the_newest_key_seals_and_each_opens_its_own() -> None:
    before = await Sealing(KeyRing.given(OLD)).encode([payload(b"1")])
    codec = Sealing(KeyRing.given(f"{OLD},{NEW}"))
    after = await codec.encode([payload(b"2")])
    assert after[0].metadata["key"] == name_of_text(NEW).encode()
    assert [one.data for one in await codec.decode([*before, *after])] == [b"1", b"2"]


async def test_what_was_sealed_before_there_was_a_usual_opens() -> None:
    ring, nonce = KeyRing.given(OLD), bytes(NONCE)
    name, key = ring.newest()
    data = nonce + key.encrypt(nonce, zlib.compress(payload(b"of November").SerializeToString()), name.encode())
    before = Payload(metadata={"encoding": SEALED, "key": name.encode()}, data=data)
    assert await Sealing(ring).decode([before]) == [payload(b"of November")]


def test_no_byte_of_the_usual_is_changed_for_what_is_sealed_beside_it_would_not_open() -> None:
    assert sha256(USUAL).hexdigest() == "cf529465c6ce933fbf75ded0cf5fdeec1f2990f8de1a9c7bdd290fa0bb15b4a7"


async def test_a_run_hands_on_a_state_and_its_rules_in_a_third_of_the_bytes() -> None:
    handed_on = load(HANDED_ON).events[0].workflow_execution_started_event_attributes.input.payloads
    sealing = Sealing(KeyRing.given(OLD))
    [options] = await converter(None).decode(handed_on[1:], [JourneyOptions])
    [plain] = await converter(None).encode([options])
    [sealed] = await sealing.encode([plain])
    assert len(sealed.data) < len(zlib.compress(plain.SerializeToString())) / 3


async def test_what_nobody_sealed_is_read_as_it_is() -> None:
    assert await Sealing(KeyRing.given(OLD)).decode([payload(b"of before")]) == [payload(b"of before")]


async def test_what_was_tampered_with_or_is_sealed_by_strangers_stops_no_journey() -> None:
    ring = KeyRing.given(OLD)
    [sealed] = await Sealing(ring).encode([payload(b"1")])
    tampered = Payload(metadata=dict(sealed.metadata), data=sealed.data[:-1] + b"?")
    renamed = Payload(metadata={"encoding": SEALED, "key": b"\xff"}, data=b"")
    [strange] = await Sealing(KeyRing.given(NEW)).encode([payload(b"2")])
    assert await Sealing(ring).decode([tampered, renamed, strange]) == [tampered, renamed, strange]


async def test_a_key_of_ours_that_is_not_at_hand_is_waited_for_in_words() -> None:
    [sealed] = await Sealing(KeyRing.given(NEW)).encode([payload(b"1")])
    ring = KeyRing.given(OLD)
    ring.used = frozenset({name_of_text(OLD), name_of_text(NEW)})
    with pytest.raises(KeyMissing, match=f"the key {name_of_text(NEW)}, which PERMANENCE_PAYLOADS_KEYS does not hold"):
        await Sealing(ring).decode([sealed])


async def test_a_key_that_is_added_to_the_file_counts_without_a_restart(tmp_path: Path) -> None:
    running, other = Sealing(keys_in(tmp_path)), Sealing(keys_in(tmp_path))
    [before] = await running.encode([payload(b"1")])
    name = add_key(tmp_path / KEY_FILE)
    [after] = await running.encode([payload(b"2")])
    assert after.metadata["key"].decode() == name
    assert [one.data for one in await other.decode([before, after])] == [b"1", b"2"]


async def test_a_file_that_is_away_for_a_moment_stops_nobody(tmp_path: Path) -> None:
    codec = Sealing(keys_in(tmp_path))
    (tmp_path / KEY_FILE).unlink()
    [sealed] = await codec.encode([payload(b"1")])
    assert await codec.decode([sealed]) == [payload(b"1")]


def test_the_file_is_its_owners_alone_and_made_once(tmp_path: Path) -> None:
    assert keys_in(tmp_path).names == keys_in(tmp_path).names
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    add_key(tmp_path / KEY_FILE)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert len(keys_in(tmp_path).names) == 2


def test_keys_that_several_add_at_once_are_all_there(tmp_path: Path) -> None:
    keys_in(tmp_path)
    with ThreadPoolExecutor(4) as several:
        added = list(several.map(lambda _: add_key(tmp_path / KEY_FILE), range(12)))
    assert set(added) < set(keys_in(tmp_path).names)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "holds no key"), ("c2hvcnQ=", "place 1"), (f"{OLD}\nä", "place 2")],
    ids=["none", "too short", "no base64"],
)
def test_keys_that_are_none_are_refused_and_not_shown(text: str, said: str) -> None:
    with pytest.raises(KeysRefused, match=said) as refused:
        KeyRing.given(text)
    assert OLD not in str(refused.value)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
    ],
    ids=["not there", "a folder"],
)
def test_a_file_that_cannot_be_read_is_named_with_its_setting(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    path = tmp_path / "keys"
    make(path)
    with pytest.raises(KeysRefused, match=f"{path} cannot be read: {why}; .*PERMANENCE_PAYLOADS_KEYS_FILE"):
        KeyRing.of_file(path)


@pytest.mark.parametrize("read", [keys_in, key_in], ids=["payloads.key", "links.key"])
def test_a_secret_that_is_no_text_is_refused_by_its_name(tmp_path: Path, read: Callable[[Path], object]) -> None:
    read(tmp_path)
    [path] = tmp_path.iterdir()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotOurs, match=f"{path} cannot be read: it holds no text; put back what stood there"):
        read(tmp_path)


async def test_a_file_that_is_spoilt_while_it_is_used_stops_nobody(tmp_path: Path) -> None:
    codec = Sealing(keys_in(tmp_path))
    for spoilt in (b"", b"\xff\xfe", b"c2hvcnQ="):
        (tmp_path / KEY_FILE).write_bytes(spoilt)
        [sealed] = await codec.encode([payload(b"1")])
        assert await codec.decode([sealed]) == [payload(b"1")]


# What cannot be read


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (RecordEntry, "RecordEntry cannot be read: decided_at (missing), rejected.0.reason (missing)"),
        (list[RecordEntry], "list[RecordEntry] cannot be read: all of it (list_type)"),
        (date, "date cannot be read: all of it (date_type)"),
    ],
)
def test_what_another_version_wrote_is_told_by_its_places_and_not_repeated(model: type, said: str) -> None:
    """Such an error goes into the log of a worker, with all that it says."""
    written = {"child": "C-1", "rejected": [{"at": "2026-01-05T10:00:00Z", "source": "x", "payload": "Asha"}]}
    converting = converter(None).payload_converter
    [sent] = converting.to_payloads([written])
    with pytest.raises(UnreadablePayload) as wrong:
        converting.from_payloads([sent], [model])
    assert str(wrong.value) == said
    assert wrong.value.__cause__ is None
    assert wrong.value.__suppress_context__


@pytest.mark.parametrize("model", [Answer, Carried, JourneyOptions, JourneyView, KnownEvent, Rejected, RulebookRequest])
def test_models_that_hold_what_events_say_repeat_nothing_of_it(model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError) as wrong:
        model.model_validate({"note": "Asha"} if model is not JourneyOptions else {"at": "Asha"})
    assert "Asha" not in str(wrong.value)


# The server that is sealed


@pytest_asyncio.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with EmbeddedServer(tmp_path_factory.mktemp("sealed"), ui=False, in_memory=True) as server:
        yield await connect(server.address)


@pytest.mark.server
async def test_a_server_knows_its_keys_and_whoever_lacks_one_does_not_start(client: Client) -> None:
    first, second = name_of_text(OLD), name_of_text(NEW)
    await begin_to_use(client, KeyRing.given(OLD))
    await begin_to_use(client, KeyRing.given(f"{OLD},{NEW}"))
    assert await used_on(client) == {first, second}

    with pytest.raises(KeyMissing, match=f"the key {second}, which .* does not hold. Put it back there, from a backup"):
        await begin_to_use(client, KeyRing.given(OLD))
    with pytest.raises(KeyMissing, match=r"seals with the key .*, which no worker has begun with"):
        await join_in(client, KeyRing.given(f"{OLD},{NEW},{new_key()}"))

    await mark(client, {first})  # `permanence keys lost`
    await begin_to_use(client, KeyRing.given(OLD))


@pytest.mark.server
async def test_a_key_put_into_the_file_of_a_running_worker_is_marked_before_it_seals(
    client: Client, tmp_path: Path
) -> None:
    await mark(client, set())
    working, sending = keys_in(tmp_path), keys_in(tmp_path)
    await begin_to_use(client, working)
    await join_in(client, sending)
    [before] = working.names
    name = add_key(tmp_path / KEY_FILE)

    [sent] = await Sealing(sending).encode([payload(b"1")])
    assert sent.metadata["key"].decode() == before  # no worker has begun with the new one

    [sealed] = await Sealing(working).encode([payload(b"2")])
    assert sealed.metadata["key"].decode() == name
    assert await used_on(client) == {before, name}


@pytest.mark.server
async def test_a_key_that_others_began_with_later_is_waited_for_and_a_strangers_is_not(client: Client) -> None:
    await mark(client, set())
    running = KeyRing.given(OLD)
    await begin_to_use(client, running)
    [strange] = await Sealing(KeyRing.given(new_key())).encode([payload(b"1")])
    assert await Sealing(running).decode([strange]) == [strange]

    await begin_to_use(client, KeyRing.given(f"{OLD},{NEW}"))
    [sealed] = await Sealing(KeyRing.given(NEW)).encode([payload(b"2")])
    with pytest.raises(KeyMissing, match=f"the key {name_of_text(NEW)}, which .* does not hold"):
        await Sealing(running).decode([sealed])


@pytest.mark.server
async def test_what_runs_beside_the_journeys_is_begun_anew_where_its_key_is_lost(client: Client) -> None:
    """A schedule that nobody can read is said anew, and a run that nobody can read keeps no other from being begun."""
    address = client.service_client.config.target_host
    before, after = [await connect(address, ring=KeyRing.given(key)) for key in (OLD, NEW)]
    await keep_schedules(before, SCHEDULES)
    await keep_standing(before)
    runs = {run.id: run.run_id async for run in listed(before, len(STANDING))}

    await keep_schedules(after, SCHEDULES)
    for kept in SCHEDULES:
        action = (await after.get_schedule_handle(kept.name).describe()).schedule.action
        assert isinstance(action, ScheduleActionStartWorkflow)
        assert await after.data_converter.decode(action.args, [ScheduledWork]) == [kept.work]

    await end_what_holds_nothing(after, "a key is lost")
    await keep_standing(after)
    assert len(runs) == len(STANDING)
    for name, run in runs.items():
        assert (await after.get_workflow_handle(name).describe()).run_id != run


async def listed(client: Client, number: int) -> AsyncIterator[WorkflowExecution]:
    """The standing processes, once the server lists so many."""
    async with asyncio.timeout(30):
        while len(listing := [one async for one in client.list_workflows(f'WorkflowType="{STANDING_TYPE}"')]) < number:
            await asyncio.sleep(0.1)
    for one in listing:
        yield one

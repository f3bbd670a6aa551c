"""Keys change under open journeys: nothing is lost, and what a lost key sealed is told in words and begins anew."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType

from domain.case.calendar import local_date
from journeys.missing import Silence, known_events
from journeys.restarting import replace
from local.server import EmbeddedServer
from service.connection import connect
from service.keys_used import begin_to_use, mark, used_on
from service.payload_keys import KEY_FILE, KeyMissing, KeyRing, add_key, new_key
from service.ports import own_port
from service.sealing import SEALED, ring_of
from tests.domain.story import london
from tests.replay.every_server import BROKEN
from tests.workflows.house import PATIENCE, House, Life, house_in, story
from workflows.protocol import CASE_EVENTS, RECORD_EVENTS

ENTRY = "2026-01-05 became_looked_after policy=ppm-procedure"
TEN = london("2026-01-05", "10:00")


def ring_in(house: House) -> KeyRing:
    ring = ring_of(house.client)
    assert ring is not None
    return ring


async def keys_of(life: Life) -> set[str]:
    """The names of the keys that a journey's history is sealed with."""
    text = "".join(str(event) for event in await life.history())
    return {name for name in ring_in(life.house).names if f'"{name}"' in text}


async def test_a_key_changed_under_an_open_journey_loses_nothing(tmp_path: Path) -> None:
    async with house_in(tmp_path, cached_journeys=0) as house:
        life = await house.begin(ENTRY, TEN)
        [first] = await keys_of(life)
        second = add_key(tmp_path / KEY_FILE)

        await life.tell("2026-01-05 person_assigned role=iro contact=i-second")
        await life.forward("2026-01-20")
        await life.tell("2026-01-20 ppm_held")

        assert await keys_of(life) == {first, second}
        assert (await life.view()).stage == "ppm"
        assert str(await life.history()).count(SEALED.decode()) > 10


async def test_what_a_newer_key_sealed_waits_for_a_worker_that_lacks_it_and_is_taken_once_it_is_there(
    tmp_path: Path,
) -> None:
    """Whoever sends has the new key before the worker, as where each machine has a file of its own."""
    server = EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(tmp_path, server) as house:
        await begin_to_use(house.client, ring_in(house))
        life = await house.begin(ENTRY, TEN)
        key = new_key()
        theirs = tmp_path / "theirs.key"
        theirs.touch(0o600)
        theirs.write_text((tmp_path / KEY_FILE).read_text("utf-8") + key + "\n", "utf-8")
        ring = KeyRing.of_file(theirs)
        sender = await connect(house.server.address, ring=ring)
        await begin_to_use(sender, ring)
        signalled, updated = story(
            life.child, "2026-01-05 person_assigned role=iro contact=i-other\n2026-01-05 care_proceedings_issued"
        )

        journey = sender.get_workflow_handle(life.handle.id)
        await journey.signal(CASE_EVENTS, [signalled])
        taken = asyncio.create_task(journey.execute_update(RECORD_EVENTS, args=[[updated]]))
        while await life.counted(EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED) == 0:
            await asyncio.sleep(0.1)
        add_key(tmp_path / KEY_FILE, key)
        await asyncio.wait_for(taken, PATIENCE)

        view = await life.view()
        assert (view.events, view.rejections) == (3, 0)


async def test_what_a_lost_key_sealed_is_named_and_the_child_begins_anew_from_the_record(tmp_path: Path) -> None:
    port = own_port()
    async with house_in(tmp_path, EmbeddedServer(tmp_path, ui=False, grpc_port=port)) as house:
        life = await house.begin(ENTRY, datetime.now(UTC))
        kept = (tmp_path / KEY_FILE).read_text("utf-8")
        lost = add_key(tmp_path / KEY_FILE)
        await life.tell(story(life.child, f"{local_date(datetime.now(UTC))} care_proceedings_issued"))
        await begin_to_use(house.client, ring_in(house))
    BROKEN.add(life.handle.id)  # its history cannot be read any more

    (tmp_path / KEY_FILE).write_text(kept, "utf-8")
    async with house_in(tmp_path, EmbeddedServer(tmp_path, ui=False, grpc_port=port)) as house:
        with pytest.raises(KeyMissing, match=f"the key {lost}, which .*{KEY_FILE} does not hold"):
            await begin_to_use(house.client, ring_in(house))
        await mark(house.client, await used_on(house.client) - {lost})  # `permanence keys lost`
        await begin_to_use(house.client, ring_in(house))

        assert isinstance(await known_events(house.client, life.child), Silence)
        assert (await replace(house.client, house.record, life.child)).what == "replaced"
        known = await known_events(house.client, life.child)
        assert known == {one.event["id"] for one in house.record.history(life.child)}

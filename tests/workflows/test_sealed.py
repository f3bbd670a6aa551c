"""Keys change under open journeys: nothing is lost, and what a lost key sealed is told in words and begins anew."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.case.calendar import local_date
from journeys.missing import Silence, known_events
from journeys.restarting import replace
from local.server import EmbeddedServer
from service.keys_used import begin_to_use, mark, used_on
from service.payload_keys import KEY_FILE, KeyMissing, KeyRing, add_key
from service.ports import own_port
from service.sealing import SEALED, ring_of
from tests.domain.story import london
from tests.replay.every_server import BROKEN
from tests.workflows.house import House, Life, house_in, story

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

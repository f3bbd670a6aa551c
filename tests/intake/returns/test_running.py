"""Returns beside a running service: a dry run says what the real one does, and what was wrong in them comes right."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from domain.case import events as ev
from domain.case.facts import Known, unvoided
from local.server import EmbeddedServer
from service.ports import own_port
from tests.local.programs import Ended, quick
from tests.workflows.house import House, house_in

pytestmark = [pytest.mark.server, pytest.mark.slow]
FAULTS = Path(__file__).parent / "faults"
POLICY = ("--policy", "england-statutory")


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A service in real time."""
    folder = tmp_path_factory.mktemp("house")
    server = EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(folder, server, policy="england-statutory") as up:
        yield up


def data(said: Ended) -> Any:
    """What a command printed for programs; after it stands what the worker of the same process logged."""
    return json.JSONDecoder().raw_decode(said.out)[0]


async def asked(house: House, *arguments: str) -> Ended:
    """A command beside the house."""
    record = f"sqlite:///{house.folder / 'case-record.db'}"
    more = {"TEMPORAL_ADDRESS": house.server.address, "PERMANENCE_DATABASE_URL": record}
    return await asyncio.to_thread(lambda: quick(house.folder, *arguments, **more))


async def imported(house: House, folder: Path, *more: str) -> list[dict[str, Any]]:
    """What a dry run foresees; then the real run, which says and does the same."""
    before = {child: len(house.record.history(child)) for child in ("K3", "K4", "K5")}
    foreseen = await asked(house, "import-903", str(folder), *POLICY, "--json", "--dry-run", *more)
    assert foreseen.code == 0, foreseen.err
    assert before == {child: len(house.record.history(child)) for child in before}, "a dry run changes nothing"
    done = await asked(house, "import-903", str(folder), *POLICY, "--json", *more)
    assert done.code == 0, done.err
    assert data(done) == data(foreseen)
    changes: list[dict[str, Any]] = data(foreseen)["changes"]
    for change in changes:
        taken = [known.event for known in house.record.history(change["child"])][before[change["child"]] :]
        said = [*change["new"], *(each["now"] for each in change["corrected"])]
        assert sorted(e["id"] for e in said) == sorted(e["id"] for e in taken if e["type"] != "event_voided")
        assert sorted(e["id"] for e in change["voided"]) == sorted(e["event"] for e in taken if "event" in e)
        assert all(each in taken for each in said), "to the last field"
    assert len(changes) == sum(len(house.record.history(child)) > count for child, count in before.items())
    return changes


def standing(house: House, child: str) -> list[tuple[str, str]]:
    known = [Known(ev.parse_event(each.event), each.known_at) for each in house.record.history(child)]
    return sorted((f"{k.event.on}", k.event.type) for k in unvoided(known) if not isinstance(k.event, ev.EventVoided))


async def test_a_review_moved_by_a_day_is_corrected_and_nothing_differs_then(house: House) -> None:
    folder = FAULTS / "review-moved-a-day"
    [first] = await imported(house, folder / "first")
    assert (first["starts"], len(first["new"])) == (True, 2)
    [then] = await imported(house, folder / "then")
    [corrected] = then["corrected"]
    assert (corrected["before"]["on"], corrected["now"]["on"]) == ("2026-07-24", "2026-07-23")
    assert (then["new"], then["voided"]) == ([], [])
    assert standing(house, "K3") == [("2026-07-01", "became_looked_after"), ("2026-07-23", "review_held")]
    compared = await asked(house, "reconcile", str(folder / "then"), "--json")
    assert [each for each in data(compared) if each["child"] == "K3"] == []
    said = await asked(house, "import-903", str(folder / "first"), *POLICY, "--dry-run")
    assert "K3: review_held of 23 Jul 2026 is corrected: review_held of 24 Jul 2026" in said.out


async def test_a_start_corrected_a_year_later_ends_and_its_repair_can_be_sent(house: House, tmp_path: Path) -> None:
    for year in ("2024", "2025"):
        (tmp_path / year).mkdir()
        for path in (FAULTS / "start-corrected").glob(f"{year}-*"):
            (tmp_path / year / path.name).write_bytes(path.read_bytes())
    await imported(house, tmp_path / "2024")
    repairs = tmp_path / "repairs.jsonl"
    await asked(house, "reconcile", str(FAULTS / "start-corrected"), "--repairs", str(repairs))
    proposed = [json.loads(line) for line in repairs.read_text("utf-8").splitlines()]
    own = tmp_path / "own.jsonl"
    own.write_text("".join(f"{json.dumps(each)}\n" for each in proposed if each["child"] == "K4"), "utf-8")
    sent = await asked(house, "send", str(own))
    assert sent.code == 0, sent.err
    right = [("2024-09-23", "became_looked_after"), ("2025-05-30", "ceased_to_be_looked_after")]
    assert standing(house, "K4") == right
    await imported(house, tmp_path / "2025")
    assert standing(house, "K4") == right
    assert await imported(house, FAULTS / "start-corrected") == []


async def test_a_stay_in_hospital_ends_no_placement(house: House) -> None:
    await imported(house, FAULTS / "hospital-while-placed")
    placed = [day for day, kind in standing(house, "K5") if kind == "placed_for_adoption"]
    assert placed == ["2026-03-02"]
    assert not any(kind == "adoption_placement_ended" for _, kind in standing(house, "K5"))

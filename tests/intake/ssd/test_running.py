"""An SSD beside a running service: a dry run says what the real one does, and read again it proposes nothing."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from domain.case.calendar import local_date
from local.server import EmbeddedServer
from service.ports import own_port
from synthetic.caseload import caseload
from synthetic.ssd import ssd_tables
from tests.intake.ssd.cabinet import Drawers, drawers
from tests.intake.ssd.writing import write_ssd
from tests.local.programs import Ended, quick
from tests.workflows.house import House, house_in

pytestmark = [pytest.mark.server, pytest.mark.slow]
CHILDREN = 4


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A service in real time."""
    folder = tmp_path_factory.mktemp("house")
    server = EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(folder, server, policy="england-statutory") as up:
        yield up


async def synced(house: House, url: str, *more: str) -> Ended:
    """The command beside the house; the address is given as an operator would, by the environment."""
    record = f"sqlite:///{house.folder / 'case-record.db'}"
    around = {
        "TEMPORAL_ADDRESS": house.server.address, "PERMANENCE_DATABASE_URL": record, "PERMANENCE_SSD_URL": url,
    }  # fmt: skip
    asked = ("sync", "ssd", "--policy", "england-statutory", "--json", *more)
    return await asyncio.to_thread(lambda: quick(house.folder, *asked, **around))


def data(said: Ended) -> Any:
    return json.JSONDecoder().raw_decode(said.out)[0]


async def taken(house: House, url: str, children: list[str]) -> list[dict[str, Any]]:
    """What a dry run foresees; then the real run, which says and does the same."""
    before = {child: len(house.record.history(child)) for child in children}
    foreseen = await synced(house, url, "--dry-run")
    assert foreseen.code == 0, foreseen.err
    assert before == {child: len(house.record.history(child)) for child in children}, "a dry run changes nothing"
    done = await synced(house, url)
    assert done.code == 0, done.err
    assert data(done) == data(foreseen)
    changes: list[dict[str, Any]] = data(foreseen)["changes"]
    for change in changes:
        fresh = [known.event for known in house.record.history(change["child"])][before[change["child"]] :]
        said = [*change["new"], *(each["now"] for each in change["corrected"])]
        own = [each for each in fresh if each["id"].startswith("ssd:")]
        assert sorted(e["id"] for e in said) == sorted(e["id"] for e in own if e["type"] != "event_voided")
        assert all(each in own for each in said), "to the last field"
    return changes


def with_edits(tables: Drawers, child: str) -> Drawers:
    """A review moved by a day, one dropped, and a legal status that is another."""
    tables = copy.deepcopy(tables)
    reviews = [row for row in tables["ssd_cla_reviews"] if str(row["clar_cla_id"]).startswith(child)]
    moved = reviews[0]["clar_cla_review_date"]
    assert isinstance(moved, date)
    reviews[0]["clar_cla_review_date"] = moved + timedelta(days=1)
    tables["ssd_cla_reviews"].remove(reviews[1])
    return tables


async def test_a_dry_run_is_the_truth_and_reading_twice_proposes_nothing(house: House, tmp_path: Path) -> None:
    today = local_date(datetime.now(UTC))
    tables = ssd_tables(caseload(CHILDREN, seed=2, today=today), today)
    children = [str(row["pers_person_id"]) for row in tables["ssd_person"]]
    first, then = (f"sqlite:///{tmp_path / name}" for name in ("first.db", "then.db"))
    write_ssd(first, tables)
    begun = await taken(house, first, children)
    assert sorted(change["child"] for change in begun if change["starts"]) == children
    assert await taken(house, first, children) == []

    with_two = next(
        child for child in children
        if sum(str(row["clar_cla_id"]).startswith(child) for row in tables["ssd_cla_reviews"]) >= 2
    )  # fmt: skip
    write_ssd(then, with_edits(tables, with_two))
    [change] = await taken(house, then, children)
    assert change["child"] == with_two
    assert [each["now"]["type"] for each in change["corrected"]] == ["review_held"]
    assert [each["type"] for each in change["voided"]] == ["review_held"]
    assert await taken(house, then, children) == []


async def test_an_older_copy_and_a_half_empty_one_take_nothing(house: House, tmp_path: Path) -> None:
    today = local_date(datetime.now(UTC))
    tables = ssd_tables(caseload(CHILDREN, seed=2, today=today), today)
    url = f"sqlite:///{tmp_path / 'ssd.db'}"
    write_ssd(url, tables | {"ssd_cla_reviews": []})
    said = await synced(house, url, "--as-at", f"{today}")
    assert (said.code, data(said)["changes"]) == (2, [])
    assert "ssd_cla_reviews held more than twice as much" in said.err
    older = await synced(house, url, "--as-at", f"{today - timedelta(days=30)}")
    assert (older.code, data(older)["changes"]) == (2, [])
    assert "it speaks until" in older.err
    even_so = await synced(house, url, "--even-so", "--dry-run")
    assert (even_so.code, bool(data(even_so)["changes"])) == (0, True)


def six_years(*reviews: date, left: date) -> Drawers:
    """A child in care since 2016, with reviews by days, and a social worker who went on a day."""
    return drawers(
        person=[{"pers_person_id": "old-1", "pers_dob": date(2012, 5, 10)}],
        cla_episodes=[
            {"clae_cla_episode_id": "E1", "clae_person_id": "old-1", "clae_cla_id": "C1",
             "clae_cla_episode_start_date": date(2016, 3, 1), "clae_cla_episode_start_reason": "S"},
        ],
        legal_status=[
            {"lega_legal_status_id": "L1", "lega_person_id": "old-1", "lega_legal_status": "C2",
             "lega_legal_status_start_date": date(2016, 3, 1)},
        ],
        cla_reviews=[
            {"clar_cla_review_id": f"R-{day}", "clar_cla_id": "C1", "clar_cla_review_date": day} for day in reviews
        ],
        involvements=[
            {"invo_involvements_id": "I1", "invo_person_id": "old-1", "invo_professional_id": "P1",
             "invo_professional_role_id": "Social worker", "invo_involvement_start_date": date(2002, 3, 1),
             "invo_involvement_end_date": left},
        ],
    )  # fmt: skip


async def test_an_end_that_is_typed_wrongly_does_not_open_the_past_again(house: House, tmp_path: Path) -> None:
    """A review of 2017 leaves a dataset of six years; then an involvement ends in 2006 instead of 2026."""
    first, six, typed = (f"sqlite:///{tmp_path / name}.db" for name in ("first", "six", "typed"))
    then, now = date(2017, 7, 24), date(2026, 7, 24)
    write_ssd(first, six_years(then, now, left=date(2026, 7, 20)))
    write_ssd(six, six_years(now, left=date(2026, 7, 20)))
    write_ssd(typed, six_years(now, left=date(2006, 7, 20)))
    assert (await synced(house, first, "--even-so")).code == 0, "another caseload was read before"
    assert f"{then}" in [known.event["on"] for known in house.record.history("old-1")]
    assert await taken(house, six, ["old-1"]) == []

    changes = await taken(house, typed, ["old-1"])
    assert [each["type"] for change in changes for each in change["voided"] if each["type"] == "review_held"] == []
    [even_so] = data(await synced(house, typed, "--even-so", "--dry-run"))["changes"]
    assert ("review_held", f"{then}") in [(each["type"], each["on"]) for each in even_so["voided"]]

"""Returns beside a running service: a dry run says what the real one does, and what was wrong in them comes right."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from domain.case import events as ev
from domain.case.documents import parse_event
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
    known = [Known(parse_event(each.event), each.known_at) for each in house.record.history(child)]
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
    nowhere = await asked(house, "reconcile", str(FAULTS / "start-corrected"), "--repairs", str(tmp_path / "no" / "f"))
    assert (nowhere.code, f"{tmp_path / 'no' / 'f'}: it cannot be written: No such file" in nowhere.err) == (1, True)
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


EPISODES = """
    K6 01/05/2025 S C2 U6 {ordered} X1
    K6 {ordered} L E1 U6 {placed} X1
    K6 {placed} P E1 A6 - -
"""


def written(folder: Path, year: int, episodes: str, reviews: str) -> Path:
    """The tables of a year's return of K6."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "header": ("CHILD DOB", ["K6 10/05/2022"]),
        "episodes": ("CHILD DECOM RNE LS PLACE DEC REC", episodes.strip().splitlines()),
        "reviews": ("CHILD REVIEW", [f"K6 {day}" for day in reviews.split()]),
    }
    for name, (columns, lines) in tables.items():
        rows = [columns, *lines]
        text = "".join(",".join(line.split()).replace("-", "") + "\n" for line in rows)
        (folder / f"{year}-{name}.csv").write_text(text, "utf-8")
    return folder


async def compared(house: House, folder: Path, repairs: Path | None = None) -> dict[str, str]:
    """Of what K6 differs, by what differs; its repairs in a file."""
    said = [one for one in data(await asked(house, "reconcile", str(folder), "--json")) if one["child"] == "K6"]
    if repairs:
        await asked(house, "reconcile", str(folder), "--repairs", str(repairs))
        _leave_to_k6(repairs)
    return {one["kind"]: one["reason"] for one in said}


def _leave_to_k6(repairs: Path) -> None:
    lines = [line for line in repairs.read_text("utf-8").splitlines() if json.loads(line)["child"] == "K6"]
    repairs.write_text("".join(f"{line}\n" for line in lines), "utf-8")


async def test_what_differs_within_a_child_is_repaired_by_what_send_takes(house: House, tmp_path: Path) -> None:
    first = EPISODES.format(ordered="10/08/2025", placed="01/11/2025")
    then = EPISODES.format(ordered="17/08/2025", placed="08/11/2025")
    before = written(tmp_path / "before", 2025, first, "20/05/2025 10/08/2025")
    taken = await asked(house, "import-903", str(before), *POLICY)
    assert taken.code == 0, taken.err
    desk = {"type": "review_held", "child": "K6", "on": "2025-12-01", "id": "desk-1"}
    own, repairs = tmp_path / "desk.jsonl", tmp_path / "repairs.jsonl"
    own.write_text(json.dumps(desk), "utf-8")
    assert (await asked(house, "send", str(own))).code == 0

    after = written(tmp_path / "after", 2025, then, "20/05/2025 11/08/2025 05/02/2026")
    differing = await compared(house, after, repairs)

    assert differing.keys() == {"legal_status", "placements", "reviews"}
    assert differing["legal_status"].endswith(
        "placement order (E1) from 17 August 2025; only here: placement order (E1) from 10 August 2025"
    )
    assert "placed for adoption on 8 November 2025; only here:" in differing["placements"]
    assert differing["reviews"].endswith("5 February 2026; only here: 10 August 2025, 1 December 2025")
    sent = await asked(house, "send", str(repairs))
    assert sent.code == 0, sent.err
    assert await compared(house, after) == {}
    assert standing(house, "K6") == [
        ("2025-05-01", "became_looked_after"),
        ("2025-05-20", "review_held"),
        ("2025-08-11", "review_held"),
        ("2025-08-17", "legal_status_changed"),
        ("2025-08-17", "placement_order_made"),
        ("2025-11-08", "placed_for_adoption"),
        ("2026-02-05", "review_held"),
    ]


async def test_a_year_alone_is_compared_with_what_the_other_years_said_before(house: House, tmp_path: Path) -> None:
    """K6 as the test before left it. The next year's return has the last episode alone, and a review of that year."""
    then = EPISODES.format(ordered="17/08/2025", placed="08/11/2025")
    right = written(tmp_path / "right", 2025, then, "20/05/2025 11/08/2025 05/02/2026")
    assert "K6" not in (await asked(house, "import-903", str(right), *POLICY)).out, "it is repaired already"
    episode = EPISODES.strip().splitlines()[-1].format(placed="08/11/2025")
    later = written(tmp_path / "later", 2026, episode, "10/06/2026")
    assert (await compared(house, later)).keys() == {"reviews"}
    taken = await asked(house, "import-903", str(later), *POLICY)
    assert taken.code == 0, taken.err
    assert await compared(house, later) == {}


async def test_a_year_whose_reviews_are_gone_takes_nothing_of_any_year(house: House, tmp_path: Path) -> None:
    """K6 as the test before left it. The Reviews of 2025/26 are their heading alone, beside a whole 2026/27."""
    then = EPISODES.format(ordered="17/08/2025", placed="08/11/2025")
    episode = EPISODES.strip().splitlines()[-1].format(placed="08/11/2025")
    folder = written(tmp_path / "both", 2025, then, "")
    written(folder, 2026, episode, "10/06/2026 20/06/2026")
    before = standing(house, "K6")

    for ask in (("--dry-run",), ()):
        refused = await asked(house, "import-903", str(folder), *POLICY, "--json", "--as-at", "2026-06-30", *ask)
        assert refused.code == 2, "the dry run says what the real one does"
        assert data(refused)["changes"] == []
        assert "nothing is taken: Reviews of 2025/26 held more than twice as much when read on" in refused.err
    assert standing(house, "K6") == before

    right = written(folder, 2025, then, "20/05/2025 11/08/2025 05/02/2026")
    [change] = data(await asked(house, "import-903", str(right), *POLICY, "--json", "--dry-run"))["changes"]
    assert [each["on"] for each in change["new"]] == ["2026-06-20"]
    assert change["voided"] == []

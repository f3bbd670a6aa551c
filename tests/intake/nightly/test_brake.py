"""What is too much for a night by itself: it sends nothing and says why in one sentence; the next one is as any."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from intake.nightly.brake import LEAST, why_braked
from intake.sources.taking import Taking
from journeys.looking import look
from local.server import EmbeddedServer
from service.ports import own_port
from tests.intake.nightly.nights import POLICY, Folder, Nightly, standing
from tests.local.programs import Ended, quick
from tests.workflows.house import House, house_in

pytestmark = [pytest.mark.server, pytest.mark.slow]
MANY = LEAST
"""As few as are too many: each is a journey of its own."""


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A service in real time that knows of nobody: a brake looks at every child in care."""
    folder = tmp_path / "house"
    folder.mkdir()
    server = EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(folder, server, policy=POLICY) as up:
        yield up


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "returns")


@pytest.fixture
def nights(house: House, folder: Folder) -> Nightly:
    return Nightly(house, folder.path)


def in_care(prefix: str, ended: str = "", children: int = MANY) -> list[str]:
    """An episode of each of many children."""
    return [f"{prefix}{number} 01/07/2026 S C2 U6 {ended}".strip() for number in range(children)]


def reviewed(*days: str) -> str:
    return " ".join(f"H{number}={day}" for day in days for number in range(MANY))


async def said(nights: Nightly) -> str:
    """Why the night brought nothing, as the desk and `permanence health` say it."""
    return (await look(nights.house.client, nights.house.record, nights.settings)).night


async def asked(house: House, *arguments: str) -> Ended:
    """A command beside the house."""
    record = f"sqlite:///{house.folder / 'case-record.db'}"
    around = {"TEMPORAL_ADDRESS": house.server.address, "PERMANENCE_DATABASE_URL": record}
    return await asyncio.to_thread(lambda: quick(house.folder, *arguments, **around))


async def test_what_is_gone_of_everybody_tonight_is_taken_back_from_nobody(folder: Folder, nights: Nightly) -> None:
    folder.write(*in_care("H"), reviews=reviewed("24/07/2026", "14/08/2026"))
    await nights.live()
    folder.write(*in_care("H"), reviews=reviewed("14/08/2026"))
    assert (await nights.live())["voided"] == MANY, "what would be"
    assert "2026-07-24 review_held" in standing(nights.house, "H7")
    assert "brought nothing: of 20 of 20 children something would be taken back, which is more" in await said(nights)
    folder.write(*in_care("H"), reviews=reviewed("24/07/2026", "14/08/2026").replace("H0=24/07/2026", ""))
    assert (await nights.live())["voided"] == 1
    assert standing(nights.house, "H0") == ["2026-07-01 became_looked_after", "2026-08-14 review_held"]


async def test_a_table_that_is_its_heading_alone_takes_nothing_back(
    folder: Folder, nights: Nightly, tmp_path: Path
) -> None:
    """Three children: far below any brake. The command can take it nevertheless."""
    folder.write(*in_care("H", children=3), reviews="H0=24/07/2026 H1=24/07/2026 H2=24/07/2026")
    await nights.live()
    folder.write(*in_care("H", children=3))
    assert await nights.live() == {}
    assert "brought nothing: Reviews of 2026/27 held more than twice as much when read on " in await said(nights)
    assert (await said(nights)).endswith("apply it by the command that reads it, with --even-so")
    assert "2026-07-24 review_held" in standing(nights.house, "H1")

    ask = ("import-903", str(folder.path), "--policy", POLICY)
    doubts = tmp_path / "doubts.csv"
    doubts.write_text("those of the last reading", "utf-8")
    refused = await asked(nights.house, *ask, "--doubts", str(doubts))
    assert doubts.read_text("utf-8") == "those of the last reading"
    assert (refused.code, "accepted: a newer copy, or --even-so" in " ".join(refused.err.split())) == (2, True)
    assert "2026-07-24 review_held" in standing(nights.house, "H1")
    even_so = await asked(nights.house, *ask, "--even-so")
    assert even_so.code == 0, even_so.err
    assert standing(nights.house, "H1") == ["2026-07-01 became_looked_after"]
    assert await nights.live() == {"children": 3}
    assert await said(nights) == ""


async def test_journeys_of_everybody_are_not_ended_in_one_night(folder: Folder, nights: Nightly) -> None:
    """20 of 21 children have REC E8 tonight; the right night after it is taken."""
    left = "L1 01/03/2026 S C2 U6 01/06/2026 E4A"
    folder.write(*in_care("H"), left)
    await nights.live()
    folder.write(*in_care("H", "20/08/2026 E8"), left)
    assert (await nights.live())["taken"] == MANY, "what would be"
    assert standing(nights.house, "H7") == ["2026-07-01 became_looked_after"]
    assert "of 0 of 21 children something would be taken back, and 20 of 20 journeys that run would end" in (
        await said(nights)
    )
    folder.write(*in_care("H")[1:], "H0 01/07/2026 S C2 U6 20/08/2026 E4A", left)
    assert (await nights.live())["taken"] == 1
    assert await said(nights) == ""
    assert "2026-08-20 ceased_to_be_looked_after" in standing(nights.house, "H0")


async def test_who_left_and_came_back_has_not_ended(folder: Folder, nights: Nightly) -> None:
    folder.write(*in_care("H"))
    await nights.live()
    folder.write(*in_care("H", "10/08/2026 E4A"), *(f"H{number} 12/08/2026 S C2 U6" for number in range(MANY)))
    assert (await nights.live())["taken"] == 2 * MANY
    assert await said(nights) == ""


async def test_children_whose_ids_have_all_changed_do_not_begin_beside_themselves(
    folder: Folder, nights: Nightly
) -> None:
    folder.write(*in_care("H"))
    await nights.live()
    folder.write(*in_care("N"))
    counts = await nights.live()
    assert (counts["started"], counts["only_here"]) == (MANY, MANY), "what would be"
    assert standing(nights.house, "N7") == []
    assert "20 children would begin, while 20 whose journeys run are not in the source at all" in await said(nights)
    shown = json.loads((await asked(nights.house, "sync", "report", "--json")).out)
    assert shown["failed"] in await said(nights)
    assert (len(shown["only_here"]), len(shown["changes"])) == (MANY, MANY)

    applied = await asked(nights.house, "import-903", str(folder.path), "--policy", POLICY)
    assert applied.code == 0, applied.err
    assert standing(nights.house, "N7") == ["2026-07-01 became_looked_after"]
    assert (await nights.live())["only_here"] == MANY, "somebody ends them"
    assert await said(nights) == ""


def begun(children: int) -> list[Taking]:
    return [Taking(f"N{number}", starts=True) for number in range(children)]


def running(children: int, ending: int = 0) -> list[Taking]:
    return [Taking(f"H{number}", runs=True, ends=number < ending) for number in range(children)]


def ended(children: int) -> list[Taking]:
    return [Taking(f"L{number}") for number in range(children)]


@pytest.mark.parametrize(
    ("own", "gone", "braked"),
    [
        (running(200, ending=19), 0, False),
        (running(200, ending=20), 0, True),
        (running(201, ending=20), 0, False),
        ([*running(200, ending=20), *ended(2_300)], 0, True),
        (begun(2_500), 0, False),
        (begun(2_500), 19, False),
        ([*running(180), *begun(20)], 20, True),
        ([*running(181), *begun(20)], 20, False),
        ([*running(0), *begun(19)], 400, False),
        (running(100), 50, False),
    ],
)
def test_a_tenth_and_from_twenty(own: list[Taking], gone: int, *, braked: bool) -> None:
    assert bool(why_braked(own, gone)) is braked

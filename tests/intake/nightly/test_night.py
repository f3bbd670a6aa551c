"""Nights beside a running service: what a source says is taken, corrected, voided and doubted, or why not."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.models import ScheduledRun
from activities.syncing import NightFailed, SyncingActivities
from intake.nightly.night import OneNight
from journeys.looking import look
from local.server import EmbeddedServer
from record.doubts import DoubtsKept, of_keys
from record.store import CaseRecord
from service.ports import own_port
from service.settings import Settings
from synthetic.caseload import caseload
from synthetic.ssd import ssd_tables
from tests.intake.nightly.nights import NOW, POLICY, Folder, Nightly, standing
from tests.intake.ssd.writing import write_ssd
from tests.journeys.stuck import stuck_journey, until_refused
from tests.local.programs import Ended, quick
from tests.workflows.house import House, house_in
from workflows.protocol import workflow_id

pytestmark = [pytest.mark.server, pytest.mark.slow]
TODAY = date(2026, 11, 20)


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A service in real time."""
    folder = tmp_path_factory.mktemp("house")
    server = EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(folder, server, policy=POLICY) as up:
        yield up


@pytest.fixture
def nightly(house: House, tmp_path: Path) -> Callable[..., Nightly]:
    return lambda how="apply": Nightly(house, tmp_path / "returns", how)


async def test_night_after_night_the_journeys_have_what_the_source_says(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    first = ("A1 01/07/2026 S C2 U6", "A2 01/07/2026 S V2 U6", "A3 05/07/2026 S C2 U6")
    folder, nights = Folder(tmp_path / "returns"), nightly()
    folder.write(*first, reviews="A1=24/07/2026 A2=24/07/2026")
    counts = await nights.live()
    assert counts == {"children": 3, "started": 3, "taken": 5} | {k: v for k, v in counts.items() if k == "only_here"}

    assert (await nights.live()).keys() <= {"children", "only_here"}, "nothing has changed"

    folder.write(*first, reviews="A1=23/07/2026 A3=24/07/2026")
    counts = await nights.live()
    assert {k: counts[k] for k in ("corrected", "voided", "taken")} == {"corrected": 1, "voided": 1, "taken": 1}
    assert standing(house, "A1") == ["2026-07-01 became_looked_after", "2026-07-23 review_held"]
    assert standing(house, "A2") == ["2026-07-01 became_looked_after"]
    changes = nights.nights.children(nights.planned, "changes")
    assert changes["A1"]["corrected"][0]["now"]["on"] == "2026-07-23"
    assert changes.keys() == {"A1", "A2", "A3"}
    last = nights.nights.last()
    assert last is not None
    assert last.failed is None
    assert last.ended is not None
    assert "2026-reviews.csv: Reviews" in last.said


async def test_what_is_only_proposed_is_what_would_be_done_and_nothing_is_sent(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    Folder(tmp_path / "returns").write("B1 01/07/2026 S C2 U6", reviews="B1=24/07/2026")
    proposing = nightly("propose")
    proposed = await proposing.live()
    assert (proposed["started"], proposed["taken"], proposed["only_there"]) == (1, 2, 1)
    assert house.record.history("B1") == []
    foreseen = proposing.nights.children(proposing.planned, "changes")
    applying = nightly()
    applied = await applying.live()
    assert (applied["started"], applied["taken"], "only_there" in applied) == (1, 2, False)
    assert applying.nights.children(applying.planned, "changes") == foreseen


async def test_children_who_are_missing_on_either_side_are_named(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    """C1 is on the desk alone; of C2 the source gives no birth, so that no journey starts."""
    await house.begin("2026-07-01 became_looked_after", datetime.now(UTC), child="C1")
    Folder(tmp_path / "returns").write("C2 01/07/2026 S C2 U6", "C3 01/07/2026 S C2 U6", born="C3")
    nights = nightly()
    counts = await nights.live()
    assert "C1" in nights.nights.children(nights.planned, "only_here")
    assert not {"C2", "C3"} & nights.nights.children(nights.planned, "only_here").keys()
    assert nights.nights.children(nights.planned, "only_there").keys() == {"C2"}
    assert (counts["only_there"], counts["doubted"], counts["new_doubts"]) == (1, 1, 1)


async def test_a_doubt_that_somebody_settled_does_not_come_again(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    folder, nights = Folder(tmp_path / "returns"), nightly()
    folder.write("D1 01/07/2026 S C2 U6 01/08/2026 -")
    assert (await nights.live())["doubted"] == 1
    kept = DoubtsKept(house.record.engine)
    [doubt] = [each for each in kept.open() if each.child == "D1"]
    assert doubt.rule == "rec-missing"
    kept.settle(of_keys([doubt], {doubt.key}), "mo", "the end was typed into the wrong line", NOW)
    counts = await nights.live()
    assert (counts.get("doubted", 0), counts["settled"]) == (0, 1)
    assert [each for each in kept.open() if each.child == "D1"] == []
    folder.write("D1 01/07/2026 S C2 U6 02/08/2026 -")
    assert (await nights.live())["new_doubts"] == 1, "the row says something else now"


async def test_a_night_begun_again_does_a_child_once_and_keeps_what_the_first_attempt_brought(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    Folder(tmp_path / "returns").write("E1 01/07/2026 S C2 U6", "E2 01/07/2026 S C2 U6")
    nights = nightly()
    counts = await nights.live()
    again = await nights.live(again=True)
    assert (
        {k: again[k] for k in ("started", "taken")}
        == {k: counts[k] for k in ("started", "taken")}
        == {
            "started": 2,
            "taken": 2,
        }
    )
    assert [len(house.record.history(child)) for child in ("E1", "E2")] == [1, 1]
    last = nights.nights.last()
    assert last is not None
    assert last.attempts == 2


async def test_a_folder_that_is_not_there_is_a_failed_night_that_is_seen_and_made_good(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    nights = nightly()
    with pytest.raises(NightFailed, match="there is no such folder"):
        await nights.live()
    assert "failed and is tried again" in (await look(house.client, house.record, nights.settings)).night
    Folder(tmp_path / "returns").write("F1 01/07/2026 S C2 U6")
    assert (await nights.live(again=True))["started"] == 1
    assert (await look(house.client, house.record, nights.settings)).night == ""
    assert (await look(house.client, house.record, Settings(home=house.folder))).night == ""


async def test_a_record_that_is_down_fails_the_night_in_words_and_the_activity_is_tried_again_later(
    house: House, tmp_path: Path
) -> None:
    Folder(tmp_path / "returns").write("G1 01/07/2026 S C2 U6")
    down = CaseRecord(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    settings = Nightly(house, tmp_path / "returns").settings

    async def live(planned: datetime, progress: Callable[[int, int], None]) -> dict[str, int]:
        return await OneNight(house.client, down, house.policies, settings, planned, NOW, progress).run()

    with pytest.raises(ApplicationError, match="the database server cannot be reached") as failed:
        await ActivityEnvironment().run(SyncingActivities(live).sync, ScheduledRun(nominal=NOW, begun=NOW))
    assert failed.value.next_retry_delay == timedelta(minutes=5)


async def test_what_a_night_brought_is_the_result_of_its_run_in_numbers(house: House, tmp_path: Path) -> None:
    async def live(planned: datetime, progress: Callable[[int, int], None]) -> dict[str, int]:
        progress(1, 2)
        return {"children": 3, "taken": 2, "voided": 0}

    run = ScheduledRun(nominal=NOW, begun=NOW)
    assert await ActivityEnvironment().run(SyncingActivities(live).sync, run) == "3 children, 2 taken"
    assert "no source" in await ActivityEnvironment().run(SyncingActivities(None).sync, run)


async def test_a_stuck_journey_is_named_in_the_report_and_the_next_night_brings_what_it_has_not_taken(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    episodes = [f"{child} 01/07/2026 S C2 U6" for child in ("K1", "K2", "K3")]
    folder, nights = Folder(tmp_path / "returns"), nightly()
    folder.write(*episodes)
    await nights.live()
    folder.write(*episodes, reviews="K1=24/07/2026 K2=24/07/2026 K3=24/07/2026")
    await house.client.get_workflow_handle(workflow_id("K1")).terminate()
    async with stuck_journey(house.client, "K1"):
        await until_refused(house.client, "K1")
        counts = await nights.live()
    assert (counts["taken"], counts["not_taken"]) == (2, 1)
    [(child, left)] = nights.nights.children(nights.planned, "not_taken").items()
    assert (child, left["events"]) == ("K1", 1)
    assert left["why"].startswith("its journey's workflow tasks fail: `permanence status K1` says why")
    assert (await nights.live())["taken"] == 1
    assert "2026-07-24 review_held" in standing(house, "K1")


async def test_the_command_says_what_a_night_brought_or_why_it_failed(
    house: House, nightly: Callable[..., Nightly], tmp_path: Path
) -> None:
    nights = nightly()
    with pytest.raises(NightFailed):
        await nights.live()
    failed = await reported(house)
    assert failed.code == 1
    assert "there is no such folder" in " ".join(failed.out.split())
    Folder(tmp_path / "returns").write("J1 01/07/2026 S C2 U6", "J2 01/07/2026 S C2 U6", born="J1")
    await nights.live(again=True)
    said = await reported(house)
    assert said.code == 0, said.err
    assert "903, applied" in said.out
    assert "In the source, and not here: J2" in said.out
    assert re.search(r"started +1\b", said.out)
    assert max(map(len, said.out.splitlines())) <= 80
    data = json.loads((await reported(house, "--json")).out)
    assert (data["counts"]["taken"], data["only_there"], data["attempts"]) == (1, ["J2"], 2)
    assert [change["child"] for change in data["changes"]] == ["J1"]
    assert ("J2", "no-birth") in [(doubt["child"], doubt["rule"]) for doubt in data["doubts"]]


async def reported(house: House, *more: str) -> Ended:
    """What `permanence sync report` says beside the house."""
    record = f"sqlite:///{house.folder / 'case-record.db'}"
    return await asyncio.to_thread(
        lambda: quick(house.folder, "sync", "report", *more, PERMANENCE_DATABASE_URL=record, COLUMNS="80")
    )


async def test_a_database_is_read_every_night_as_a_folder_is(house: House, tmp_path: Path) -> None:
    tables, url = ssd_tables(caseload(4, seed=7, today=TODAY), TODAY), f"sqlite:///{tmp_path / 'ssd.db'}"
    write_ssd(url, tables)
    nights = Nightly(house, url)
    first = await nights.live()
    assert first["started"] == first["children"] >= 3
    assert "only_there" not in first
    last = nights.nights.last()
    assert last is not None
    assert last.source == "ssd"
    assert any(line.startswith("ssd_cla_reviews: ") for line in last.said)
    assert not {"taken", "corrected", "voided"} & (await nights.live()).keys(), "nothing has changed"

    with create_engine(url).begin() as connection:
        review = "(SELECT max(clar_cla_review_id) FROM ssd_cla_reviews WHERE clar_cla_review_cancelled IS NOT 'Y')"
        moved = "UPDATE ssd_cla_reviews SET clar_cla_review_date = date(clar_cla_review_date, '-1 day')"
        connection.execute(text(f"{moved} WHERE clar_cla_review_id = {review}"))
    assert (await nights.live())["corrected"] == 1


async def test_a_database_that_is_down_fails_the_night_and_its_password_is_nowhere(house: House) -> None:
    nights = Nightly(house, "postgresql+psycopg://reader:pw-4711@127.0.0.1:1/ssd")
    with pytest.raises(NightFailed) as failed:
        await nights.live()
    last = nights.nights.last()
    assert last is not None
    assert last.failed == str(failed.value)
    assert "pw-4711" not in last.failed

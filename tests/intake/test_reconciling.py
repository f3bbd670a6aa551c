"""A source beside the running service: a caseload told by its returns, and what is found when they differ."""

import json
from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.models import ScheduledRun
from activities.reconciling import ReconcilingActivities
from intake.reconciling import sources
from intake.reconciling.differences import Kind
from intake.reconciling.sources import REPORT, Source, compare_nightly, read_source, reconcile
from journeys.caseload import CaseloadRow, not_running
from journeys.missing import is_open
from journeys.sending import send_batch
from journeys.stuck import RUNNING
from record.pasts import past
from service.settings import Settings
from synthetic.caseload import caseload
from synthetic.returns import write_returns
from tests.domain.story import london, raw_events
from tests.workflows.house import House, house_in
from workflows.protocol import workflow_id

pytestmark = [pytest.mark.server, pytest.mark.slow]
CHILDREN = 12
TODAY = date(2026, 11, 20)
NOON = london("2026-11-20")
POLICY = "england-statutory"


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("house"), policy=POLICY) as up:
        yield up


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("returns")
    write_returns(caseload(CHILDREN, seed=5, today=TODAY), folder, TODAY)
    return folder


@pytest_asyncio.fixture(scope="module")
async def source(house: House, returns: Path) -> Source:
    """The caseload exported as returns, imported again and sent."""
    source = read_source(str(returns), house.policies, POLICY, NOON, house.record)
    for child, events in source.events.items():
        delivery = await send_batch(house.client, child, events)
        assert delivery.refusal is None, delivery.refusal
    must_run = {child for child in source.events if is_open(child, past(house.record, child))}
    assert len(must_run) > CHILDREN // 2
    await house.until_found(RUNNING, expected=must_run)
    return source


async def test_a_caseload_exported_imported_and_reconciled_shows_no_difference(house: House, source: Source) -> None:
    assert await reconcile(house.client, house.record, source) == []


async def test_a_list_of_the_servers_that_lags_has_nobody_missing(
    house: House, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lags(_client: Client) -> list[CaseloadRow]:
        return []

    monkeypatch.setattr(sources, "caseload", lags)
    assert await reconcile(house.client, house.record, source) == []
    assert await not_running(house.client, [*source.events, "CLA-unknown"]) == {
        "CLA-unknown",
        *(child for child in source.events if not is_open(child, past(house.record, child))),
    }


async def test_a_child_whose_workflow_is_gone_is_found_first_and_the_night_says_so(
    house: House, source: Source, returns: Path, tmp_path: Path
) -> None:
    running = {child for child in source.events if is_open(child, past(house.record, child))}
    lost = min(running)
    await house.client.get_workflow_handle(workflow_id(lost)).terminate("a mishap")
    late = raw_events("2026-11-20 became_looked_after @NEW-1 #new-1 legal_status=C2")
    early = raw_events("2024-10-01 became_looked_after @OLD-1 #old-1 legal_status=C2")
    for child, event in (("NEW-1", late), ("OLD-1", early)):
        await house.begin(event, london("2026-11-20"), child=child)
    running = {"NEW-1", "OLD-1", *running} - {lost}
    await house.until_found(RUNNING, expected=running)

    comparison = await reconcile(house.client, house.record, source)

    assert [(one.kind, one.child) for one in comparison] == [(Kind.MISSING, lost), (Kind.EXTRA, "OLD-1")]

    settings = Settings(home=tmp_path, reconcile_source=str(returns), default_policy=POLICY)
    night = ReconcilingActivities(partial(compare_nightly, house.client, house.record, house.policies, settings))
    at = london("2026-11-20", "02:00")
    said = await ActivityEnvironment().run(night.reconcile, ScheduledRun(nominal=at, begun=at))

    assert said == "1 missing, 1 extra"
    report = json.loads((tmp_path / REPORT).read_text("utf-8"))
    assert [one["child"] for one in report["differences"]] == [lost, "OLD-1"]

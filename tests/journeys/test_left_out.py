"""A child of whom the case record cannot be read, beside a running service: everybody else's journeys are seen to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from domain.case import events as ev
from intake.reconciling.differences import Kind
from intake.reconciling.sources import Source, reconcile
from intake.sources.reading_again import takings
from intake.sources.taking import Taker
from journeys.loading import load_histories
from journeys.looking import look
from journeys.restarting import look_over, told_in_words
from journeys.sending import Load, send_batch
from journeys.watching import findings
from local.server import EmbeddedServer
from service.ports import own_port
from service.settings import Settings
from tests.domain.story import events
from tests.spoilt import spoil
from tests.workflows.house import House, house_in
from workflows.protocol import workflow_id

pytestmark = pytest.mark.server
DAY = datetime.now(UTC).date()
BAD, LOST, WELL, NEW = "Z-BAD", "Z-LOST", "Z-WELL", "Z-NEW"
VERIFY = f"`permanence record verify {BAD}` names"


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Three children in care; the runs of two have been ended by somebody, and a row of one of these is spoilt."""
    folder = tmp_path_factory.mktemp("house")
    server = EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port())
    async with house_in(folder, server) as up:
        for child in (BAD, LOST, WELL):
            await send_batch(up.client, child, told(child))
        for child in (BAD, LOST):
            await up.client.get_workflow_handle(workflow_id(child)).terminate()
        await up.until_found('WorkflowType="ChildJourney" AND ExecutionStatus="Running"', expected={WELL})
        spoil(up.record, BAD)
        yield up


def told(child: str, more: str = "") -> list[ev.Event]:
    text = f"{DAY - timedelta(days=60)} became_looked_after #in\n{more}"
    return [e.model_copy(update={"child": child, "id": f"{child}-{e.id}"}) for e in events(text)]


async def test_others_are_watched_loaded_and_compared_and_the_one_is_named(house: House, tmp_path: Path) -> None:
    tally, done = await look_over(house.client, house.record, whole=True)
    assert (tally.missing, tally.unreadable) == ([LOST], [BAD])
    assert {one.child: one.what for one in done} == {LOST: "started"}
    assert "1 do not run, and cannot be read in the case record" in told_in_words(tally, done)

    reviewed = f"{DAY - timedelta(days=30)} review_held #r1"
    children = {child: told(child, reviewed) for child in (BAD, LOST, WELL, NEW)}
    taker = Taker("test", house.policies, "ppm-procedure", datetime.now(UTC))
    own = {one.child: one for one in takings(taker, {child: children[child] for child in (BAD, NEW)}, {}, house.record)}
    assert {child for child, one in own.items() if one.batch} == {NEW}
    assert [VERIFY in str(refusal) for refusal in own[BAD].refused] == [True, True]

    loaded = await load_histories(
        house.client, house.record, children, Load("test"), lambda sent, _: [sent[1:]], lambda *_: None
    )
    assert (loaded.added_to, loaded.started) == (2, 1)
    [refusal] = loaded.refusals
    assert refusal.startswith(f"{BAD}: ")
    assert VERIFY in refusal

    differing = await reconcile(house.client, house.record, Source(children, None, DAY))
    assert [(one.child, one.kind) for one in differing] == [(BAD, Kind.UNREADABLE)]

    CaseloadKeeper(house.record, Cases(house.policies, "ppm-procedure")).rebuild()
    seen = await look(house.client, house.record, Settings(home=tmp_path))
    assert findings(seen)["left_out"] == (1, (BAD,))

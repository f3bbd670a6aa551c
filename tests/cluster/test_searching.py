"""Search on PostgreSQL answers as the embedded server's does: every list, filter and count, on the same children."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from cli.ui import lists
from journeys.stuck import FAILING, RUNNING, overslept
from service.attributes import registered
from tests.domain.story import london
from tests.servers import AServer, OnCluster, embedded_in, no_cluster_named, server_in
from tests.workflows.house import PATIENCE, House, Pause, house_in
from workflows import search_attributes as sa

pytestmark = [pytest.mark.server, pytest.mark.slow]

TODAY = date(2026, 2, 3)
TEN = london("2026-01-05", "10:00")
ENTRY = "2026-01-05 became_looked_after team=North"
OTHER = "2026-01-05 became_looked_after team=South policy=quick-guide"
ENDED = 'ExecutionStatus="Completed"'
DIFFERS = 'Overdue!="initial-ppm"'
"""On PostgreSQL a list that is not there is neither equal nor unequal; no list of ours asks so (docs/cluster.md)."""
SEEN_LAST = {
    ENDED: {"LEFT"},
    'Rag="red"': {"LATE"},
    "RejectedEvents=1": {"NAMED"},
    'SocialWorker="s-worker" AND Iro="i-second"': {"NAMED"},
    'Policy="quick-guide" OR PrimaryPlan="adoption"': {"NAMED", "PLACED"},
}
"""What each child did last, as lists show it: each of them follows the journey by a moment of its own."""
REFUSED = {f"{RUNNING} ORDER BY OldestOverdue", "NoSuchAttribute=1", "Rag="}
Listed = dict[str, frozenset[str] | str]


def queries() -> Iterator[str]:
    """Every list and filter that the program has, and each attribute in each way a person can ask by it."""
    yield from (one.query for one in (*lists(TODAY), *lists(TODAY, "i-second")))
    yield from (RUNNING, FAILING, overslept(datetime(2026, 1, 25, 12, tzinfo=UTC)))
    yield " AND ".join(f"{key.name} IS NULL" for key in sa.ALL)
    for key in sa.ALL:
        yield f"{key.name} IS NULL"
        yield f"{RUNNING} AND {key.name} IS NOT NULL"
    yield from ('Rag="red"', 'Rag!="red"', 'Rag IN ("red", "amber")', 'Rag NOT IN ("red", "amber")')
    yield from ('Team="North"', 'Team STARTS_WITH "So"', 'Stage="ppm" AND Team="North"')
    yield from ('Policy="quick-guide" OR PrimaryPlan="adoption"', 'NOT (Policy="quick-guide")')
    yield from (
        'Overdue="initial-ppm"',
        'Overdue IN ("initial-ppm", "first-review")',
        DIFFERS,
        f"(Overdue IS NULL OR {DIFFERS})",
    )
    yield from ('NextDue < "2026-02-10T00:00:00Z"', 'NextDue >= "2026-02-10T00:00:00Z"')
    yield 'NextDue BETWEEN "2026-01-01T00:00:00Z" AND "2026-02-28T00:00:00Z"'
    yield from ("RejectedEvents=1", "RejectedEvents > 0", "RejectedEvents=0", 'LegalStatus IN ("C1", "V2")')
    yield from ('SocialWorker="s-worker" AND Iro="i-second"', 'WorkflowId IN ("child-LATE", "child-PLACED")')
    yield from ('WorkflowId="child-LATE"', 'WorkflowId STARTS_WITH "child-"', ENDED)
    yield from sorted(REFUSED)


async def _live(house: House) -> None:
    """Children of every colour, named alike wherever they live."""
    late = await house.begin(ENTRY, TEN, child="LATE")
    await late.forward("2026-02-03")
    soon = await house.begin(ENTRY, TEN, child="SOON")
    await soon.forward("2026-01-14")
    placed = await house.begin(ENTRY, TEN, child="PLACED")
    await placed.tell("2026-01-05 ppm_held primary_plan=adoption contingency_plan=kinship_care")
    await placed.tell("2026-01-05 placement_order_made\n2026-01-05 legal_status_changed legal_status=E1")
    named = await house.begin(OTHER, TEN, child="NAMED")
    await named.tell("2026-01-05 person_assigned role=social_worker contact=S.Worker@example.org")
    await named.tell("2026-01-05 person_assigned role=iro contact=i-second")
    await named.handle.signal("case_events", [{"type": "review_held", "id": "bad", "child": "NAMED", "on": "one day"}])
    await named.shows("RejectedEvents", 1)
    left = await house.begin(ENTRY, TEN, child="LEFT")
    await left.tell("2026-01-05 ceased_to_be_looked_after")
    await left.ended()


async def _listed(server: AServer, folder: Path) -> Listed:
    """What every query lists, once the server has caught up; refusals by their kind. Its count must say the same."""
    async with house_in(folder, server) as house:
        await _live(house)
        for query, children in SEEN_LAST.items():
            await house.until_found(query, expected=children)
        listed = await _asked(house.client)
        pause, deadline = Pause(), time.monotonic() + PATIENCE
        while (again := await _asked(house.client)) != listed:
            assert time.monotonic() < deadline, f"the lists still change after {PATIENCE:.0f} s"
            listed = again
            await pause()
        await registered(house.client)
    return listed


async def _asked(client: Client) -> Listed:
    return {query: await _answer(client, query) for query in queries()}


async def _answer(client: Client, query: str) -> frozenset[str] | str:
    try:
        listed = frozenset([run.id.removeprefix("child-") async for run in client.list_workflows(query)])
    except RPCError as refused:
        if refused.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return "refused"
    counted = (await client.count_workflows(query)).count
    return listed if counted == len(listed) else f"counted {counted}, listed {len(listed)}"


async def test_every_list_filter_and_count_is_as_on_the_embedded_server(tmp_path: Path) -> None:
    cluster = server_in(tmp_path / "cluster")
    assert isinstance(cluster, OnCluster)
    (tmp_path / "cluster").mkdir()
    on_cluster = await _listed(cluster, tmp_path / "cluster")
    with no_cluster_named():
        on_embedded = await _listed(embedded_in(tmp_path / "embedded"), tmp_path / "embedded")

    differ = {
        query: (listed, on_embedded[query]) for query, listed in on_cluster.items() if listed != on_embedded[query]
    }
    several = frozenset({"LEFT", "NAMED", "PLACED", "SOON"})
    assert differ == {DIFFERS: (frozenset(), several)}
    assert on_cluster[f"(Overdue IS NULL OR {DIFFERS})"] == several
    assert len(on_cluster) > 70
    assert {query for query, listed in on_cluster.items() if isinstance(listed, str)} == REFUSED
    assert on_cluster['Rag="red"'] == frozenset({"LATE"})
    assert on_cluster['SocialWorker="s-worker" AND Iro="i-second"'] == frozenset({"NAMED"})
    nothing = [query for query, listed in on_cluster.items() if not listed]
    assert 4 * len(nothing) < len(on_cluster), nothing  # else the comparison proves little

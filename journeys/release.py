"""Which release each journey goes on by, and moving those that sleep on another one than is meant (docs/adr/0056)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from journeys.bounded import Progress, bounded, silently
from journeys.stuck import FAILING, RUNNING
from service.build import DEPLOYMENT
from service.releases import PATIENCE, Release, ReleaseRefused, releases, workers_of
from workflows.protocol import MOVE_ON

RELEASE: Final = "TemporalWorkerDeploymentVersion"
"""The server's own search attribute: the release that a run is on; none before its first task, or of no release."""

NOTHING_MEANT: Final = (
    "no release is current, so that journeys have none to move to: `permanence release promote BUILD` first"
)


@dataclass(frozen=True, slots=True)
class InRelease:
    """What a release holds: running journeys, and how many of them fail."""

    release: Release
    journeys: int
    failing: int


@dataclass(frozen=True, slots=True)
class MoveDone:
    """`woken`: told to look which release is meant. `fetched`: could not be told, and go on by that release at once."""

    woken: int
    fetched: int
    gone: int
    """Ended meanwhile."""


async def held(client: Client) -> list[InRelease]:
    """Each release with what it holds. Raises ReleaseRefused, RPCError."""
    return [await _held(client, one) for one in await releases(client)]


async def of_no_release(client: Client) -> int:
    """Running journeys that no release has taken up yet. Raises RPCError."""
    return await _count(client, f"{RUNNING} AND {RELEASE} IS NULL")


async def amiss(client: Client) -> tuple[str, str]:
    """What is wrong with releases as such, in words, and the list of journeys whose release has no workers.

    Both empty where nothing is, and where no worker is a release. Raises RPCError.
    """
    try:
        all_of_them = await releases(client)
    except ReleaseRefused:
        return "", ""
    left = ", ".join(_quoted(one.build) for one in all_of_them if not one.workers and one.state != "drained")
    meant = any(one.state == "current" for one in all_of_them) or bool((await workers_of(client))[""])
    return "" if meant else NOTHING_MEANT, f"{RUNNING} AND {RELEASE} IN ({left})" if left else ""


async def move(client: Client, progress: Progress = silently) -> MoveDone:
    """Wake every journey that may be on another release than is meant for it, so that it moves.

    One whose release has no workers, or whose tasks fail, cannot hear: the current release takes it up as it stands.
    Raises ReleaseRefused, RPCError.
    """
    all_of_them = await releases(client)
    current = next((one for one in all_of_them if one.state == "current"), None)
    if current is None:
        raise ReleaseRefused(NOTHING_MEANT)
    deaf = await _deaf(client, all_of_them, current)
    # Which journeys a ramp means, the server alone knows; each is told when it wakes.
    ramps = any(one.state == "ramping" for one in all_of_them)
    elsewhere = f"{RUNNING} AND ({RELEASE} IS NULL OR {RELEASE} != {_quoted(current.build)})"
    asleep = await _listed(client, RUNNING if ramps else elsewhere)
    fetching = [partial(_fetch, client, journey, current.build) for journey in deaf]
    waking = [partial(_wake, client, journey) for journey in sorted(set(asleep) - set(deaf))]
    fetched, done = await bounded(fetching, silently), await bounded(waking, progress)
    return MoveDone(sum(done), sum(fetched), len(done) + len(fetched) - sum(done) - sum(fetched))


async def _held(client: Client, one: Release) -> InRelease:
    on_it = f"{RELEASE} = {_quoted(one.build)}"
    journeys, failing = await asyncio.gather(
        _count(client, f"{RUNNING} AND {on_it}"), _count(client, f"{FAILING} AND {on_it}")
    )
    return InRelease(one, journeys, failing)


async def _deaf(client: Client, all_of_them: Sequence[Release], current: Release) -> list[str]:
    """Journeys on other releases that no signal reaches."""
    deaf: list[str] = []
    for one in all_of_them:
        if one is not current and one.state != "ramping":
            deaf += await _listed(client, f"{FAILING if one.workers else RUNNING} AND {RELEASE} = {_quoted(one.build)}")
    return deaf


async def _fetch(client: Client, journey: str, build: str) -> bool:
    """Have the current release take a journey's next task, and wake it for that."""
    wanted = UpdateWorkflowExecutionOptionsRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=journey),
        update_mask=FieldMask(paths=["versioning_override"]),
        identity=client.identity,
    )
    once = wanted.workflow_execution_options.versioning_override.one_time.target_deployment_version
    once.deployment_name, once.build_id = DEPLOYMENT, build
    try:
        await client.workflow_service.update_workflow_execution_options(wanted, timeout=PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return await _wake(client, journey)


async def _wake(client: Client, journey: str) -> bool:
    try:
        await client.get_workflow_handle(journey).signal(MOVE_ON)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def _listed(client: Client, query: str) -> list[str]:
    return [run.id async for run in client.list_workflows(query)]


async def _count(client: Client, query: str) -> int:
    return (await client.count_workflows(query)).count


def _quoted(build: str) -> str:
    return f'"{DEPLOYMENT}:{build}"'

"""Releases of this program on one server (Temporal's Worker Deployment Versions): which there are, and which is meant.

A release is what a worker says it is by the setting `build_id`. Journeys move to the one that is meant at their next
wake (docs/adr/0056). Thin words over the server's own calls.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Literal, TypeVar

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import TaskQueueType, WorkerDeploymentVersionStatus, WorkerVersioningMode
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from service.build import DEPLOYMENT
from workflows.protocol import TASK_QUEUE

State = Literal["current", "ramping", "draining", "drained", "waiting"]
"""`current`: what is meant. `ramping`: meant for a share of the journeys. `draining`: was meant, and still holds runs.
`drained`: was meant, and holds none. `waiting`: has workers, and was never meant."""

STATES: Final[dict[int, State]] = {
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: "current",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "ramping",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "draining",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "drained",
}

VERSIONED: Final = WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED
ASKED_WITHIN: Final = timedelta(seconds=90)
"""As for workers of no release (journeys/stuck.py)."""
PATIENCE: Final = timedelta(seconds=30)
"""For a change: the server brings it to each of its task queues before it answers (ours)."""

A = TypeVar("A")
"""What the server answers."""

SETTLES_WITHIN: Final = timedelta(seconds=20)
"""A worker that has just started is known to the server, queue by queue, in so much (ours: it takes a second)."""
LOOK_EVERY: Final = 0.3

REFUSES: Final = "the Temporal server refuses: {why}"
NO_WORKERS: Final = (
    "no worker of the release {build} asks for work, so that nothing would go on. Start its workers first "
    "(PERMANENCE_BUILD_ID; docs/releases.md). Releases with workers: {there}"
)
NO_NAME: Final = "a release has a name; this one is empty. Releases with workers: {there}"
NOT_THERE: Final = (
    "no worker has named a release yet: start workers with PERMANENCE_BUILD_ID=code (docs/releases.md). Without it "
    "every worker takes every journey"
)
TOO_OLD: Final = (
    "this Temporal server knows no releases (Worker Deployment Versions): they need Temporal 1.29 or later, and "
    "`system.enableDeploymentVersions` not switched off. Until then leave PERMANENCE_BUILD_ID unset"
)
NOTHING_BEFORE: Final = "no release was current before {current}, so there is none to go back to"


class ReleaseRefused(RuntimeError):
    """It cannot be done so; the text says why and what can be."""


class NotSettled(ReleaseRefused):
    """The server lacks something that may be there in a moment."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release. `share`: in percent, of a ramping one. `workers`: that have asked for work of late."""

    build: str
    state: State
    share: float
    workers: int
    was_current: datetime | None
    """When it was last made current, if ever."""


async def releases(client: Client) -> list[Release]:
    """All that the server knows, the newest first. Raises ReleaseRefused, RPCError."""
    described, workers = await _described(client), await workers_of(client)
    return [_release(one, described, workers) for one in described.version_summaries]


async def promote(client: Client, build: str) -> None:
    """Let a release be the one that is meant, for all journeys. Raises ReleaseRefused, RPCError."""
    await _has_workers(client, build)
    wanted = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=build, identity=client.identity
    )
    await _taken(partial(client.workflow_service.set_worker_deployment_current_version, wanted, timeout=PATIENCE))


async def promote_first(client: Client, build: str) -> bool:
    """Whether a release is current, having made this one so if there was none to go on by, and none that would lose.

    Where workers of no release still ask for work, whoever runs them promotes: they get nothing more from then on.
    Raises ReleaseRefused, RPCError.
    """
    described = await _described(client)
    if described.routing_config.current_deployment_version.build_id:
        return True
    if (await workers_of(client))[""]:
        return False
    await promote(client, build)
    return True


async def ramp(client: Client, build: str, percent: float) -> None:
    """Let a release be meant for a share of the journeys, always the same ones. Raises ReleaseRefused, RPCError."""
    await _has_workers(client, build)
    await _ramp(client, build, percent)


async def roll_back(client: Client) -> str:
    """Take a ramp back, or else make current again what was current before; the release that is meant from now on.

    Raises ReleaseRefused, RPCError.
    """
    all_of_them = await releases(client)
    current = next((one for one in all_of_them if one.state == "current"), None)
    if any(one.state == "ramping" for one in all_of_them):
        await _ramp(client, "", 0)
        return current.build if current else "no release"
    before = [(one.was_current, one.build) for one in all_of_them if one.was_current and one is not current]
    if not before:
        raise ReleaseRefused(NOTHING_BEFORE.format(current=current.build if current else "now"))
    build = max(before)[1]
    await promote(client, build)
    return build


async def _ramp(client: Client, build: str, percent: float) -> None:
    wanted = SetWorkerDeploymentRampingVersionRequest(
        namespace=client.namespace,
        deployment_name=DEPLOYMENT,
        build_id=build,
        percentage=percent,
        identity=client.identity,
    )
    await _taken(partial(client.workflow_service.set_worker_deployment_ramping_version, wanted, timeout=PATIENCE))


async def _taken(call: Callable[[], Awaitable[A]]) -> A:
    """What the server answers, asked again where it may answer in a moment.

    It refuses what comes before it knows all that new workers ask for, and too many questions in a second.
    """
    deadline = datetime.now(UTC) + SETTLES_WITHIN
    while True:
        try:
            return await _asked(call())
        except NotSettled as refused:
            if datetime.now(UTC) > deadline:
                raise ReleaseRefused(str(refused)) from None
            await asyncio.sleep(LOOK_EVERY)


async def _has_workers(client: Client, build: str) -> None:
    await _described(client)
    workers = await workers_of(client)
    there = ", ".join(sorted(filter(None, +workers))) or "none"
    if not build:  # to the server that is "no release": it would take the current one away
        raise ReleaseRefused(NO_NAME.format(there=there))
    if not workers[build]:
        raise ReleaseRefused(NO_WORKERS.format(build=build, there=there))


async def _described(client: Client) -> WorkerDeploymentInfo:
    asked = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
    answer = await _taken(partial(client.workflow_service.describe_worker_deployment, asked, timeout=PATIENCE))
    return answer.worker_deployment_info


async def _asked(call: Awaitable[A]) -> A:
    """What the server answers; where it knows no releases, or none of ours, that in words."""
    try:
        return await call
    except RPCError as error:
        if error.status is RPCStatusCode.UNIMPLEMENTED or "Versions are disabled" in error.message:
            raise ReleaseRefused(TOO_OLD) from None
        if error.status is RPCStatusCode.NOT_FOUND:
            raise ReleaseRefused(NOT_THERE) from None
        if error.status in (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.RESOURCE_EXHAUSTED):
            raise NotSettled(REFUSES.format(why=error.message)) from None
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            raise ReleaseRefused(REFUSES.format(why=error.message)) from None
        raise


async def workers_of(client: Client) -> Counter[str]:
    """How many workers of each release ask for journeys' work; those that are none under the empty name."""
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    described = await client.workflow_service.describe_task_queue(asked, timeout=PATIENCE)
    since = datetime.now(UTC) - ASKED_WITHIN
    of_late = {
        (_release_asking(one), one.identity)
        for one in described.pollers
        if one.last_access_time.ToDatetime(UTC) > since
    }
    return Counter(build for build, _ in of_late)


def _release_asking(poller: PollerInfo) -> str:
    said = poller.deployment_options
    ours = said.deployment_name == DEPLOYMENT and said.worker_versioning_mode == VERSIONED
    return str(said.build_id) if ours else ""


def _release(
    one: WorkerDeploymentInfo.WorkerDeploymentVersionSummary, all_: WorkerDeploymentInfo, workers: Counter[str]
) -> Release:
    build, routing = one.deployment_version.build_id, all_.routing_config
    ramps = routing.ramping_deployment_version.build_id == build
    return Release(
        build=build,
        state=STATES.get(one.status, "waiting"),
        share=routing.ramping_version_percentage if ramps else 0,
        workers=workers[build],
        was_current=one.last_current_time.ToDatetime(UTC) if one.HasField("last_current_time") else None,
    )

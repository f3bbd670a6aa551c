"""The worker: composition only. Settings, clients, registration, logs, metrics, and a graceful stop.

Run it with `python -m worker` beside a Temporal server of your own; `permanence up` runs it with an embedded one.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.case_record import CaseRecordActivities
from activities.delivery import DeliveryActivities
from activities.digests import DigestActivities
from activities.inbox import InboxActivities
from activities.journeys import JourneysActivities
from activities.proving import ProvingActivities
from activities.reconciling import ReconcilingActivities
from activities.rulebook import RulebookActivities
from activities.siblings import SiblingActivities
from activities.syncing import SyncingActivities
from delivery.backlog import Backlog
from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from delivery.loads import Loads
from delivery.policy_versions import keep_versions
from delivery.post import Post
from delivery.proving import NO_CHANNEL
from delivery.secret_files import NotOurs
from delivery.settings import DeliveryRefused
from domain.policy.loading import Policies, PolicyRefused
from intake.forwarding import Forwarder
from intake.inbox_queue import InboxQueue
from intake.nightly.night import live_night
from intake.reconciling.sources import compare_nightly
from journeys.asking import ask_journey_now
from journeys.renewing import SELDOM, renewing
from journeys.restarting import look_over_nightly, looked_over
from journeys.watching import watching
from record.failures import RecordUnavailable
from record.old_views import drop_old_views
from record.store import CaseRecord
from record.when_to_look import WhenToLook
from reporting.keeping import ReportKeeper
from service.attributes import registered
from service.build import build_id, release_of
from service.closed import mend
from service.closing import close_to_others
from service.connection import DEFAULT_ADDRESS, TemporalSettingsRefused, runtime_with_metrics
from service.first_release import first_release
from service.heaps import few_heaps
from service.keeping import EndedByItself, GaveUp, Keeper
from service.links import links_of
from service.locate import NoService, named_address
from service.logs import configure_logs
from service.not_settings import log_not_settings
from service.payload_keys import KeysRefused
from service.ports import NoFreePort
from service.retries import Retries
from service.schedules import keep_schedules, schedules_for
from service.settings import Settings, SettingsRefused, settings_of_environment
from service.standing import keep_standing
from service.stopping import until_told
from service.waiting import not_yet, record_at, server_at, settled, until_it_answers, until_there
from workflows.page import AskedPage
from workflows.protocol import BACKGROUND, TASK_QUEUE
from workflows.registry import WORKFLOWS
from workflows.released import IN_RELEASE
from workflows.runner import workflow_runner

ACTIVITIES_AT_ONCE = 16
"""As many as there are threads for (ours): one that was taken and waits for a thread would run out of time, and what a
worker cannot begin is left to others."""

SHUTDOWN_GRACE = timedelta(seconds=10)
REQUESTS_FOR_THE_BACKGROUND: Final = 1
"""Requests for its work that wait at the server (ours): seven kinds, each seldom, of which none minds a moment."""
SERVES: Final[Mapping[str, tuple[str, ...]]] = {
    "all": (TASK_QUEUE, BACKGROUND),
    "journeys": (TASK_QUEUE,),
    "background": (BACKGROUND,),
}
CALLED: Final[Mapping[str, str]] = {TASK_QUEUE: "the worker", BACKGROUND: "the worker of the background"}
REFUSES_TO_START: Final = (
    *(DeliveryRefused, GaveUp, KeysRefused, NoService, NoFreePort, NotOurs, PolicyRefused, SettingsRefused),
    TemporalSettingsRefused,
)
"""What is said in words where a worker does not start, or gives up."""
A_LINE = 200
"""Characters of what ended a worker, for a log line (ours)."""
log = structlog.get_logger("worker")


def build_worker(
    client: Client,
    record: CaseRecord,
    policies: Policies,
    settings: Settings,
    retries: Retries | None = None,
    queue: str = TASK_QUEUE,
) -> Worker:
    """A worker with every workflow and activity, over the clients passed in. `retries` looks on at the activities.

    On the queue `BACKGROUND` it has that work alone. The journeys' has it too: what waits there from an earlier
    version, or is done by nobody else, is done.

    Raises DeliveryRefused if people cannot be told as the settings say.
    """
    of_journeys, of_the_background = _activities(client, record, policies, settings)
    release = release_of(settings.build_id)
    of_workflows = IN_RELEASE if release else WORKFLOWS
    return Worker(
        client,
        task_queue=queue,
        build_id=None if release else build_id(),
        deployment_config=release,
        workflows=of_workflows if queue == TASK_QUEUE else [],
        activities=[*of_journeys, *of_the_background] if queue == TASK_QUEUE else of_the_background,
        max_concurrent_activities=ACTIVITIES_AT_ONCE,
        max_concurrent_workflow_task_polls=settings.requests_for_work,
        max_concurrent_activity_task_polls=(
            settings.requests_for_work if queue == TASK_QUEUE else REQUESTS_FOR_THE_BACKGROUND
        ),
        activity_executor=ThreadPoolExecutor(ACTIVITIES_AT_ONCE, thread_name_prefix="activity"),
        workflow_runner=workflow_runner(),
        max_cached_workflows=settings.cached_journeys,
        graceful_shutdown_timeout=SHUTDOWN_GRACE,
        interceptors=[retries or Retries(), AskedPage()],
    )


def _activities(
    client: Client, record: CaseRecord, policies: Policies, settings: Settings
) -> tuple[list[Callable[..., object]], list[Callable[..., object]]]:
    """The activities of the journeys, and those of the background, over the clients passed in."""
    rulebook = RulebookActivities(policies, record, settings.default_policy)
    siblings = SiblingActivities(record)
    post = Post.of(settings.delivery, settings.channels)
    case_record = CaseRecordActivities(record, post.directory.current if post.directory else None)
    links = links_of(settings, client.namespace)
    drain = post.drain(record, policies.titles(), links, partial(ask_journey_now, client))
    cases = Cases(policies, settings.default_policy)
    backlog = Backlog(Loads(record.engine), drain.deliverer, cases)
    digests = DigestActivities(post.digests(drain, cases))
    delivery = DeliveryActivities(drain, backlog, record.engine)
    inbox = InboxActivities(Forwarder(client, lambda: InboxQueue(record.engine)).sweep, record.engine)
    proving = ProvingActivities(record, None if settings.delivery.channels else NO_CHANNEL)
    reconciling = ReconcilingActivities(partial(compare_nightly, client, record, policies, settings))
    night = partial(live_night, client, record, policies, settings) if settings.sync_source else None
    syncing = SyncingActivities(night)
    kept = timedelta(days=366 * settings.desk.views_kept_years)  # never a day short of so many years
    journeys = JourneysActivities(
        partial(look_over_nightly, client, record),
        lambda: drop_old_views(record.engine, datetime.now(UTC) - kept),
    )
    return [case_record.write_case_record, rulebook.load_rulebook, siblings.look_up_siblings], [
        delivery.drain_outbox,
        digests.send_digests,
        inbox.drain_inbox,
        journeys.look_over_journeys,
        proving.prove,
        reconciling.reconcile,
        syncing.sync,
    ]


@asynccontextmanager
async def kept_going(
    keeper: Keeper, client: Client, record: CaseRecord, policies: Policies, settings: Settings, retries: Retries | None
) -> AsyncIterator[None]:
    """Workers for what `settings.worker_serves` says, each kept going. Raises DeliveryRefused."""
    async with AsyncExitStack() as stack:
        for queue in SERVES[settings.worker_serves]:
            build = partial(build_worker, client, record, policies, settings, retries, queue)
            await stack.enter_async_context(keeper.keeping(CALLED[queue], runs_of(build, client)))
        yield


def policies_of(settings: Settings) -> Policies:
    """The project's policies and the authority's own."""
    return Policies.load(*([settings.policies] if settings.policies else []))


def say_not_raised(record: CaseRecord, policies: Policies) -> None:
    """Keep the text of each policy's version, and warn of a text that was changed without a new one."""
    try:
        for words in keep_versions(record.engine, policies):
            log.warning("policy changed, version not raised", what=words)
    except RecordUnavailable as down:
        log.warning("policy texts not compared", why=str(down))


def runs_of(build: Callable[[], Worker], client: Client) -> Callable[[], Awaitable[None]]:
    """How a worker is kept going: each run has a worker of its own, and begins when the server answers.

    A worker outlasts an outage of the server by itself; what ends it is for instance a right that it has lost.
    Builds the first at once, and raises what that raises.
    """
    ready = [build()]

    async def run() -> None:
        await until_it_answers(client)
        try:
            await (ready.pop() if ready else build()).run()
        except (RuntimeError, RPCError) as error:
            raise EndedByItself(f"{type(error).__name__}: {str(error)[:A_LINE]}") from None

    return run


async def serve(settings: Settings) -> None:
    """Run a worker against the Temporal server that the environment names, for ever.

    A server or a record that is not there yet is waited for. Raises NoService, DeliveryRefused or GaveUp.
    """
    policies, keeper = policies_of(settings), Keeper()
    ring = settings.payloads.ring(settings.home)
    runtime, metrics = runtime_with_metrics(settings.metrics_host, settings.metrics_port)
    client = await server_at(named_address() or DEFAULT_ADDRESS, ring, runtime)
    record = await record_at(settings.record_url)
    await settled(settings.home, record, client)
    await registered(client)
    say_not_raised(record, policies)
    retries = Retries()
    async with (
        kept_going(keeper, client, record, policies, settings, retries),
        renewing(CaseloadKeeper(record, Cases(policies, settings.default_policy)), WhenToLook(record.engine).due),
        renewing(ReportKeeper(record, policies, settings.default_policy), pause=SELDOM, begin_after=SELDOM),
        looked_over(client, record),
        watching(client, record, settings, retries),
        first_release(client, release_of(settings.build_id)),
    ):
        await until_there("the Temporal server", partial(_keep_what_runs_beside, client, settings))
        log.info("worker started", task_queue=TASK_QUEUE, default_policy=settings.default_policy, metrics=metrics)
        await keeper.until_given_up()


async def _keep_what_runs_beside(client: Client, settings: Settings) -> None:
    try:
        await keep_schedules(client, schedules_for(settings))
        await keep_standing(client)
    except RPCError as error:
        raise not_yet(error) from None


def main() -> int:
    """Run the worker until told to stop; the exit code."""
    close_to_others()
    few_heaps()
    try:
        settings = settings_of_environment()
        configure_logs(settings.log_level)
        log_not_settings()
        if mended := mend(settings.home, [settings.policies] if settings.policies else []):
            log.warning("closed to others", files=[path.name for path in mended])
        asyncio.run(until_told(serve(settings), stopping=lambda: log.info("worker stopping")))
    except REFUSES_TO_START as error:
        sys.stderr.write(f"permanence worker: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the Temporal SDK may still call Python while the interpreter is taken down, which then aborts.
    os._exit(code)

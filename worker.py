"""The worker: composition only. Settings, clients, registration, logs, metrics, and a graceful stop.

Run it with `python -m worker` beside a Temporal server of your own; `permanence up` runs it with an embedded one.
"""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import structlog
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.case_record import CaseRecordActivities
from activities.delivery import DeliveryActivities
from activities.digests import DigestActivities
from activities.inbox import InboxActivities
from activities.journeys import JourneysActivities
from activities.reconciling import ReconcilingActivities
from activities.rulebook import RulebookActivities
from activities.siblings import SiblingActivities
from delivery.backlog import Backlog
from delivery.case_now import Cases
from delivery.post import Post
from delivery.settings import DeliveryRefused
from domain.policy import Policies, PolicyRefused
from embedded.ports import NoFreePort, free_port
from intake.delivering import Deliverer
from record.failures import RecordUnavailable
from record.inbox_queue import InboxQueue
from record.loads import Loads
from record.store import CaseRecord
from service.asking import standing_of
from service.build import build_id
from service.connection import DEFAULT_ADDRESS, connect, runtime_with_metrics
from service.links import links_of
from service.locate import NoService, named_address
from service.logs import configure_logs
from service.reconciling import compare_nightly
from service.restarting import look_over_nightly, looked_over
from service.schedules import keep_schedules, schedules_for
from service.settings import Settings
from service.standing import keep_standing
from workflows.messages import TASK_QUEUE
from workflows.registry import WORKFLOWS

ACTIVITY_THREADS = 8
SHUTDOWN_GRACE = timedelta(seconds=10)
log = structlog.get_logger("worker")


def build_worker(client: Client, record: CaseRecord, policies: Policies, settings: Settings) -> Worker:
    """A worker with every workflow and activity, over the clients passed in.

    Raises DeliveryRefused if people cannot be told as the settings say.
    """
    case_record = CaseRecordActivities(record)
    rulebook = RulebookActivities(policies, record, settings.default_policy)
    siblings = SiblingActivities(record)
    post = Post.of(settings.delivery, settings.smtp, settings.notify, settings.webhook)
    links = links_of(settings, client.namespace)
    drain = post.drain(record, policies.titles(), links, partial(standing_of, client))
    cases = Cases(policies, settings.default_policy)
    backlog = Backlog(Loads(record.engine), drain.deliverer, cases)
    digests = DigestActivities(post.digests(drain, cases))
    delivery = DeliveryActivities(drain, backlog)
    inbox = InboxActivities(Deliverer(client, lambda: InboxQueue(record.engine)).sweep)
    reconciling = ReconcilingActivities(partial(compare_nightly, client, record, policies, settings))
    journeys = JourneysActivities(partial(look_over_nightly, client, record))
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        build_id=build_id(),
        workflows=WORKFLOWS,
        activities=[
            case_record.write_case_record,
            delivery.drain_outbox,
            digests.send_digests,
            inbox.drain_inbox,
            journeys.look_over_journeys,
            reconciling.reconcile,
            rulebook.load_rulebook,
            siblings.look_up_siblings,
        ],
        activity_executor=ThreadPoolExecutor(ACTIVITY_THREADS, thread_name_prefix="activity"),
        workflow_runner=SandboxedWorkflowRunner(
            # The rules are pure, held so by lint; passing them through keeps each journey small and quick to load.
            restrictions=SandboxRestrictions.default.with_passthrough_modules("domain", "pydantic", "pydantic_core")
        ),
        max_cached_workflows=settings.cached_journeys,
        graceful_shutdown_timeout=SHUTDOWN_GRACE,
    )


def policies_of(settings: Settings) -> Policies:
    """The project's policies and the authority's own."""
    return Policies.load(*([settings.policies] if settings.policies else []))


async def until_stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


async def main() -> None:
    """Run a worker against the Temporal server that the environment names, until told to stop."""
    settings = Settings()
    configure_logs(settings.log_level)
    metrics = f"{settings.metrics_host}:{free_port(settings.metrics_port)}"
    address = named_address() or DEFAULT_ADDRESS
    try:
        client = await connect(address, runtime_with_metrics(metrics))
    except RuntimeError:
        raise NoService(f"no Temporal server answers at {address}; start it, or set TEMPORAL_ADDRESS") from None
    record = CaseRecord.open(settings.record_url)
    async with build_worker(client, record, policies_of(settings), settings), looked_over(client, record):
        await keep_schedules(client, schedules_for(settings))
        await keep_standing(client)
        log.info("worker started", task_queue=TASK_QUEUE, default_policy=settings.default_policy, metrics=metrics)
        await until_stopped()
        log.info("worker stopping")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (DeliveryRefused, NoService, NoFreePort, PolicyRefused, RecordUnavailable) as error:
        sys.exit(f"permanence worker: {error}")

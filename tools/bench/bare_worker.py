"""The bare workflow's worker, a program put together as `worker.py` is, with the same settings."""

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from record.engine import PRAGMAS
from service.connection import connect, runtime_with_metrics
from service.heaps import few_heaps
from service.logs import configure_logs
from service.settings import Settings
from service.stopping import until_stopped
from tools.bench.bare import NOTE, TASK_QUEUE, Bare
from worker import ACTIVITIES_AT_ONCE, SHUTDOWN_GRACE
from workflows.runner import PASSED_THROUGH

log = structlog.get_logger("bare")


class Notebook:
    """An activity as short as it can be that keeps what it was told: one row in a file like the case record's."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE IF NOT EXISTS notes (child TEXT)")
        self._lock = threading.Lock()

    @activity.defn(name=NOTE)
    def note(self, child: str) -> None:
        with self._lock:
            self._connection.execute("INSERT INTO notes VALUES (?)", (child,))


def build_worker(client: Client, notebook: Notebook, settings: Settings) -> Worker:
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Bare],
        activities=[notebook.note],
        activity_executor=ThreadPoolExecutor(ACTIVITIES_AT_ONCE, thread_name_prefix="activity"),
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH, "tools")
        ),
        max_cached_workflows=settings.cached_journeys,
        graceful_shutdown_timeout=SHUTDOWN_GRACE,
    )


async def main() -> None:
    few_heaps()
    settings = Settings()
    configure_logs(settings.log_level)
    runtime, _ = runtime_with_metrics(settings.metrics_host, settings.metrics_port)
    client = await connect(runtime=runtime, ring=settings.payloads.ring(settings.home))
    async with build_worker(client, Notebook(str(settings.home / "notes.db")), settings):
        log.info("worker started", task_queue=TASK_QUEUE)
        await until_stopped()


if __name__ == "__main__":
    asyncio.run(main())

"""Recorded histories of journeys: where they are kept, and replaying them against today's code."""

import gzip
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer, WorkflowRunner

from domain.policy import Policies
from embedded.server import EmbeddedServer
from record.store import CaseRecord
from service.connection import connect
from service.settings import Settings
from tests.workflows.house import own_port
from worker import build_worker

FOLDER = Path(__file__).parent / "histories"
SUFFIX = ".json.gz"
LARGEST = 2_000_000


class NoHistories(AssertionError):
    """A workflow has no recorded history, so nothing would tell that a change breaks those that are running."""


def save(history: WorkflowHistory, path: Path) -> None:
    """Write a history, compact and always the same bytes for the same history."""
    text = json.dumps(json.loads(history.to_json()), separators=(",", ":"), sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def load(path: Path) -> WorkflowHistory:
    """Read a history; its name stands for the workflow id that a history leaves out."""
    return WorkflowHistory.from_json(workflow_id(path), gzip.decompress(path.read_bytes()).decode())


def workflow_id(path: Path) -> str:
    """The workflow id: it begins the name, up to two dashes."""
    return path.name.removesuffix(SUFFIX).split("--")[0]


def recorded(folder: Path, workflows: Iterable[type]) -> list[Path]:
    """Every recorded history. Raises NoHistories if any workflow has none."""
    found: list[Path] = []
    for workflow in workflows:
        name = type_name(workflow)
        own = sorted((folder / name).glob(f"*{SUFFIX}"))
        if not own:
            raise NoHistories(f"{name} has no recorded history in {folder}: run `python -m tests.replay.record`")
        found += own
    return found


def type_name(workflow: type) -> str:
    """The name a workflow is registered under."""
    definition = getattr(workflow, "__temporal_workflow_definition")
    return str(definition.name)


@asynccontextmanager
async def replayer_like_the_worker(folder: Path) -> AsyncIterator["Replays"]:
    """A replayer with the workflows, the sandbox and the data converter of the worker itself."""
    async with EmbeddedServer(folder, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
        record = CaseRecord.open(f"sqlite:///{folder / 'case-record.db'}")
        settings = Settings(default_policy="ppm-procedure")
        config = build_worker(client, record, Policies.load(), settings).config()
        yield Replays(config["workflow_runner"], client.data_converter, list(config["workflows"]))
        record.close()


class Replays:
    """Replays histories with given settings."""

    def __init__(self, runner: WorkflowRunner, data_converter: DataConverter, workflows: list[type]) -> None:
        self._runner = runner
        self._data_converter = data_converter
        self.workflows = workflows

    async def replay(self, history: WorkflowHistory, workflows: list[type] | None = None) -> None:
        """Replay one. Raises what makes it differ."""
        replayer = Replayer(
            workflows=workflows or self.workflows,
            workflow_runner=self._runner,
            data_converter=self._data_converter,
        )
        await replayer.replay_workflow(history)

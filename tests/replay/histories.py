"""Recorded histories of journeys: where they are kept, and replaying them against today's code."""

import gzip
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from service.connection import DATA_CONVERTER
from workflows.registry import WORKFLOWS
from workflows.runner import workflow_runner

FOLDER = Path(__file__).parent / "histories"
SUFFIX = ".json.gz"
LARGEST = 2_000_000


class NoHistories(AssertionError):
    """A workflow has no recorded history, so nothing would tell that a change breaks those that are running."""


def save(history: WorkflowHistory, path: Path) -> None:
    """Write a history, compact and always the same bytes for the same history."""
    compact = json.dumps(json.loads(history.to_json()), separators=(",", ":"), sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(compact.encode(), mtime=0))


@cache
def load(path: Path) -> WorkflowHistory:
    """Read a history; its name stands for the workflow id that a history leaves out."""
    return WorkflowHistory.from_json(workflow_id(path), text(path))


def text(path: Path) -> str:
    """A history as it is kept, in JSON: far quicker to search than to load."""
    return gzip.decompress(path.read_bytes()).decode()


def workflow_id(path: Path) -> str:
    """The workflow id: it begins the name, up to two dashes."""
    return path.name.removesuffix(SUFFIX).split("--")[0]


def recorded(folder: Path, workflows: Iterable[type]) -> list[Path]:
    """Every recorded history. Raises NoHistories if any workflow has none."""
    paths: list[Path] = []
    for workflow in workflows:
        name = type_name(workflow)
        own = sorted((folder / name).glob(f"*{SUFFIX}"))
        if not own:
            raise NoHistories(f"{name} has no recorded history in {folder}: run `python -m tests.replay.record NAME`")
        paths += own
    return paths


def type_name(workflow: type) -> str:
    """The name a workflow is registered under."""
    definition = getattr(workflow, "__temporal_workflow_definition")
    return str(definition.name)


async def replay(
    history: WorkflowHistory,
    workflows: Sequence[type] = WORKFLOWS,
    *,
    sandboxed: bool = True,
    converter: DataConverter = DATA_CONVERTER,
) -> None:
    """Replay one with the data converter of the worker, and its sandbox. Raises what makes it differ.

    A history that a sandboxed worker has just written replays the same without the sandbox, which imports the workflow
    anew for each: twice to four times as quick.
    """
    runner = workflow_runner() if sandboxed else UnsandboxedWorkflowRunner()
    replayer = Replayer(workflows=workflows, workflow_runner=runner, data_converter=converter)
    await replayer.replay_workflow(history)

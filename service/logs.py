"""Logs as JSON, one object a line. Nothing personal: references, types, dates and roles only."""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import structlog
from temporalio import workflow

EventDict = MutableMapping[str, Any]


def _drop_in_replay(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A workflow's own lines are written when they happen, not again when its history is replayed."""
    if workflow.in_workflow() and workflow.unsafe.is_replaying_history_events():
        raise structlog.DropEvent
    return event


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's logging through one JSON chain to a stream (stderr)."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[_drop_in_replay, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


@contextmanager
def logs_in(folder: Path, level: str) -> Iterator[Path]:
    """Logs to a file in a folder, for a service whose terminal is for people; the file's path."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "permanence.log"
    with path.open("a", encoding="utf-8") as stream:
        configure_logs(level, stream)
        yield path

"""Logs as JSON, one object a line. Nothing personal: references, types, dates and roles only."""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from logging.handlers import WatchedFileHandler
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


class LogFile(WatchedFileHandler):
    """A log in a file, begun anew where whoever looks after the disk has moved or removed it.

    A line that cannot be written is left out, with a word on stderr for the first of them: by itself logging prints a
    traceback for each, and whatever keeps stderr is mostly on the disk that is full.
    """

    _said = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. One that is gone and cannot be written to its end is let go of: it fills the disk."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)
            if self.stream:
                with suppress(OSError):
                    self.stream.close()
                self.stream = None  # opened with the next line

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Say once that lines are left out. Whoever logs goes on, also where stderr is closed or on a full disk."""
        if self._said or not sys.stderr:
            return
        self._said = True
        why = getattr(sys.exc_info()[1], "strerror", None) or "a line cannot be put into words"
        with suppress(OSError):
            sys.stderr.write(f"{self.baseFilename}: {why}; lines of the log are left out\n")


def configure_logs(level: str, to: TextIO | logging.Handler | None = None) -> None:
    """Send structlog and the standard library's logging through one JSON chain to a stream (stderr), or a handler."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[_drop_in_replay, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = to if isinstance(to, logging.Handler) else logging.StreamHandler(to or sys.stderr)
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
    handler = LogFile(path, encoding="utf-8")
    try:
        configure_logs(level, handler)
        yield path
    finally:
        handler.close()

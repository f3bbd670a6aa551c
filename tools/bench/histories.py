"""Looking into histories: by event type, and where the bytes are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory


async def fetch(client: Client, workflow_id: str, run_id: str | None = None) -> WorkflowHistory:
    return await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()


def type_of(event: HistoryEvent) -> str:
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()


def lived(events: Iterable[HistoryEvent]) -> list[HistoryEvent]:
    """Without the events by which time was skipped, or told to be: real time leaves none."""
    return [e for e in events if not _skips(e)]


def _skips(event: HistoryEvent) -> bool:
    asked = event.workflow_execution_options_updated_event_attributes
    return "TIME_SKIPPING" in EventType.Name(event.event_type) or asked.HasField("time_skipping_config")


def by_type(events: Iterable[HistoryEvent]) -> dict[str, float]:
    """How many events there are of each type."""
    return {name: float(count) for name, count in Counter(map(type_of, events)).most_common()}


def bytes_by_type(events: Iterable[HistoryEvent]) -> dict[str, float]:
    sizes = Counter[str]()
    for event in events:
        sizes[type_of(event)] += event.ByteSize()
    return {name: float(size) for name, size in sizes.items()}


def payloads(events: Iterable[HistoryEvent]) -> dict[str, float]:
    """The size of each payload, by the event and the field it stands in."""
    return {f"{e.event_id} {type_of(e)}: {where}": float(size) for e in events for where, size in _within(e, "")}


def _within(message: Any, where: str) -> Iterator[tuple[str, int]]:
    if isinstance(message, Payload):
        yield where, message.ByteSize()
    elif isinstance(message, Message):
        for field, value in message.ListFields():
            yield from _within(value, f"{where}.{field.name}" if "attributes" not in field.name else "")
    elif isinstance(message, Mapping):
        for key, value in message.items():
            yield from _within(value, f"{where}.{key}")
    elif not isinstance(message, str | bytes | int | float):
        for place, value in enumerate(message):
            yield from _within(value, f"{where}[{place}]")

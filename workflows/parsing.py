"""Raw payloads into events: what can be read, and what is wrong with the rest, in words."""

import base64
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from temporalio.common import RawValue
from temporalio.converter import PayloadConverter

from domain import events as ev
from workflows.messages import CASE_EVENTS


@dataclass
class Parsed:
    """The readable events of a payload, and each unreadable part with the reason."""

    events: list[ev.Event] = field(default_factory=list)
    problems: list[tuple[Any, str]] = field(default_factory=list)


def parse_payload(payload: Any, child: str) -> Parsed:
    """Read one event or a list of them; each must concern the child. Never raises."""
    parsed = Parsed()
    if payload is None:
        return parsed
    for raw in payload if isinstance(payload, list) else [payload]:
        try:
            event = ev.parse_event(raw)
        except ev.EventRefused as error:
            parsed.problems.append((raw, str(error)))
            continue
        if child in ev.children_of(event) or isinstance(event, ev.EventVoided):
            parsed.events.append(event)
        else:
            parsed.problems.append((raw, f"event {event.id} ({event.type}): child: accepted here: {child}"))
    return parsed


def entry_facts(events: list[ev.Event]) -> tuple[str | None, date | None]:
    """The policy and the date of birth that the latest entry in a batch names."""
    entries = sorted((e for e in events if isinstance(e, ev.ENTRY_TYPES)), key=lambda e: e.on)
    policies = [e.policy for e in entries if isinstance(e, ev.BecameLookedAfter) and e.policy]
    return (policies[-1] if policies else None, entries[-1].date_of_birth if entries else None)


def json_safe(value: Any) -> Any:
    """A payload as JSON can keep it; what is no JSON, such as bytes, as base64."""
    try:
        json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError):
        raw = value if isinstance(value, bytes) else repr(value).encode("utf-8", "replace")
        return {"no_json": base64.b64encode(raw).decode()}
    return value


def keepable(arg: RawValue, converter: PayloadConverter) -> Any:
    """An argument of a signal decoded; one that cannot be, as base64 with its encoding. Never raises."""
    payload = arg.payload
    try:
        return json_safe(converter.from_payload(payload, Any))
    except Exception:  # noqa: BLE001 (whatever a sender put into a payload must not stop the journey)
        encoding = payload.metadata.get("encoding", b"").decode("ascii", "replace")[:64]
        return {"unreadable": base64.b64encode(payload.data).decode(), "encoding": encoding}


def signal_problem(name: str, values: list[Any]) -> str | None:
    """What is wrong with a signal as a whole, in words; None if its events can be looked at."""
    if name != CASE_EVENTS:
        shown = repr(name) if name.replace("_", "").isalnum() and len(name) <= 64 else "of that name"
        return f"signal {shown} is unknown; accepted: {CASE_EVENTS}"
    if not values or values[0] in (None, []):
        return "no event given; accepted: an event, or a list of events"
    if isinstance(values[0], dict) and values[0].keys() & {"unreadable", "no_json"}:
        return "the payload cannot be read; accepted: JSON"
    if len(values) > 2 or (len(values) == 2 and values[1] is not None and instant_or_none(values) is None):
        return "accepted: events and, in a rehearsal, the instant they become known"
    return None


def instant_or_none(values: list[Any]) -> datetime | None:
    """The second argument of a message as an instant, if it is one."""
    try:
        return values[1] if isinstance(values[1], datetime) else datetime.fromisoformat(values[1])
    except (IndexError, TypeError, ValueError):
        return None

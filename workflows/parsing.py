"""Raw payloads into events: what can be read, and what is wrong with the rest, in words."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain import events as ev


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

"""From what a journey says to rows, and back."""

import hashlib
import json
from datetime import datetime
from typing import Any

from domain.case.documents import parse_event
from domain.clocks.actions import Action
from record.entries import KnownEvent, Rejected
from record.tables import ActionRow, Status

Values = dict[str, Any]
"""One row's values by column."""

COPIED = ("at", "obligation", "occurrence", "kind", "rung", "due", "clause", "message", "period", "event")
"""What an action and its row call by the same name and hold in the same form."""


BYGONE = "told or passed over before the case record was lost; noted from the journey, which knows no more of it"


def event_values(child: str, known: KnownEvent) -> Values:
    """An event's row. Raises EventRefused for what the domain could not read back."""
    event = parse_event(known.event)
    return {
        "child": child,
        "event_id": event.id,
        "type": event.type,
        "on": event.on,
        "recorded_at": event.recorded_at,
        "known_at": known.known_at,
        "document": known.event,
    }


def action_values(child: str, action: Action, status: Status, decided_at: datetime) -> Values:
    """An action's row."""
    copied = {name: getattr(action, name) for name in COPIED}
    to = [role.value for role in action.to]
    values = {"child": child, "key": action.key, "status": status, "decided_at": decided_at, "to": to}
    return {**copied, **values, "message": storable(action.message)}


def bygone_action(child: str, key: str, noted: datetime) -> Action:
    """An action of which a journey knows by its key alone that it is over: told, or passed over. Nobody is told."""
    period, obligation, occurrence, rest = key.split("/", 3)
    about, kind, rung = rest.rsplit("/", 2)
    dated = kind in ("reminder", "escalation")
    return Action.model_validate(
        {
            "at": noted,
            "child": child,
            "obligation": obligation,
            "occurrence": int(occurrence),
            "kind": kind,
            "rung": int(rung),
            "to": (),
            "due": about if dated and about != "None" else None,
            "clause": "",
            "message": BYGONE,
            "period": int(period),
            "event": None if dated else about,
        }
    )


def action_of(row: ActionRow) -> Action:
    """The action a row was made from. Raises pydantic's ValidationError for one that this version cannot read."""
    return Action.model_validate(_fields(row))


def action_as_it_stands(row: ActionRow) -> Action:
    """The same, unread: with whatever stands in the row."""
    return Action.model_construct(**_fields(row))


def _fields(row: ActionRow) -> Values:
    return {name: getattr(row, name) for name in ("child", "to", *COPIED)}


def outbox_values(child: str, action: Action, created: datetime, load: str | None) -> list[Values]:
    """A row for each role that is told. What a load of histories tells waits for the load's summary."""
    state = "pending" if load is None else "gathered"
    row = {"child": child, "action_key": action.key, "state": state, "created": created, "load": load}
    return [{**row, "role": role.value} for role in action.to]


def rejected_values(child: str, rejected: Rejected) -> Values:
    """A rejection's row, known by a hash of all it says. Its payload is strict JSON: NaN is none."""
    said = rejected.model_dump(mode="json")
    content = hashlib.sha256(json.dumps([child, said], sort_keys=True).encode()).hexdigest()
    values = {"reason": storable(rejected.reason), "payload": said["payload"], "content": content}
    return {"child": child, "at": rejected.at, "source": rejected.source, **values}


def storable(text: str) -> str:
    """A text as both databases can hold it: PostgreSQL knows no NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")

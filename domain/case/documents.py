"""An event as the JSON object it comes in and goes out as: read, or refused in words, and written.

A refusal names the event, the field and what would be accepted. It never echoes free text, contacts or dates of birth.
"""

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from domain.case.accepted import is_code, may_be_repeated, problems_of
from domain.case.events import EVENT_TYPES, Event

NAMED: Final = re.compile(r"[\w.:~/#+=-]{1,64}")
"""An id that may be repeated though the event cannot be read: without spaces, quotes and @, so no words or address."""


class EventRefused(ValueError):
    """An event that cannot be taken. Its text names the event, the field and what would be accepted."""


def parse_event(raw: object) -> Event:
    """Check one JSON object for form and return the event.

    Raises EventRefused naming the event, every field that is wrong and what would be accepted.
    """
    if not isinstance(raw, Mapping):
        raise EventRefused("an event must be one JSON object with type, id, child and on")
    model = _model_of(raw)
    try:
        return model.model_validate_json(json.dumps(raw), strict=True)
    except ValidationError as error:
        raise EventRefused(f"{label(raw)}: {problems_of(model, error)}") from None
    except (RecursionError, TypeError, ValueError):
        raise EventRefused(f"{label(raw)}: not JSON that can be read; accepted: one JSON object") from None


def _model_of(raw: Mapping[str, Any]) -> type[Event]:
    kind = raw.get("type")
    if isinstance(kind, str) and kind in EVENT_TYPES:
        return EVENT_TYPES[kind]
    nearest = difflib.get_close_matches(str(kind), EVENT_TYPES, n=1) if is_code(kind) else []
    shown = nearest or may_be_repeated(kind)
    given = f"{kind!r} is no event type" if shown else "the event type is missing or malformed"
    near = f" (did you mean {nearest[0]}?)" if nearest else ""
    raise EventRefused(
        f"{label(raw)}: type: {given}{near}; accepted: {', '.join(sorted(EVENT_TYPES))}; an "
        f"event that a policy defines has the type milestone, and its own id under milestone"
    )


def label(raw: Mapping[str, Any]) -> str:
    """What a refusal calls an event: its id and type, as far as they may be shown."""
    given = raw.get("id")
    named = isinstance(given, str) and NAMED.fullmatch(given) is not None
    name = f"event {given}" if named else "event without a usable id"
    kind = raw.get("type")
    return f"{name} ({kind})" if isinstance(kind, str) and kind in EVENT_TYPES else name


def document_of(event: Event) -> dict[str, Any]:
    """The event as the JSON object it came from, without what was not given."""
    return event.model_dump(mode="json", by_alias=True, exclude_unset=True)

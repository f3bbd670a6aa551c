"""Raw payloads into events: what can be read, and what is wrong with the rest, in words."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import PayloadConverter
from temporalio.exceptions import ApplicationError

from domain.case import events as ev
from domain.case.accepted import FIRST_INSTANT, LAST_INSTANT
from domain.case.children import children_of, taken_back_by
from domain.case.documents import EventRefused, document_of, parse_event
from domain.limits import too_deep, why_too_large, why_too_long, why_too_many
from domain.refusals import corrected_by, left_without
from workflows.protocol import CASE_EVENTS, WRONG_START, JourneyOptions

M = TypeVar("M", bound=BaseModel)


@dataclass
class Parsed:
    """The readable events of a payload, and each part that is not taken with the reason.

    `over`: some of it was over a limit; without limits the payload would be read otherwise.
    """

    events: list[ev.Event] = field(default_factory=list)
    problems: list[tuple[Any, str]] = field(default_factory=list)
    over: bool = False


def parse_payload(payload: Any, child: str, *, limited: bool = True) -> Parsed:
    """Read one event or a list of them; each must concern the child. Never raises.

    A message that is too large is not taken at all; of others each event that is too large is left out.
    """
    if payload is None:
        return Parsed()
    if limited and (too_long := why_too_long(payload)):
        return Parsed(problems=[(payload, too_long)], over=True)
    parsed = Parsed()
    for raw in payload if isinstance(payload, list) else [payload]:
        too_large = why_too_large(raw) if limited else None
        parsed.over = parsed.over or too_large is not None
        try:
            parsed.events.append(_read(raw, child, too_large))
        except EventRefused as refused:
            parsed.problems.append((raw, str(refused)))
    _hold_back(parsed)
    if limited and (too_many := why_too_many(parsed.events)):
        return Parsed(problems=[(payload, too_many)], over=True)
    return parsed


def _hold_back(parsed: Parsed) -> None:
    """Take no voiding of what an event that cannot be read would have stood in for."""
    held_back = left_without(corrected_by(raw for raw, _ in parsed.problems), parsed.events)
    parsed.problems += [(document_of(refusal.event), str(refusal)) for refusal in held_back]
    parsed.events = [event for event in parsed.events if all(event is not each.event for each in held_back)]


def _read(raw: Any, child: str, too_large: str | None) -> ev.Event:
    if too_large is not None:
        raise EventRefused(too_large)
    event = parse_event(raw)
    if child in children_of(event) or taken_back_by(event):
        return event
    raise EventRefused(f"event {event.id} ({event.type}): child: accepted here: {child}")


def read_options(given: Any, others: Sequence[Any], now: datetime) -> JourneyOptions:
    """How a journey is to be run, as its start says. Raises WrongStart in words that repeat nothing of it."""
    if others:
        raise WrongStart(f"{2 + len(others)} arguments; {ACCEPTED_AT_START}")
    try:
        options = JourneyOptions.model_validate(given if given is not None else {})
    except ValidationError as error:
        fields = sorted({str(problem["loc"][0]) if problem["loc"] else "all of them" for problem in error.errors()})
        raise WrongStart(f"options: cannot be read ({', '.join(fields)}); {ACCEPTED_AT_START}") from None
    if not _in_reach(options, now):
        raise WrongStart(f"options: a time is out of reach or has no zone; {ACCEPTED_AT_START}")
    return options


def _in_reach(options: JourneyOptions, now: datetime) -> bool:
    """Whether its times are such that a journey can reckon with them."""
    try:
        sound = FIRST_INSTANT < now + options.clock_offset < LAST_INSTANT
    except OverflowError:
        return False
    instants = [at for at in (options.at, options.quiet_until) if at is not None]
    within = all(at.tzinfo is not None and FIRST_INSTANT < at < LAST_INSTANT for at in instants)
    return sound and within and timedelta() <= options.spread <= LONGEST_SPREAD


def is_child(reference: str) -> bool:
    """Whether a text is a child's reference."""
    return re.fullmatch(ev.CHILD_REF, reference) is not None


def read_work(model: type[M], given: Any, others: Sequence[Any]) -> M:
    """What a process of ours is to do. Raises ApplicationError that ends the run in words: it would hang for ever."""
    fields = ", ".join(model.model_fields)
    try:
        if others:
            raise WrongStart(f"{1 + len(others)} arguments; accepted: one, an object of {fields}")
        return model.model_validate(given)
    except ValidationError:
        wrong = f"the argument cannot be read; accepted: an object of {fields}"
        raise ApplicationError(wrong, type=WRONG_START, non_retryable=True) from None
    except WrongStart as error:
        raise ApplicationError(str(error), type=WRONG_START, non_retryable=True) from None


class WrongStart(ValueError):
    """A run was started with what no journey can be started with."""


ACCEPTED_AT_START = (
    "accepted: events, and options as `permanence` gives them; to tell a child's journey something, send it the update "
    "record_events"
)
LONGEST_SPREAD = timedelta(days=1)
"""Ours: reminders are due in the morning, and one that comes a day later is late."""


LONGEST_NAME = 200
"""Characters of a load's name, as of other short texts."""


def load_problems(load: str | None) -> list[str]:
    """What is wrong with the name of a load."""
    if load is None or len(str(load)) <= LONGEST_NAME:
        return []
    return [f"load: {len(str(load))} characters; accepted: a name of up to {LONGEST_NAME}"]


def entry_facts(events: list[ev.Event]) -> tuple[str | None, date | None]:
    """The policy and the date of birth that the latest entry in a batch names."""
    entries = sorted((e for e in events if isinstance(e, ev.ENTRY_TYPES)), key=lambda e: e.on)
    policies = [e.policy for e in entries if isinstance(e, ev.BecameLookedAfter) and e.policy]
    return (policies[-1] if policies else None, entries[-1].birth if entries else None)


def json_safe(value: Any) -> Any:
    """A payload as JSON can keep it; what is no JSON, such as bytes, or is nested too deep, as base64."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        return {"no_json": base64.b64encode(value if isinstance(value, bytes) else _shown(value)).decode()}
    return {"no_json": base64.b64encode(text).decode()} if too_deep(value) else value


def _shown(value: Any) -> bytes:
    try:
        return repr(value).encode("utf-8", "replace")
    except (ValueError, RecursionError):  # a number of thousands of digits, a list of thousands of lists
        return type(value).__name__.encode()


def keepable(arg: RawValue, converter: PayloadConverter) -> Any:
    """An argument of a signal decoded; one that cannot be, as base64 with its encoding. Never raises."""
    try:
        return json_safe(converter.from_payload(arg.payload, Any))
    except Exception:  # noqa: BLE001 (whatever a sender put into a payload must not stop the journey)
        return unreadable(arg.payload)


def unreadable(payload: Payload) -> dict[str, str]:
    """A payload that cannot be decoded, as JSON can keep it."""
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
    """The second argument of a message as an instant, if it is one and says its zone."""
    try:
        at = values[1] if isinstance(values[1], datetime) else datetime.fromisoformat(values[1])
    except (IndexError, TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None

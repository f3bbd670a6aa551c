"""What a field takes, in words a person can act on; read off the models, so that it is never out of date."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from domain.case.words import OWN_ROLE, Role

FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2150, 12, 31)
FIRST_INSTANT, LAST_INSTANT = datetime(1950, 1, 1, tzinfo=UTC), datetime(2151, 1, 1, tzinfo=UTC)
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _instant(value: object) -> object:
    """Read RFC 3339 and nothing else, such as a number of seconds."""
    if isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and RFC_3339.fullmatch(value)):
        raise ValueError("no RFC 3339 instant")
    return datetime.fromisoformat(value.upper())


Instant = Annotated[AwareDatetime, BeforeValidator(_instant), Field(ge=FIRST_INSTANT, le=LAST_INSTANT)]
"""An instant with its offset."""

Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A day that a case file can name (ours: outside two lifetimes it is a slip of the pen, and no calendar has it)."""


def accepted_for(model: type[BaseModel], path: list[str]) -> str:
    """What the field at a path such as `to` or `plans.CLA-2.primary_plan` takes."""
    if not path:
        return "an object"
    field = next((f for name, f in model.model_fields.items() if path[0] in (name, f.alias)), None)
    if field is None:
        return "a field of the contract"
    inner = _value_model(field.annotation)
    if inner is not None and len(path) > 2:  # the field, the key, and a field of its value
        return accepted_for(inner, path[2:])
    return _accepted(model, path[0])


def field_names(model: type[BaseModel]) -> list[str]:
    """The fields of a model as JSON has them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _value_model(annotation: Any) -> type[BaseModel] | None:
    """The model of a dictionary's values, if they have one."""
    value = get_args(annotation)[1] if get_origin(annotation) is dict else None
    return value if isinstance(value, type) and issubclass(value, BaseModel) else None


@cache
def _accepted(model: type[BaseModel], name: str) -> str:
    field = next(f for key, f in model.model_fields.items() if name in (key, f.alias))
    return _describe(field.annotation, field.metadata)


def _describe(annotation: Any, metadata: list[Any]) -> str:
    origin = get_origin(annotation)
    args = [a for a in get_args(annotation) if a is not type(None)]
    if origin in (Union, UnionType) and len(args) == 1:
        return _describe(args[0], metadata)
    if origin is Annotated:
        return _describe(args[0], list(args[1:]) + metadata)
    if origin is tuple:
        return f"a list of {_describe(args[0], [])}"
    if origin is dict:
        return f"an object of {_describe(args[0], [])}: value"
    if hasattr(annotation, "__members__"):
        own = f", or {OWN_ROLE}... as the policy lists" if annotation is Role else ""
        return "one of " + ", ".join(member.value for member in annotation) + own
    return _plain(annotation, metadata)


def _plain(annotation: Any, metadata: list[Any]) -> str:
    if annotation is date:
        return f"a date as YYYY-MM-DD, {FIRST_DAY.year} to {LAST_DAY.year}"
    if annotation is bool:
        return "true or false"
    if annotation in (datetime, AwareDatetime):
        return "an instant as RFC 3339 with an offset, such as 2026-02-06T16:40:00+00:00"
    pattern = next((c.pattern for c in metadata if getattr(c, "pattern", None)), None)
    if pattern:
        return f"text of the form {pattern}"
    longest = next((c.max_length for c in metadata if getattr(c, "max_length", None)), None)
    return "text that is not empty" + (f", up to {longest} characters" if longest else "")


# What is wrong with a field, in words


class ValueRefused(ValueError):
    """A field's value that is refused in words of our own."""


LIKE_A_CODE = re.compile(r"[a-z0-9]+([_.:-]+[a-z0-9]+)*|[A-Z]{1,3}\d{1,2}[A-Z]?|[0-9TZ:.+-]+", re.ASCII)
"""Such as return_home, E4A and 2026-02-30. A name that slipped into a code's place has a capital and no number."""
A_LONG_NUMBER = re.compile(r"\d([._-]?\d){8}")
"""Of more digits than any day or code has, as an NHS number or a telephone's, also in groups (943-476-5919)."""

SECONDS_BY_2033 = 2_000_000_000
"""Numbers up to it are repeated: somebody may give a day by its seconds since 1970. NHS numbers are larger."""


def may_be_repeated(value: object) -> bool:
    """Whether a value may stand in a refusal, which is kept in the clear and shown to whoever runs the service."""
    if isinstance(value, bool | int):
        return abs(value) < SECONDS_BY_2033
    like = isinstance(value, str) and len(value) <= 64 and LIKE_A_CODE.fullmatch(value)
    return bool(like) and not A_LONG_NUMBER.search(str(value))


def is_code(value: object) -> bool:
    """Whether a value may be echoed: short, and of code characters only, so no free text or name with spaces."""
    return isinstance(value, str) and 0 < len(value) <= 64 and all(c.isalnum() or c in "._:-" for c in value)


SHOWN_PROBLEMS = 10
"""Of one event that a refusal names (ours: whoever reads it mends these first)."""

PRIVATE_FIELDS = frozenset({"date_of_birth", "expected_on", "people", "contact", "note", "by", "reason", "reasons",
                            "team", "authorised_by", "outcome", "details"})  # fmt: skip
"""Fields of which no value is ever repeated: free text, contacts, dates of birth."""


def problems_of(model: type[BaseModel], error: ValidationError) -> str:
    """All that is wrong with the fields of an event, in words."""
    problems = error.errors(include_url=False)
    more = f"; and {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
    return "; ".join(_problem(model, details) for details in problems[:SHOWN_PROBLEMS]) + more


def _problem(model: type[BaseModel], details: Mapping[str, Any]) -> str:
    """One field's refusal in words; the value is shown only where it may be a date, a code, an id or a role."""
    path = [str(part) for part in details["loc"]]
    field = _shown_path(path)
    match details["type"]:
        case "missing":
            return f"{field}: missing; accepted: {accepted_for(model, path)}"
        case "extra_forbidden":
            return f"{field}: unknown field; accepted: {', '.join(field_names(model))}"
        case "json_invalid":
            return "event: a text in it is not valid Unicode; accepted: UTF-8"
        case "value_error" if isinstance(details["ctx"]["error"], ValueRefused):
            return f"{field}: {details['ctx']['error']}"
    value = details.get("input")
    if details["type"] == "string_too_long":
        return f"{field}: {len(str(value))} characters; accepted: {accepted_for(model, path)}"
    shown = f"{value!r} is not accepted" if _may_show(path, value) else "the value is not accepted"
    return f"{field}: {shown}; accepted: {accepted_for(model, path)}"


def _shown_path(path: list[str]) -> str:
    """The field's name. Of a private field not its keys, in which a contact may stand."""
    if not path:
        return "event"
    if path[0] in PRIVATE_FIELDS:
        return path[0]
    return ".".join(part if is_code(part) else "(unprintable)" for part in path)


def _may_show(path: list[str], value: object) -> bool:
    return set(path).isdisjoint(PRIVATE_FIELDS) and may_be_repeated(value)

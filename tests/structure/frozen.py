"""What stands in histories, as it is today; `python -m tests.structure.frozen` writes it to frozen.json."""

import dataclasses
import enum
import importlib
import json
import pkgutil
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

import domain
from activities.models import NamedKeys, Rulebook, RulebookRequest, ScheduledRun
from domain.case.events import EVENT_TYPES
from domain.clocks.registry import Names
from record.entries import RecordEntry
from workflows.protocol import Answer, JourneyOptions, RefusedEvent, Summary
from workflows.scheduled import ScheduledWork
from workflows.standing import StandingWork

FILE = Path(__file__).with_name("frozen.json")
ROOTS: tuple[type[Any], ...] = (
    Answer,
    JourneyOptions,
    NamedKeys,
    RecordEntry,
    RefusedEvent,
    Rulebook,
    RulebookRequest,
    ScheduledRun,
    ScheduledWork,
    StandingWork,
    Summary,
    *EVENT_TYPES.values(),
)
"""What crosses into a history: inputs and results of workflows, updates and activities; and events, as they came."""


def parts(annotation: Any) -> Iterator[Any]:
    """Every type an annotation is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from parts(part)


def reachable() -> set[type[Any]]:
    """Every model, dataclass and enumeration that may stand in a history."""
    models: set[type[Any]] = set()
    waiting = list(ROOTS)
    while waiting:
        model = waiting.pop()
        if model in models:
            continue
        models.add(model)
        waiting += [part for hint in hints(model) for part in parts(hint) if is_ours(part)]
    return models


def is_ours(part: Any) -> bool:
    return isinstance(part, type) and (issubclass(part, BaseModel | enum.Enum) or dataclasses.is_dataclass(part))


def hints(model: type[Any]) -> list[Any]:
    if issubclass(model, enum.Enum):
        return []
    return list(typing.get_type_hints(model, include_extras=True).values())


def required() -> dict[str, set[str]]:
    """The fields without a default, by the name of the model."""
    fields: dict[str, set[str]] = {}
    for model in reachable():
        if issubclass(model, BaseModel):
            fields[model.__name__] = {name for name, field in model.model_fields.items() if field.is_required()}
    return fields


def known() -> dict[str, set[str]]:
    """All fields of the models that refuse a field they do not know, by the name of the model."""
    return {
        model.__name__: {field.alias or name for name, field in model.model_fields.items()}
        for model in reachable()
        if issubclass(model, BaseModel) and model.model_config.get("extra") == "forbid"
    }


def members() -> dict[str, set[str]]:
    """The words of every enumeration and of every list of literals."""
    spelt = {
        model.__name__: {str(member.value) for member in model} for model in reachable() if issubclass(model, enum.Enum)
    }
    names = {f"each {registry.kind}": set(registry.names()) for registry in registries()}
    return spelt | names | {"event types": set(EVENT_TYPES)}


def registries() -> list[Names[Any]]:
    """Every registry of names that policies use: a journey's rulebook holds them."""
    modules = [importlib.import_module(one.name) for one in pkgutil.walk_packages(domain.__path__, "domain.")]
    enums = {id(one): one for module in modules for one in vars(module).values() if isinstance(one, Names)}
    return list(enums.values())


def today() -> dict[str, dict[str, list[str]]]:
    """All of it, as it is written to frozen.json."""
    lists = {"required": required(), "known": known(), "words": members()}
    return {what: {name: sorted(values) for name, values in sorted(each.items())} for what, each in lists.items()}


def frozen() -> dict[str, dict[str, list[str]]]:
    """All of it, as it was when it was last written."""
    read: dict[str, dict[str, list[str]]] = json.loads(FILE.read_text("utf-8"))
    return read


if __name__ == "__main__":
    FILE.write_text(json.dumps(today(), indent=1) + "\n", "utf-8")

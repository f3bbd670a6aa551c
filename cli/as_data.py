"""What the study of a journey found, as JSON has it."""

import dataclasses
import enum
from datetime import date, datetime
from typing import Any

from domain.case.calendar import Offset
from domain.case.events import LONDON


def as_data(value: Any) -> Any:
    """An explanation, or any part of it, as JSON has it; instants with London's offset."""
    match value:
        case Offset():
            return {value.unit: value.number}
        case datetime():
            return value.astimezone(LONDON).isoformat()
        case date():
            return value.isoformat()
        case enum.Enum():
            return value.value
        case tuple() | list():
            return [as_data(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {field.name: as_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return {key: as_data(one) for key, one in dict(value).items()}
    return value

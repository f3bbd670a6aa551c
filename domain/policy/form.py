"""What is wrong with the form of a policy file, in words that name the row and the field, and what would do."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from domain.case.calendar import UNITS
from domain.case.words import Role
from domain.clocks.vocabulary import listed
from domain.policy.cited import Cited
from domain.policy.rows import GateRow, LadderRow, MilestoneRow, NoticeRow, RuleRow
from domain.policy.rulings import Ruling
from domain.policy.slips import Path, Slip, nearest

ROWS: Mapping[str, type[BaseModel]] = {"obligation": RuleRow, "notice": NoticeRow, "gate": GateRow, "ruling": Ruling}


def slips_of_form(error: ValidationError, raw: Mapping[str, Any], file: type[BaseModel]) -> Iterator[Slip]:
    """Every slip that reading `raw` as a file has shown: its place, and words that begin with whose it is."""
    details = error.errors()
    for detail in details:
        if detail["type"] == "too_short" and any(_within(other, detail) for other in details):
            continue  # what was in the list is wrong, and that is told
        path = tuple(part for part in detail["loc"] if part != "offset")
        whose, field, model = _whose(path, raw, file)
        yield path, f"{whose}{'.'.join(map(str, field)) or 'row'}: {_in_words(detail, model)}"


def _within(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    """Whether a slip is of something in the list or table that another is of."""
    place = outer["loc"]
    return len(inner["loc"]) > len(place) and inner["loc"][: len(place)] == place


def _whose(path: Path, raw: Mapping[str, Any], file: type[BaseModel]) -> tuple[str, Path, type[BaseModel]]:
    """The name of the row that a path leads into, the way on from there, and what the row should be."""
    match path:
        case (str(table), int(place), *field) if table in ROWS:
            row = raw[table][place]
            name = row.get("id", table) if isinstance(row, Mapping) else table
            return f"{name}: ", tuple(field), ROWS[table]
        case ("cited", str(name), *field):
            return f"cited {name}: ", tuple(field), Cited
        case ("milestone", str(name), *field):
            return f"milestone {name}: ", tuple(field), MilestoneRow
        case ("ladder", "rungs", int(place), *field):
            return f"rung {place + 1}: ", tuple(field), LadderRow
        case ("ladder", *field):
            return "ladder: ", tuple(field), LadderRow
    return "", path, file


def _in_words(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with a field, and what would do."""
    given = detail["input"]
    match detail["type"]:
        case "missing":
            return "missing"
        case "enum":
            known = [role.value for role in Role]
            own = "one of your own is named own_... and listed in roles = [...] at the head"
            return f"{given!r} is no role{nearest(given, known)}; accepted: {listed(known)}; {own}"
        case "extra_forbidden":
            return f"no such field{nearest(detail['loc'][-1], [*model.model_fields, *UNITS])}"
        case "tuple_type":
            one = ", even of one table: [{ ... }]" if isinstance(given, Mapping) else ""
            return f"accepted here: a list, [ ... ]{one}"
        case "value_error":
            return detail["msg"].removeprefix("Value error, ")
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}"

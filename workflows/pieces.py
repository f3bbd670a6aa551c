"""An entry for the case record as it goes to the activity that writes it: its title, and pieces the engine can carry.

It takes no argument of an activity over 2 MB.
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from domain.case.size import size_of
from record.entries import RecordEntry, Rejected

PIECE_BYTES = 1_000_000
"""One piece (ours: half of what the engine takes; written by the worker itself a piece may be of any size)."""

TEXT_IN_A_PIECE = 100_000
"""Characters of a rejected payload that is larger than a piece, kept in several (ours: escaped, 1.2 MB at most)."""

REJECTED_SHOWN = 20
"""Rejected payloads a journey carries and shows; every one is in the case record (ours: a flood must not fill it)."""

SHOWN_BYTES = 2_000
"""A rejected payload that a journey carries along to show it (ours: twenty of them); the record has all of it."""


def pieces(entry: RecordEntry) -> list[RecordEntry]:
    """The entry as one piece if it is small, else in several, in the order in which it would have been written."""
    lists = [name for name in type(entry).model_fields if type(getattr(entry, name)) is list]
    made: list[dict[str, list[Any]]] = [{name: [] for name in lists}]
    size = 0
    for where, item in ((name, item) for name in lists for item in _small(getattr(entry, name))):
        size += _bytes_of(item)
        if size > PIECE_BYTES and any(made[-1].values()):
            made.append({name: [] for name in lists})
            size = _bytes_of(item)
        made[-1][where].append(item)
    return [entry.model_copy(update=piece) for piece in made] if len(made) > 1 else [entry]


def title_of(entry: RecordEntry) -> str:
    """What an entry is of, for the timeline: its types of event, then what is told, by kind, rung and obligation."""
    actions = (f"{a.kind} {a.rung or ''} {a.obligation}".replace("  ", " ") for a in entry.actions)
    return ", ".join([*(str(e.event["type"]) for e in entry.events), *actions])


def shown(rejected: Rejected) -> Rejected:
    """A rejection as a journey carries it: of a large payload its size."""
    size = size_of(rejected.payload)
    if size <= SHOWN_BYTES:
        return rejected
    return rejected.model_copy(update={"payload": {"bytes": size, "kept": "in the case record"}})


def _small(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, Rejected) and size_of(item.payload) > PIECE_BYTES:
            yield from _in_parts(item)
        else:
            yield item


def _in_parts(rejected: Rejected) -> Iterator[Rejected]:
    """A rejection whose payload is larger than a piece: the text of it, part by part."""
    text = json.dumps(rejected.payload, ensure_ascii=False)
    parts = [text[at : at + TEXT_IN_A_PIECE] for at in range(0, len(text), TEXT_IN_A_PIECE)]
    for number, part in enumerate(parts, 1):
        yield rejected.model_copy(update={"payload": {"part": number, "of": len(parts), "text": part}})


def _bytes_of(item: Any) -> int:
    return len(item.model_dump_json()) if isinstance(item, BaseModel) else len(str(item))

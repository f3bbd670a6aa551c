"""What a night brought, counted: by what the journeys have in the end, not by what was meant to be sent. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

Changes = Mapping[str, Any]
"""What changes for a child, as `Taking.data` gives it."""

LISTS: Final = ("new", "corrected", "voided")
VOIDED: Final = ":void"
"""At the end of the id of what voids an event of a source (intake/sources/comparing.py)."""


def id_of(kind: str, change: Mapping[str, Any]) -> str:
    """The id of the event by which a change is made."""
    match kind:
        case "corrected":
            return str(change["now"]["id"])
        case "voided":
            return f"{change['id']}{VOIDED}"
    return str(change["id"])


def with_what_was_taken(earlier: Changes, now: Changes | None, taken: Collection[str]) -> dict[str, Any]:
    """What changes for a child by this attempt, if anything, with what one before it, which was cut off, had brought.

    `taken`: the ids of the events that are known of the child.
    """
    nothing: dict[str, list[Any]] = {kind: [] for kind in (*LISTS, "refused")}
    merged: dict[str, Any] = {**earlier, **nothing, **(now or {})}
    for kind in LISTS:
        brought = [change for change in earlier[kind] if id_of(kind, change) in taken]
        merged[kind] = [*brought, *(change for change in merged[kind] if change not in brought)]
    return merged | {"starts": earlier["starts"]}


def counted(changes: Mapping[str, Changes], taken: Mapping[str, Collection[str]] | None = None) -> dict[str, int]:
    """How many children start, and how many events are new, corrected, voided and refused.

    `taken`: the ids that the journeys have, by child; what is not among them is not counted. None: what would be.
    """
    counts = dict.fromkeys(("started", "taken", "corrected", "voided", "refused"), 0)
    for child, own in changes.items():
        there = None if taken is None else taken.get(child, ())
        counts["started"] += bool(own["starts"] and (there is None or there))
        counts["refused"] += len(own["refused"])
        for kind, name in zip(LISTS, ("taken", "corrected", "voided"), strict=True):
            counts[name] += sum(there is None or id_of(kind, change) in there for change in own[kind])
    return counts


def left_of(
    changes: Mapping[str, Changes], taken: Mapping[str, Collection[str]], refusals: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The children whose journeys have not taken all that was sent, how many events, and why where one said so."""
    why = {refusal.partition(": ")[0]: refusal.partition(": ")[2] for refusal in refusals}
    left: dict[str, dict[str, Any]] = {}
    for child, own in changes.items():
        ids = {id_of(kind, change) for kind in LISTS for change in own[kind]}
        lacking = ids - set(taken.get(child, ()))
        if lacking:
            left[child] = {"events": len(lacking), "why": why.get(child, "its journey has not answered yet")}
    return left

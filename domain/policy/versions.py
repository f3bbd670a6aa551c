"""What differs between two texts of a policy that say they are the same version.

A journey keeps the version it has, by its name alone. If a text is changed and its version is not, some journeys run on
the one and some on the other, and `policy adopt` passes by all of them as having it already.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from domain.clocks.wording import in_words

FOR_PEOPLE: Final = frozenset({"ours", "ruling", "cited", "source", "title", "stands_beside"})
"""What nobody's clock hangs on: a slip of the pen there may be mended without a new version."""

TABLES: Final = ("obligation", "notice", "gate")


def version_not_raised(was: str, now: str, since: date) -> str | None:
    """In words, that a policy text decides otherwise than the one kept of its version; None where it decides the same.

    Both are texts of policy files that are right in form.
    """
    before, after = tomllib.loads(was), tomllib.loads(now)
    differs = list(_differences(before, after))
    if not differs:
        return None
    return (
        f"{after['id']}: this is not the text of version {after['version']} that the service has had since "
        f"{in_words(since)}; other there: {', '.join(differs)}. Raise its version: journeys that have version "
        f"{after['version']} go on by the text they took, and `policy adopt` would pass them by"
    )


def _differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """The rows and fields that differ, by name, leaving out what only people read."""
    for key in sorted((was.keys() | now.keys()) - FOR_PEOPLE - {*TABLES}):
        if _decided(was.get(key)) != _decided(now.get(key)):
            yield key
    for table in TABLES:
        before, after = _by_id(was.get(table)), _by_id(now.get(table))
        for row in dict.fromkeys([*after, *before]):
            if row not in after or row not in before:
                yield f"{row} ({'only there' if row in before else 'only here'})"
            elif fields := sorted(
                k for k in before[row].keys() | after[row].keys() if _differ(before[row], after[row], k)
            ):
                yield f"{row} ({', '.join(fields)})"


def _differ(was: Mapping[str, Any], now: Mapping[str, Any], field: str) -> bool:
    return field not in FOR_PEOPLE and was.get(field) != now.get(field)


def _by_id(rows: Any) -> dict[str, Mapping[str, Any]]:
    return {str(row.get("id")): row for row in rows or [] if isinstance(row, Mapping)}


def _decided(value: Any) -> Any:
    """A table without what only people read."""
    return {k: v for k, v in value.items() if k not in FOR_PEOPLE} if isinstance(value, Mapping) else value

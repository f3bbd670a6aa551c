"""Messages of the weeks ahead as tables: by week, role, team and person, each rung by itself."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from delivery.directory import Directory
from reporting.ahead import week_of
from reporting.foretold_messages import MessageForetold, shown_key
from reporting.sides import (
    Called,
    PolicySide,
    Sides,
    ahead_definition,
    beside,
    by_name,
    by_size,
    role_called,
    table_of,
    week_called,
)
from reporting.tables import Column, Group, LineCounted, ReportTable

LAST_RUNG: Final = 4
"""Rungs that have a column of their own; what is above is counted with it (ours: no policy here has more)."""


def _message_columns(sides: Sides) -> list[Column]:
    rungs = sorted({_rung(one) for side in sides for one in side.messages if one.telling.kind == "escalation"})
    parts = ["reminder", *rungs, "notice"]
    return [
        Column("reminder", "Reminders", "Reminders before a step is due, one for each role that is told."),
        *(Column(key, f"Rung {key[-1]}", "Escalations of this rung, one for each role that is told.") for key in rungs),
        Column("notice", "At once", "Notices and breaches, one for each role that is told."),
        Column("all", "All", "All messages, one for each role that is told.", parts=tuple(parts)),
    ]


def _rung(one: MessageForetold) -> str:
    return f"rung-{min(one.telling.rung, LAST_RUNG)}"


def _kind(one: MessageForetold) -> str:
    kind = one.telling.kind
    return _rung(one) if kind == "escalation" else "notice" if kind == "breach" else kind


By = Callable[[MessageForetold], str]


def messages(sides: Sides, directory: Directory | None) -> list[ReportTable]:
    """By week, role, team, person, and by role within each week."""
    columns, today = _message_columns(sides), sides[0].today
    definition = ahead_definition(
        sides[0],
        "As the policy's reminders and ladder say, on the day for which it is planned; on the right also what is "
        "told at once because it is adopted.",
        "Digests (by person), summaries of loads, and what is told because something is recorded.",
    )

    def week(one: MessageForetold) -> str:
        return week_of(today, one.telling.on).isoformat()

    def by(way: str, key: By, called: Called = str) -> ReportTable:
        said = way.replace("-", " ")
        names = (f"messages-by-{way}", f"Messages: by {said}", said.capitalize())
        groups = (
            _told(side, key, [day.isoformat() for day in side.due.weeks()] if way == "week" else ()) for side in sides
        )
        return beside(sides, [table_of(*names, definition, columns, of, called) for of in groups])

    def in_week(key: str) -> str:
        role, _, day = key.partition(" ")
        return f"{role_called(role)}: {week_called(day)}"

    return [
        by("week", week, week_called),
        by("role", lambda one: one.role, role_called),
        by("team", lambda one: one.team or "No team"),
        _by_person(sides, directory),
        by("role-and-week", lambda one: f"{one.role.value} {week(one)}", in_week),
    ]


def _told(side: PolicySide, by: By, every: Sequence[str]) -> Mapping[str, Group]:
    groups = {key: Group() for key in every}
    for one in side.messages:
        group = groups.setdefault(by(one), Group())
        group.add(_kind(one), one.line)
        group.add("all", one.line)
    return by_name(groups)


PEOPLE_TOLD: Final = (
    Column("at_once", "Single messages", "Messages that reach the person by themselves."),
    Column("gathered", "Gathered", "Messages that the person reads in a digest, by their choice in the directory."),
    Column("all", "All", "Both.", parts=("at_once", "gathered")),
    Column("digests", "Digests with news", "Digests that carry any of what is gathered: a person and a day."),
)


def _by_person(sides: Sides, directory: Directory | None) -> ReportTable:
    definition = ahead_definition(
        sides[0],
        "Whoever is told for the role on that day by the directory of today: who is named, covers, follows or stands "
        "in, and who gets copies. A digest comes on the first of its days after a message that waits for it.",
        "Digests without news, which say again what is still late.",
    )

    def called(key: str) -> str:
        entry = directory.find(key) if directory else None
        return (entry.name if entry else None) or shown_key(key)

    names = ("messages-by-person", "Messages: by person", "Person")
    groups = (by_size(_to_people(side)) for side in sides)
    return beside(sides, [table_of(*names, definition, PEOPLE_TOLD, of, called) for of in groups])


def _to_people(side: PolicySide) -> Mapping[str, Group]:
    # Iris reads digests daily. Two reminders of Monday and one of Tuesday are three gathered, in two digests.
    groups: dict[str, Group] = {}
    digests: dict[tuple[str, date], list[LineCounted]] = {}
    for one in side.messages:
        for key, digest in one.people:
            group = groups.setdefault(key, Group())
            group.add("gathered" if digest else "at_once", one.line)
            group.add("all", one.line)
            if digest:
                digests.setdefault((key, digest), []).append(one.line)
    for (key, day), lines in digests.items():
        groups[key].add("digests", LineCounted(lines[0].child, "Digest", day, note=f"{len(lines)} gathered"))
    return groups

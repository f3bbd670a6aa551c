"""What falls due in the weeks ahead, as tables: by week, role, team and person; days that clash; and absences."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from domain.clocks.wording import short_date, spaced
from reporting.ahead import CHAIRS, WEEKS, DueAhead, StepComing, week_of
from reporting.report import Report
from reporting.tables import Cell, Column, Definition, Group, LineCounted, ReportTable, TableRow, all_of
from reporting.uncollected import uncollected

BLOCK: Final = 4
"""Weeks that stand together where there is no room for each (ours: a month, the pace of supervision)."""
SORTS: Final = (
    Column("review", "Reviews", "Looked-after and adoption reviews due."),
    Column("meeting", "Planning meetings", "Permanency planning meetings due."),
    Column("other", "Other steps", "All other steps due, such as minutes, tracking and plans."),
)
ALL: Final = Column("all", "All", "All steps due, of every sort.", parts=tuple(one.key for one in SORTS))
LATE: Final = Column("late", "Late today", "Steps that were due before today and are still open; in no other number.")
CLASHES: Final = Column(
    "clashes",
    "Clash days",
    "Days on which one person must be at more than one review or planning meeting, of different children; by the day "
    "that is booked, or else the last day on which it may be held.",
    "days",
)
ABOUT_CLASHES: Final = (
    "A review or planning meeting is counted for whoever holds the role that owns it and for who chairs it: of a "
    f"review the {spaced(CHAIRS['review'])}, of a planning meeting the {spaced(CHAIRS['meeting'])}."
)
JOINT: Final = (
    "Teams, and people who are not in the directory; and that brothers and sisters have one meeting together, which "
    "counts once for each child."
)


def with_what_falls_due(made: Report, ahead: DueAhead) -> Report:
    """A report with the tables of what lies ahead after its own."""
    return replace(made, tables=[*made.tables, *falls_due(ahead)])


@uncollected()
def falls_due(ahead: DueAhead) -> list[ReportTable]:
    """All tables of what lies ahead."""
    clashes = clashes_of(ahead)
    return [
        _by_week(ahead, clashes),
        _clash_days(ahead, clashes),
        _each_week(ahead, "role", lambda one: one.step.owner, lambda key: _sentence(spaced(key))),
        _each_week(ahead, "team", lambda one: one.step.team or "No team", str),
        _by_person(ahead, clashes),
        _absences(ahead),
    ]


Clashes = Mapping[tuple[date, str], Sequence[StepComing]]
"""By day and person the reviews and meetings that clash."""


def clashes_of(ahead: DueAhead) -> Clashes:
    """What clashes, in order of day."""
    # Booked for 7 December 2026 is a review of one child; a planning meeting of another is due by the 7th and not
    # booked. Iris is IRO of the one and chairs the other: the 7th is a clash day of hers.
    wanted: dict[tuple[date, str], list[StepComing]] = {}
    teams, last = ahead.directory.teams if ahead.directory else {}, ahead.last
    for one in ahead.steps:
        day = one.day if ahead.today <= one.day <= last else one.step.due
        for key in one.wanted:
            if key not in teams:
                wanted.setdefault((day, key), []).append(one)
    return {key: wanted[key] for key in sorted(wanted) if len({one.step.child for one in wanted[key]}) > 1}


def _by_week(ahead: DueAhead, clashes: Clashes) -> ReportTable:
    groups = {first: Group() for first in ahead.weeks()}
    for one in ahead.steps:
        _count(groups[week_of(ahead.today, one.step.due)], one)
    for one in ahead.forecasts:
        groups[week_of(ahead.today, one.step.due)].add("forecast", one.line)
    for (day, key), these in clashes.items():
        groups[week_of(ahead.today, day)].add("clashes", _clash(ahead, day, key, these))
    forecast = Column(
        "forecast",
        "Expected besides",
        "Forecasts: what they count from has not happened yet, so the day may still move.",
    )
    clash = Column("clashes", "Clashes", f"A person and a day: {CLASHES.counts[0].lower()}{CLASHES.counts[1:]}")
    columns = [*SORTS, ALL, forecast, clash]
    rows = [TableRow(day.isoformat(), _week(day), _numbers(group, columns)) for day, group in groups.items()]
    total = TableRow("all", "All", _numbers(all_of(groups.values()), columns), total=True)
    bars = tuple(one.key for one in SORTS)
    return ReportTable("falls-due", "Falls due: by week", "Week", _definition(ahead), columns, [*rows, total], bars)


def _clash_days(ahead: DueAhead, clashes: Clashes) -> ReportTable:
    rows = [
        TableRow(
            f"{day.isoformat()}.{key}",
            f"{day:%a} {short_date(day)}: {ahead.name_of(key)}",
            {
                "steps": Cell(len(these), [one.line for one in these]),
                "booked": Cell(
                    sum(one.step.booked_for == day for one in these),
                    [one.line for one in these if one.step.booked_for == day],
                ),
                "what": Cell(None, words="; ".join(sorted({one.step.title for one in these}))),
            },
        )
        for (day, key), these in clashes.items()
    ]
    lines = [cell for row in rows for cell in row.cell("steps").of]
    booked = [cell for row in rows for cell in row.cell("booked").of]
    total = TableRow("all", "All", {"steps": Cell(len(lines), lines), "booked": Cell(len(booked), booked)}, total=True)
    columns = [
        Column("steps", "To be at", "Reviews and planning meetings of that day for which this person is wanted."),
        Column("booked", "Booked for it", "Of these: booked for this very day; the others may be held earlier."),
        Column("what", "What", "What they are.", "words"),
    ]
    return ReportTable(
        "clash-days",
        "Falls due: clash days",
        "Day and person",
        _definition(ahead, f"{CLASHES.counts} {ABOUT_CLASHES}", JOINT),
        columns,
        [*rows, total],
    )


def _each_week(ahead: DueAhead, way: str, by: Callable[[StepComing], str], called: Callable[[str], str]) -> ReportTable:
    groups: defaultdict[str, Group] = defaultdict(Group)
    for one in ahead.steps:
        group = groups[by(one)]
        group.add(week_of(ahead.today, one.step.due).isoformat(), one.line)
        group.add("all", one.line)
    for one in ahead.late:
        groups[by(one)].add("late", one.line)
    weeks = [
        Column(
            day.isoformat(),
            _week(day),
            "Due in the week that begins on this day, a Monday, and the first on the day of the report.",
        )
        for day in ahead.weeks()
    ]
    columns = [*weeks, replace(ALL, parts=tuple(one.key for one in weeks)), LATE]
    rows = [TableRow(key, called(key), _numbers(groups[key], columns)) for key in sorted(groups)]
    total = TableRow("all", "All", _numbers(all_of(groups.values()), columns), total=True)
    return ReportTable(
        f"falls-due-by-{way}", f"Falls due: by {way}", way.capitalize(), _definition(ahead), columns, [*rows, total]
    )


def _by_person(ahead: DueAhead, clashes: Clashes) -> ReportTable:
    groups: defaultdict[str, Group] = defaultdict(Group)
    firsts = ahead.weeks()
    for one in ahead.steps:
        group = groups[one.person]
        block = max(firsts.index(week_of(ahead.today, one.step.due)) - 1, 0) // BLOCK
        for column in (f"block-{block}", "all", *(["away"] if one.away else [])):
            group.add(column, one.line)
    for one in ahead.late:
        groups[one.person].add("late", one.line)
    for (day, key), these in clashes.items():
        groups[key].add("clashes", _clash(ahead, day, key, these))
    blocks = [
        Column(
            f"block-{number}",
            f"Up to {short_date(_end(ahead, number))}",
            "Due in these four weeks; the first with the rest of this week.",
        )
        for number in range(WEEKS // BLOCK)
    ]
    away = Column("away", "While away", "Of all: due on a day on which the person is away or has left.")
    clash = Column("clashes", CLASHES.title, CLASHES.counts)
    columns = [*blocks, replace(ALL, parts=tuple(one.key for one in blocks)), LATE, clash, away]
    order = sorted(groups, key=lambda key: (-len(groups[key].of("clashes")), -len(groups[key].of("all")), key))
    rows = [TableRow(key, ahead.name_of(key), _numbers(groups[key], columns)) for key in order]
    total = TableRow("all", "All", _numbers(all_of(groups.values()), columns), total=True)
    whose = (
        "A step is counted with whoever holds the role that owns it: whom the events name, or else the first that the "
        "directory has for the team, or for all; also while they are away. " + ABOUT_CLASHES
    )
    return ReportTable(
        "falls-due-by-person",
        "Falls due: by person",
        "Person",
        _definition(ahead, whose, JOINT),
        columns,
        [*rows, total],
    )


def _absences(ahead: DueAhead) -> ReportTable:
    groups: defaultdict[str, Group] = defaultdict(Group)
    for one in (each for each in ahead.steps if each.away):
        group = groups[one.person]
        for column in ("all", "covered" if one.cover else "nobody"):
            group.add(column, one.line)
    columns = [
        Column("all", "Due while away", "Steps due on a day on which the person is away or has left."),
        Column("covered", "Somebody covers", "Of these: the directory has who is there instead on that day."),
        Column("nobody", "Nobody covers", "Of these: it has nobody."),
        Column("when", "When, and who covers", "The absences of the directory in these weeks.", "words"),
    ]
    rows = [
        TableRow(
            key,
            ahead.name_of(key),
            _numbers(groups[key], columns[:3]) | {"when": Cell(None, words="; ".join(_when(ahead, key)))},
        )
        for key in sorted(groups)
    ]
    total = TableRow("all", "All", _numbers(all_of(groups.values()), columns[:3]), total=True)
    return ReportTable(
        "falls-due-while-away",
        "Falls due: while somebody is away",
        "Person",
        _definition(ahead, "Absences, covers, leavers and successors are those of the directory today."),
        columns,
        [*rows, total],
    )


def _when(ahead: DueAhead, key: str) -> Iterator[str]:
    person = ahead.directory.people.get(key) if ahead.directory else None
    if person is None:
        return
    if person.left and person.left <= ahead.last:
        follower = f"{ahead.name_of(person.successor)} follows" if person.successor else "nobody follows"
        yield f"left on {short_date(person.left)}: {follower}"
    for one in person.absent:
        if one.since <= ahead.last and one.until >= ahead.today:
            cover = f"{ahead.name_of(one.cover)} covers" if one.cover else "nobody covers"
            yield f"{short_date(one.since)} to {short_date(one.until)}: {cover}"


def _count(group: Group, one: StepComing) -> None:
    group.add(one.sort, one.line)
    group.add("all", one.line)


def _clash(ahead: DueAhead, day: date, key: str, these: Sequence[StepComing]) -> LineCounted:
    """A clash as one line, listed with the first of its children."""
    children = sorted({one.step.child for one in these})
    return LineCounted(children[0], f"{len(these)} to be at", day, note=f"{ahead.name_of(key)}; {', '.join(children)}")


def _numbers(group: Group, columns: Iterable[Column]) -> dict[str, Cell]:
    return {one.key: group.number(one.key) for one in columns}


def _week(day: date) -> str:
    return f"{day.day} {day:%b}"


def _end(ahead: DueAhead, block: int) -> date:
    """The Sunday that ends a block of weeks."""
    return ahead.last - timedelta(weeks=WEEKS - BLOCK * (block + 1))


def _definition(ahead: DueAhead, clause: str = "", left_out: str = "") -> Definition:
    return Definition(
        "What is open of children whose journeys are under way, as it stands today.",
        f"From {short_date(ahead.today)}, the rest of its week and twelve whole weeks after it, up to "
        f"{short_date(ahead.last)}; weeks begin on Monday.",
        clause or "By the date that binds: the earlier of the law's and the procedure's, put off where it was.",
        "Forecasts, except where they are named; what opens only when another step is met, such as the review after "
        f"the next. {left_out}".strip(),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]

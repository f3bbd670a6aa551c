"""Drift: how long children have been at a stage, whose plans change, and how long they have been under section 20."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Final

from domain.case.calendar import months_after
from domain.case.stages import STAGES
from domain.clocks.wording import short_date, stage_in_words
from reporting.kept import ReportLines
from reporting.lines import PeriodLine
from reporting.tables import (
    Cell,
    Column,
    Definition,
    Group,
    LineCounted,
    MakeTable,
    ReportTable,
    TableRow,
    all_of,
    days_cells,
)

LONG: Final = 6
"""Months after which a stage is long (ours: the longest time between two reviews)."""
BANDS: Final = ((3, "under_3"), (6, "under_6"), (12, "under_12"))
SPREAD: Final = (
    Column("median", "Median days", "Half of them have been for no longer, in calendar days.", "days"),
    Column("lower", "Lower quarter", "A quarter have been for no longer.", "days"),
    Column("upper", "Upper quarter", "Three quarters have been for no longer.", "days"),
    Column("longest", "Longest", "The longest of all.", "days"),
)


def drift(kept: ReportLines) -> dict[str, MakeTable]:
    """The tables of drift."""
    return {
        "time-in-stage": partial(_in_stage, kept),
        "changes-of-plan": partial(_plan_changes, kept),
        "time-under-section-20": partial(_section_20, kept),
    }


def under_way(kept: ReportLines) -> Iterator[PeriodLine]:
    """The periods of care of children who are looked after on the day of the report."""
    for one in kept.periods.values():
        if one.entered_on and one.entered_on <= kept.span.day and not (one.ended_on and one.ended_on <= kept.span.day):
            yield one


def _in_stage(kept: ReportLines) -> ReportTable:
    groups: defaultdict[str, Group] = defaultdict(Group)
    for one in under_way(kept):
        reached = [stage for stage in STAGES if stage in one.stages and one.stages[stage] <= kept.span.day]
        stage = reached[-1] if reached else STAGES[1]
        since = one.stages.get(stage, one.entered_on or kept.span.day)
        counted = LineCounted(one.child, f"at {stage_in_words(stage)}", since, None, (kept.span.day - since).days)
        group = groups[stage]
        group.add("children", counted)
        if since <= months_after(kept.span.day, -LONG):
            group.add("long", counted)
    day = short_date(kept.span.day)
    rows = [
        TableRow(stage, stage_in_words(stage).capitalize(), _cells(groups[stage]))
        for stage in STAGES
        if stage in groups
    ]
    return ReportTable(
        "time-in-stage",
        "Time in stage",
        "Stage",
        Definition(
            f"Children looked after on {day}, each at the furthest stage reached by then.",
            f"From the day on which that stage was first reached in this period of care to {day}.",
            "The stages are those of docs/stages.md, from the contract. Six months as a long time is ours: the longest "
            "time between two reviews (CPPCR reg 33(2)).",
            "Earlier periods of care; children who are not looked after yet.",
        ),
        [
            Column("children", "Children", "Children at this stage on the day of the report."),
            *SPREAD,
            Column("long", f"{LONG} months or more", f"Of these: at it for {LONG} calendar months or longer."),
        ],
        [*rows, TableRow("all", "All", _cells(all_of(groups.values())), total=True)],
    )


def _cells(group: Group) -> dict[str, Cell]:
    return {"children": group.number("children"), "long": group.number("long"), **days_cells(group.of("children"))}


def _plan_changes(kept: ReportLines) -> ReportTable:
    since, day = kept.span.since, kept.span.day
    columns = ("children", "none", "one", "two", "more")
    groups: defaultdict[str, Group] = defaultdict(Group)
    for one in kept.periods.values():
        if not one.entered_on or one.entered_on > day or (one.ended_on and one.ended_on < since):
            continue
        changed = [on for on in one.plan_changes if since <= on <= day]
        last = max(changed, default=None)
        counted = LineCounted(one.child, f"{len(changed)} changes of plan", None, last, None)
        group = groups[kept.team(one)]
        group.add("children", counted)
        group.add(columns[min(len(changed), 3) + 1], counted)
    rows = [TableRow(team, team, {name: groups[team].number(name) for name in columns}) for team in sorted(groups)]
    total = all_of(groups.values())
    return ReportTable(
        "changes-of-plan",
        "Changes of plan",
        "Team",
        Definition(
            "Periods of care that ran at any time in the span, so a child who came back within it counts twice.",
            f"Changes made from {short_date(since)} to {short_date(day)}, by the day of the meeting or change.",
            "S1 §2 §3 (a plan that does not hold). A change is another primary plan, or another contingency plan in "
            "the place of one; ours: a contingency plan added, or dropped when the plan is final, is none.",
            "Children who were not looked after in the span.",
        ),
        [
            Column("children", "Periods of care", "Periods of care that ran in the span.", parts=columns[1:]),
            Column("none", "No change", "Of these: no plan changed in the span."),
            Column("one", "One", "Of these: one change."),
            Column("two", "Two", "Of these: two changes."),
            Column("more", "Three or more", "Of these: three changes or more."),
        ],
        [*rows, TableRow("all", "All", {name: total.number(name) for name in columns}, total=True)],
    )


def _section_20(kept: ReportLines) -> ReportTable:
    day = kept.span.day
    groups: defaultdict[str, Group] = defaultdict(Group)
    for one in under_way(kept):
        since = next((span.start for span in one.section_20 if span.holds(day)), None)
        if since is not None:
            counted = LineCounted(one.child, "under section 20", since, None, (day - since).days)
            group = groups[kept.team(one)]
            group.add("children", counted)
            group.add(_band(since, day), counted)
    names = ("children", "under_3", "under_6", "under_12", "over")

    def cells(group: Group) -> dict[str, Cell]:
        spread = days_cells(group.of("children"))
        return {name: group.number(name) for name in names} | {name: spread[name] for name in ("median", "longest")}

    return ReportTable(
        "time-under-section-20",
        "Time under section 20",
        "Team",
        Definition(
            f"Children looked after under section 20 on {short_date(day)}.",
            f"From the day on which this legal status began to {short_date(day)}, without a break.",
            "CA89 s20 (legal status V2 of the SSDA903 return); S1 §3 asks for closer tracking under it. The bands of "
            "3, 6 and 12 calendar months are ours.",
            "Earlier stretches under section 20; short breaks (V3, V4).",
        ),
        [
            Column("children", "Children", "Children under section 20 on the day of the report.", parts=names[1:]),
            Column("under_3", "Under 3 months", "Of these: for less than 3 months."),
            Column("under_6", "3 to 6", "Of these: for 3 months and less than 6."),
            Column("under_12", "6 to 12", "Of these: for 6 months and less than 12."),
            Column("over", "12 or more", "Of these: for 12 months or longer."),
            SPREAD[0],
            SPREAD[-1],
        ],
        [
            *(TableRow(team, team, cells(groups[team])) for team in sorted(groups)),
            TableRow("all", "All", cells(all_of(groups.values())), total=True),
        ],
    )


def _band(since: date, day: date) -> str:
    return next((name for months, name in BANDS if months_after(since, months) > day), "over")

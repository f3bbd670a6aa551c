"""From entry to each stage: how many days it took, beside what the procedures ask."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from domain.case.stages import STAGES
from domain.clocks.rules import Policy, Rule
from domain.clocks.wording import short_date, stage_in_words
from reporting.kept import ReportLines
from reporting.lines import PeriodLine
from reporting.tables import Cell, Column, Definition, Group, LineCounted, ReportTable, TableRow, days_cells

Marks = Callable[[str], Mapping[str, str]]
"""Of a policy, by stage: what it asks, in words."""
ASKED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "ppm": ("initial-ppm", "ppm"),
    "first_review": ("first-review",),
    "second_review": ("second-review",),
}
"""The obligations whose day is the mark of a stage."""


def marks_of(policy: Policy) -> dict[str, str]:
    """What a policy asks for each stage that it sets a day for, with its clause."""
    return {
        stage: "; ".join(_mark(row) for row in (obligation.rule, *obligation.limits))
        for stage, names in ASKED_BY.items()
        for name in names
        if (obligation := policy.obligation(name)) is not None
    }


def _mark(rule: Rule) -> str:
    due = rule.due[0]
    counted = due.counted_from or ""
    of = f"the {counted.partition('.')[0].replace('-', ' ')}" if "." in counted else rule.start.says
    cases = "".join(f", or {case.offset} where {case.case}" for case in due.instead)
    return f"{due.offset} {'before' if due.offset.number < 0 else 'after'} {of}{cases} ({rule.clause})"


def reaching(kept: ReportLines, marks: Marks) -> ReportTable:
    """Median and spread by policy and stage."""
    groups: defaultdict[tuple[str, str], Group] = defaultdict(Group)
    for one in kept.periods.values():
        for stage, day in _reached(one, kept):
            assert one.entered_on is not None
            counted = LineCounted(one.child, stage_in_words(stage), one.entered_on, day, (day - one.entered_on).days)
            groups[(one.policy, stage)].add("children", counted)
    rows = [
        TableRow(
            f"{policy}/{stage}",
            f"{stage_in_words(stage).capitalize()} ({policy})",
            {
                "children": group.number("children"),
                **days_cells(group.of("children")),
                "mark": Cell(None, words=marks(policy).get(stage, "no day set")),
            },
        )
        for (policy, stage), group in sorted(groups.items(), key=lambda item: (item[0][0], STAGES.index(item[0][1])))
    ]
    between = f"{short_date(kept.span.since)} to {short_date(kept.span.day)}"
    return ReportTable(
        "from-entry-to-each-stage",
        "From entry to each stage",
        "Stage and policy",
        Definition(
            "Periods of care in which the stage was first reached in the span, also of children who have left care.",
            f"Calendar days from becoming looked after to the day the stage was reached: {between}.",
            "What the child's own policy asks is beside it, with the clause. Whether each was in time is in the tables "
            "of reviews and meetings: the mark is not the same number of days for everybody.",
            "Children who have not reached the stage: a median of those who have says nothing of those who wait, who "
            "are in the table of time in stage. Stages reached before becoming looked after.",
        ),
        [
            Column("children", "Reached it", "Periods of care in which the stage was reached in the span."),
            Column("median", "Median days", "Half took no longer, in calendar days.", "days"),
            Column("lower", "Lower quarter", "A quarter took no longer.", "days"),
            Column("upper", "Upper quarter", "Three quarters took no longer.", "days"),
            Column("longest", "Longest", "The longest of all.", "days"),
            Column("mark", "What the procedure asks", "By when the policy wants it, as its rule says.", "words"),
        ],
        rows,
    )


def _reached(one: PeriodLine, kept: ReportLines) -> Iterator[tuple[str, date]]:
    for stage, day in one.stages.items():
        after_entry = stage not in ("pre_proceedings", "looked_after") and one.entered_on and day >= one.entered_on
        if after_entry and kept.span.since <= day <= kept.span.day:
            yield stage, day

"""Reviews and planning meetings: in time or not, to the law's limit and to the procedure's."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, cached_property, partial
from typing import Final, Literal, NamedTuple

from domain.case.calendar import WorkingCalendar, months_after
from domain.clocks.wording import short_date
from reporting.kept import ReportLines, StepDue
from reporting.lines import Sort
from reporting.tables import Cell, Column, Definition, Group, LineCounted, MakeTable, ReportTable, TableRow, all_of

Outcome = Literal["in_time", "late", "open"]
LimitOf = Literal["statutory", "local"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("in_time", "late", "open")
LIMITS: Final[Mapping[LimitOf, str]] = {"statutory": "The law's limit", "local": "The procedure's limit"}
SORTS: Final[Mapping[Sort, str]] = {"review": "Reviews", "meeting": "Planning meetings"}
COUNTED_IN: Final[Mapping[tuple[str, Outcome, bool], tuple[str, ...]]] = {
    (limit, outcome, reason): (f"{limit}_{outcome}", *([] if outcome == "in_time" else [f"{limit}_{said}"]))
    for limit in LIMITS
    for outcome in OUTCOMES
    for reason, said in ((True, "explained"), (False, "unexplained"))
}
"""By limit, outcome and whether a reason is recorded."""


class StepJudged(NamedTuple):
    """A step against one of its limits, which has passed."""

    line: StepDue
    limit_of: LimitOf
    limit: date
    outcome: Outcome
    counted: LineCounted
    team: str
    policy: str
    columns: tuple[str, ...]
    """The columns of its limit that count it."""


class StepsJudged:
    """Every review and meeting of some lines, judged once for all tables."""

    def __init__(self, kept: ReportLines) -> None:
        self.kept = kept

    @cached_property
    def of_sort(self) -> Mapping[Sort, Sequence[StepJudged]]:
        """By reviews and meetings."""
        each: dict[Sort, list[StepJudged]] = {sort: [] for sort in SORTS}
        for one in judged(self.kept):
            each[one.line.sort].append(one)
        return each


def judged(kept: ReportLines) -> Iterator[StepJudged]:
    """Each step against each limit whose day is within the span and past."""
    since, day = kept.span.since, kept.span.day
    for line in kept.steps:
        team, policy = kept.team(line), kept.policy(line)
        for name, limit in (("statutory", line.statutory), ("local", line.local)):
            if limit is None or not since <= limit <= day:
                continue
            outcome = _outcome(line, limit, day)
            if outcome is not None:
                limit_of = _limit_of(name)
                listed = counted(line, limit_of, limit, outcome, day)
                columns = COUNTED_IN[name, outcome, bool(line.reason)]
                yield StepJudged(line, limit_of, limit, outcome, listed, team, policy, columns)


def _limit_of(name: str) -> LimitOf:
    return "statutory" if name == "statutory" else "local"


def _outcome(line: StepDue, limit: date, day: date) -> Outcome | None:
    """None: it is left out, since it was waived or lapsed by its day, or the day is not over."""
    if line.ended_on is not None and line.ended_on <= limit:
        return "in_time" if line.ending == "met" else None
    if limit == day:
        return None
    return "late" if line.ending == "met" and line.ended_on is not None and line.ended_on <= day else "open"


def counted(line: StepDue, limit_of: LimitOf, limit: date, outcome: Outcome, day: date) -> LineCounted:
    """A step as it is listed, by the limit against which it is judged: law and procedure may ask for the same day."""
    # Due on 2 February 2026 and not held when the child left care on 12 April: 69 days late, and never more.
    done = line.ended_on if outcome != "open" else None
    over = min(line.ended_on or day, day)
    late = 0 if outcome == "in_time" else (over - limit).days
    number = f" (number {line.occurrence})" if line.occurrence > 1 else ""
    clause = line.statutory_clause if limit_of == "statutory" else line.local_clause
    return LineCounted(line.child, f"{line.title}{number}, {clause}", limit, done, late, line.reason or "")


@cache
def month_of(day: date) -> str:
    """A month as rows name it, such as 2026-11; days are few and steps are many."""
    return f"{day:%Y-%m}"


WAYS: Final[Mapping[str, Callable[[StepJudged], str]]] = {
    "month": lambda one: month_of(one.limit),
    "team": lambda one: one.team,
    "policy": lambda one: one.policy,
    "step": lambda one: one.line.title,
}
"""What a table's rows are, and which of them a step is in."""


def timeliness(steps: StepsJudged) -> dict[str, MakeTable]:
    """The tables of reviews and meetings, by month, team, policy and step."""
    return {f"{sort}s-by-{way}": partial(_table, steps, sort, way) for sort in SORTS for way in WAYS}


def _grouped(these: Iterable[StepJudged], by: Callable[[StepJudged], str]) -> dict[str, Group]:
    groups: defaultdict[str, Group] = defaultdict(Group)
    for one in these:
        group = groups[by(one)]
        for column in one.columns:
            group.add(column, one.counted)
    return groups


def _table(steps: StepsJudged, sort: Sort, way: str) -> ReportTable:
    kept, of = steps.kept, way.capitalize()
    groups = _grouped(steps.of_sort[sort], WAYS[way])
    if way == "month":
        groups = {month: groups.get(month, Group()) for month in months(kept.span.since, kept.span.day)}
    limits = [one for one in LIMITS if any(group.of(f"{one}_{each}") for group in groups.values() for each in OUTCOMES)]
    limits = limits or [*LIMITS][1 if sort == "meeting" else 0 :][:1]
    rows = [TableRow(name, _named(of, name), _cells(groups[name], limits)) for name in sorted(groups)]
    total = TableRow("all", "All", _cells(all_of(groups.values()), limits), total=True)
    bars = tuple(f"{limits[0]}_{outcome}" for outcome in OUTCOMES) if way == "month" else ()
    columns, title = _columns(limits), f"{SORTS[sort]} by {way}"
    return ReportTable(f"{sort}s-by-{way}", title, of, _definition(kept, sort), columns, [*rows, total], bars)


def _cells(group: Group, limits: Iterable[LimitOf]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for one in limits:
        group.gather(f"{one}_due", (f"{one}_{outcome}" for outcome in OUTCOMES))
        cells |= {f"{one}_{name}": group.number(f"{one}_{name}") for name in ("due", *OUTCOMES)}
        cells[f"{one}_share"] = group.share(f"{one}_in_time", f"{one}_due")
        cells |= {f"{one}_{name}": group.number(f"{one}_{name}") for name in ("explained", "unexplained")}
    return cells


SAYS: Final = {
    "due": ("Fell due", "Those whose limit passed in the span: in time, late and not done together."),
    "in_time": ("In time", "Done on or before the day of the limit."),
    "late": ("Late", "Done after the day of the limit and by the day of the report."),
    "open": ("Not done", "Not done by the day of the report, or over without being done after the limit had passed."),
    "share": ("In time, %", "Those in time, of those that fell due."),
    "explained": ("With a reason", "Of those late or not done: a reason for the lateness is recorded."),
    "unexplained": ("Without", "Of those late or not done: no reason for the lateness is recorded."),
}


def _columns(limits: Iterable[LimitOf]) -> list[Column]:
    return [
        Column(
            f"{one}_{name}",
            title,
            says,
            "%" if name == "share" else "",
            LIMITS[one],
            tuple(f"{one}_{outcome}" for outcome in OUTCOMES) if name == "due" else (),
        )
        for one in limits
        for name, (title, says) in SAYS.items()
    ]


OF_WHOM: Final[Mapping[Sort, str]] = {
    "review": "Every looked-after, adoption, placement, disruption and short-break review of every period of care, "
    "also of children who have left care. A review that meets two series is counted in each.",
    "meeting": "Every permanency planning meeting that the child's procedure asks for, also of children who have left "
    "care; where the procedure takes a discussion with specialist teams in its place, that too.",
}
CLAUSES: Final[Mapping[Sort, str]] = {
    "review": "The law: CPPCR reg 33 (20 working days, 3 months, 6 months), AAR reg 36, CPPCR reg 48 for short breaks. "
    "The procedure: the clause of the child's own policy. Each review with its clause is in the list behind a number.",
    "meeting": "The clause of the child's own policy; the law sets no day for these meetings.",
}


def _definition(kept: ReportLines, sort: Sort) -> Definition:
    since, day = short_date(kept.span.since), short_date(kept.span.day)
    return Definition(
        OF_WHOM[sort],
        f"The day of the limit is from {since} to {day}; done or not as it stands on {day}. Each limit counts in the "
        "month of its own day.",
        CLAUSES[sort],
        "What was waived, or had lapsed by the day of the limit, such as by leaving care; what is only forecast; and "
        "what is due on the day of the report itself and not done, since that day is not over. Where somebody who may "
        "has put off the procedure's limit, the later day counts; the law's cannot be put off.",
    )


def months(since: date, day: date) -> list[str]:
    """Every month of a span."""
    first, named = since.replace(day=1), []
    while first <= day:
        named.append(f"{first:%Y-%m}")
        first = months_after(first, 1)
    return named


def _named(of: str, key: str) -> str:
    return f"{date.fromisoformat(f'{key}-01'):%B %Y}" if of == "Month" else key


ALL_OR_NOT: Final = ("all", "not_all")


def children_in_time(steps: StepsJudged, calendar: WorkingCalendar) -> ReportTable:
    """By child: all reviews in time."""
    kept = steps.kept
    begun = calendar.working_days_after(kept.span.day, -20)
    counts = {
        (one.child, one.period): one
        for one in kept.periods.values()
        if one.entered_on and one.entered_on <= begun and (one.ended_on is None or one.ended_on > kept.span.day)
    }
    of_child: dict[tuple[str, int], list[StepJudged]] = {}
    for one in steps.of_sort["review"]:
        key = (one.line.child, one.line.period)
        if one.limit_of == "statutory" and key in counts and _is_of_care(one.line):
            of_child.setdefault(key, []).append(one)
    groups: defaultdict[str, Group] = defaultdict(Group)
    for key, reviews in of_child.items():
        group = groups[kept.team(counts[key])]
        late = sum(one.outcome != "in_time" for one in reviews)
        child = LineCounted(key[0], f"{len(reviews)} fell due, {late} not in time", note=_worst(reviews))
        group.add("not_all" if late else "all", child)
    return ReportTable(
        "children-with-all-reviews-in-time",
        "Children with every review in time",
        "Team",
        _of_department(kept, begun),
        [
            Column(
                "children", "Children", "Children for whom at least one review fell due in the span.", parts=ALL_OR_NOT
            ),
            Column("all", "All in time", "Of these: every review that fell due was held by the law's limit."),
            Column("not_all", "Not all", "Of these: at least one was held late, or is not held."),
            Column("share", "All in time, %", "Children with all in time, of the children.", "%"),
        ],
        [TableRow(team, team, _of_children(groups[team])) for team in sorted(groups)]
        + [TableRow("all", "All", _of_children(all_of(groups.values())), total=True)],
    )


def _of_children(group: Group) -> dict[str, Cell]:
    group.gather("children", ALL_OR_NOT)
    numbers = {name: group.number(name) for name in ("children", *ALL_OR_NOT)}
    return numbers | {"share": group.share("all", "children")}


def _is_of_care(line: StepDue) -> bool:
    return line.obligation in ("first-review", "second-review", "subsequent-review")


def _worst(reviews: Iterable[StepJudged]) -> str:
    worst = max(reviews, key=lambda one: one.counted.days or 0)
    return f"{worst.counted.what}: {worst.counted.days} days late" if worst.counted.days else ""


def _of_department(kept: ReportLines, begun: date) -> Definition:
    since, day = short_date(kept.span.since), short_date(kept.span.day)
    return Definition(
        f"Children looked after on {day} who had been for 20 working days, so since {short_date(begun)} or before.",
        f"Reviews whose limit by law is from {since} to {day}. For a year's figure: from 1 April to 31 March.",
        "CPPCR reg 33. That a child counts as in time only if every review that fell due was, and only after 20 "
        "working days, is ours: so the Department for Education's yearly figure is remembered, and no text that "
        "defines it could be cited. Compare both with the year's guide to the SSDA903 return before this is published "
        "as that figure.",
        "Children for whom no review fell due; children in a series of short breaks, whose reviews are not returned; "
        "adoption, placement and disruption reviews.",
    )

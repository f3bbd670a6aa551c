"""The steps of a case as people meet them: what, by when, how late, in a few words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from delivery.case_now import CaseNow, years
from domain.agenda import AgendaRow
from domain.case.facts import Facts
from domain.case.words import Role
from domain.clocks.judgement import Said
from domain.clocks.wording import booked, in_words
from record.caseload_reading import ChildAhead, StepAhead

SOON: Final = 7
"""Working days ahead that count as soon (issue: late, due within 7 working days, later)."""
Group = Literal["late", "soon", "later"]
CLASSES: Final[dict[str, str]] = {
    "Late": "govuk-tag--red",
    "Late, explained": "govuk-tag--orange",
    "Late, in hand": "govuk-tag--orange",
    "Due today": "govuk-tag--yellow",
    "Due soon": "govuk-tag--yellow",
    "Later": "govuk-tag--grey",
    "Forecast": "govuk-tag--grey",
}
"""The colour of each tag. The words say the same: nobody has to see the colour."""


@dataclass(frozen=True, slots=True)
class DueStep:
    """Something that must happen for a child by a day, and has not."""

    child: str
    obligation: str
    occurrence: int
    title: str
    owner: Role
    clause: str
    due: date
    days_late: int
    """Calendar days since it was due; 0 where it is not late, as a forecast never is."""
    forecast: bool
    group: Group
    tag: str
    said: tuple[Said, ...] = ()
    booked: str = ""
    """For which day it is booked, in words, with what speaks against that day; empty where it is not."""

    @property
    def tag_class(self) -> str:
        """The colour of its tag."""
        return CLASSES[self.tag]

    @property
    def late_by(self) -> str:
        """How late, in words; empty where it is not."""
        return "" if not self.days_late else "1 day" if self.days_late == 1 else f"{self.days_late} days"


def steps_of(case: CaseNow, today: date) -> list[DueStep]:
    """The open steps of a case, the most pressing first. A child who has left care has none."""
    if case.journey.ended:
        return []
    last = last_soon(today)
    rows = (row for row in case.rows if row.is_open)
    return sorted((_step(row, today, last) for row in rows), key=lambda step: (step.due, step.title, step.occurrence))


def nothing_due(facts: Facts) -> str:
    """What is said where nothing is open."""
    if facts.ended_on is None:
        return "Nothing is due."
    return (
        f"The child left care on {in_words(facts.ended_on)}: nothing is due any more, and nobody is told anything. "
        "What happened before that day can still be recorded."
    )


def grouped(steps: Iterable[DueStep]) -> dict[Group, list[DueStep]]:
    """Late; due within seven working days; and later the next step of each child, without forecasts."""
    groups: dict[Group, list[DueStep]] = {"late": [], "soon": [], "later": []}
    seen: set[str] = set()
    for step in sorted(steps, key=lambda step: (step.due, step.child, step.title)):
        if step.group != "later":
            groups[step.group].append(step)
        elif step.child not in seen and not step.forecast:
            seen.add(step.child)
            groups["later"].append(step)
    return groups


def counts(steps: Iterable[DueStep]) -> Iterator[str]:
    """What a list amounts to: `3 steps late`, `2 due within 7 working days`."""
    groups = grouped(steps)
    if groups["late"]:
        number = len(groups["late"])
        yield "1 step late" if number == 1 else f"{number} steps late"
    if groups["soon"]:
        yield f"{len(groups['soon'])} due within {SOON} working days"


def steps_ahead(children: Iterable[ChildAhead], today: date) -> list[DueStep]:
    """The same of children as lists have them."""
    last = last_soon(today)
    return [step_ahead(step, today, last) for child in children for step in child.steps]


def last_soon(today: date) -> date:
    """The last day that counts as soon."""
    return years(today.year, today.year + 1).working_days_after(today, SOON)


def _step(row: AgendaRow, today: date, last: date) -> DueStep:
    held = any(said.kind == "acknowledged" and said.until and said.until >= today for said in row.said)
    explained = any(said.kind == "explained" for said in row.said)
    group = _group(row.due, today, last, forecast=row.forecast)
    return DueStep(
        row.child,
        row.obligation,
        row.occurrence,
        row.title,
        row.owner,
        row.clause,
        row.due,
        (today - row.due).days if group == "late" else 0,
        row.forecast,
        group,
        _tag(row.due, group, today, forecast=row.forecast, held=held, explained=explained),
        row.said,
        _booked(row.booked_for, row.due, today),
    )


def step_ahead(step: StepAhead, today: date, last: date) -> DueStep:
    """A step as a list has it; `last` is the last day that counts as soon."""
    held = step.held_until is not None and step.held_until >= today
    explained = step.explained_on is not None
    group = _group(step.due, today, last, forecast=step.forecast)
    return DueStep(
        step.child,
        step.obligation,
        step.occurrence,
        step.title,
        Role(step.owner),
        step.clause,
        step.due,
        (today - step.due).days if group == "late" else 0,
        step.forecast,
        group,
        _tag(step.due, group, today, forecast=step.forecast, held=held, explained=explained),
        booked=_booked(step.booked_for, step.due, today),
    )


def _booked(day: date | None, due: date, today: date) -> str:
    """A review due on 1 December and booked for the 9th is going to be late: whoever reads a list is to see it."""
    if day is None:
        return ""
    return booked(day, today) + (", after it is due" if day >= today and day > due else "")


def _group(due: date, today: date, last: date, *, forecast: bool) -> Group:
    """Where it stands in a list. A forecast is no more than that, also once its day has passed."""
    # Of a child who entered on 5 January 2026 and had no review by 29 November, the first is late since 2 February; the
    # second, foreseen for 2 May, is three months after it and has no date until it is held.
    if forecast:
        return "later"
    return "late" if due < today else "soon" if due <= last else "later"


def _tag(due: date, group: Group, today: date, *, forecast: bool, held: bool, explained: bool) -> str:
    if forecast:
        return "Forecast"
    if group == "soon":
        return "Due today" if due == today else "Due soon"
    if group == "later":
        return "Later"
    return "Late, in hand" if held else "Late, explained" if explained else "Late"

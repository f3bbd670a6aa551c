"""The steps of a case as people meet them: what, by when, how late, in a few words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from delivery.case_now import CaseNow, years
from domain.agenda import AgendaRow
from domain.case.words import Role
from domain.clocks.judgement import Said

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
    """Calendar days since it was due; 0 where it is not late."""
    forecast: bool
    group: Group
    tag: str
    said: tuple[Said, ...]

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
    last = years(today.year, today.year + 1).working_days_after(today, SOON)
    rows = (row for row in case.rows if row.is_open)
    return sorted((_step(row, today, last) for row in rows), key=lambda step: (step.due, step.title, step.occurrence))


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
    """What a list amounts to: `3 late`, `2 due soon`."""
    groups = grouped(steps)
    if groups["late"]:
        yield f"{len(groups['late'])} late"
    if groups["soon"]:
        yield f"{len(groups['soon'])} due within {SOON} working days"


def _step(row: AgendaRow, today: date, last: date) -> DueStep:
    late = max(0, (today - row.due).days)
    group: Group = "late" if late else "soon" if row.due <= last and not row.forecast else "later"
    return DueStep(
        row.child,
        row.obligation,
        row.occurrence,
        row.title,
        row.owner,
        row.clause,
        row.due,
        late,
        row.forecast,
        group,
        _tag(row, group, today),
        row.said,
    )


def _tag(row: AgendaRow, group: Group, today: date) -> str:
    if group == "soon":
        return "Due today" if row.due == today else "Due soon"
    if group == "later":
        return "Later"
    if any(said.kind == "acknowledged" and said.until and said.until >= today for said in row.said):
        return "Late, in hand"
    return "Late, explained" if any(said.kind == "explained" for said in row.said) else "Late"

"""The rungs that were told of a child, beside what was known of the steps they are about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import NamedTuple

from domain.case.calendar import local_date
from reporting.history import WhileKnown
from reporting.lines import StepLine


@dataclass(frozen=True, slots=True)
class RungLine:
    """A rung that was told, and what a step's line says of an answer to it."""

    child: str
    period: int
    obligation: str
    occurrence: int
    action: str
    title: str
    rung: int
    to: tuple[str, ...]
    decided_at: datetime
    told_on: date
    answered_on: date | None
    """The first day, not before it was told, on which somebody answered for the step or it ended."""
    reason: str | None


class RungDecided(NamedTuple):
    """A rung as it was decided. `decided_at`: when it truly was told, after an outage days later than meant."""

    child: str
    period: int
    obligation: str
    occurrence: int
    key: str
    rung: int
    to: Sequence[str]
    decided_at: datetime

    @property
    def about(self) -> tuple[int, str, int]:
        """What names the step within the child."""
        return self.period, self.obligation, self.occurrence


def rung_lines(rungs: Iterable[RungDecided], steps: Iterable[WhileKnown[StepLine]]) -> Iterator[WhileKnown[RungLine]]:
    """Each rung for as long as each line of its step was what was known, from when it had been told."""
    # Told on 2 March 2026 and explained on the 5th, a rung has two lines: not answered until the 5th, answered since.
    # What was known of the step before 2 March is of no report that has the rung.
    of_step: defaultdict[tuple[int, str, int], list[WhileKnown[StepLine]]] = defaultdict(list)
    for one in steps:
        of_step[one.line.period, one.line.obligation, one.line.occurrence].append(one)
    for rung in rungs:
        later = (one for one in of_step[rung.about] if one.until is None or one.until > rung.decided_at)
        yield from _joined(WhileKnown(_line(rung, one.line), one.since, one.until) for one in later)


def _joined(lines: Iterable[WhileKnown[RungLine]]) -> Iterator[WhileKnown[RungLine]]:
    """Lines that follow each other and say the same as one."""
    in_order = sorted(lines, key=lambda one: one.since)
    for _, same in groupby(in_order, key=lambda one: one.line):
        run = list(same)
        whole = all(before.until == after.since for before, after in pairwise(run))
        yield from [WhileKnown(run[0].line, run[0].since, run[-1].until)] if whole else run


def _line(rung: RungDecided, step: StepLine) -> RungLine:
    # Meant for 26 January 2026 and told on 2 February, once the service was up again: what was said on the 30th of
    # January answered nothing that anybody had been told.
    told_on = local_date(rung.decided_at)
    answers = [*step.answers, step.ended_on] if step.ended_on else step.answers
    return RungLine(
        child=rung.child,
        period=rung.period,
        obligation=rung.obligation,
        occurrence=rung.occurrence,
        action=rung.key,
        title=step.title,
        rung=rung.rung,
        to=tuple(rung.to),
        decided_at=rung.decided_at,
        told_on=told_on,
        answered_on=min((day for day in answers if day >= told_on), default=None),
        reason=step.reason,
    )

"""One person's digest: of each of their children what is overdue, due soon, and done since the last one.

Pure: cases, people and an instant in, lines out. Somebody has a line if they are told of it: the owner, the roles of
the first rung (they hear next, and see it coming), and after the due date those of every rung reached. When the
ladder has ended, it stays here (contract section 5).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from delivery.case_now import CaseNow, Cases
from delivery.choices import Cadence, next_digest
from delivery.directory import readers_of
from delivery.links import Links
from delivery.people import People, case_people
from domain.agenda import AgendaRow, Rag, urgency
from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, local_date
from domain.case.words import Role
from domain.clocks.actions import action_stem
from domain.clocks.obligations import Key
from domain.clocks.rules import Rule
from domain.clocks.schedule import last_day_held
from domain.clocks.wording import booked
from record.protections import OPEN, Protection

HowItStands = Literal["overdue", "due_soon", "told", "done"]
"""`told`: a notice or breach that was left for the digest."""

ORDER: Mapping[HowItStands, int] = {"overdue": 0, "told": 1, "due_soon": 2, "done": 3}


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One thing of a case. `days` are calendar days: late, left, or (done) late when it was done."""

    standing: HowItStands
    what: str
    clause: str
    owner: str
    """The role that is to do it, as a code."""
    due: date | None = None
    days: int = 0
    done_on: date | None = None
    yours: bool = False
    """The reader is to do it."""
    escalates: bool = True
    """While it is late, the ladder is climbed."""
    reference: str | None = None
    """What to acknowledge it by."""
    acknowledge_url: str | None = None
    """Where the reader acknowledges it, or says why it is late."""
    paused_until: date | None = None
    """Acknowledged: the last day on which the ladder stands still."""
    booking: str = ""
    """Where it is booked and not held: for which day, and whether that has passed, in words."""
    stem: str = ""
    """What the keys of the actions about it begin with."""

    def linked(self, links: Links, person: str) -> "DigestLine":
        """The same, with a link of this reader's own where it can be acknowledged."""
        if self.standing != "overdue" or self.reference is None:
            return self
        return replace(self, acknowledge_url=links.acknowledge(self.reference, person))

    @property
    def order(self) -> tuple[int, date, str]:
        """The most urgent first."""
        return (ORDER[self.standing], self.due or date.min, self.what)


@dataclass(frozen=True, slots=True)
class CaseLines:
    """What there is to say of one case. Its colour is the child's, as it is everywhere (docs/colours.md)."""

    child: str
    lines: tuple[DigestLine, ...]
    journey_url: str | None = None
    rag: Rag = "green"

    @property
    def tag(self) -> str:
        """The colour, and why it is red where nothing of it is in the reader's own lines."""
        theirs = any(line.standing == "overdue" and line.escalates for line in self.lines)
        return "red: overdue with others" if self.rag == "red" and not theirs else self.rag

    @property
    def order(self) -> tuple[int, date, str]:
        """What is late, then what was told, then what is due, then what is done; each by urgency."""
        first = self.lines[0]
        return (ORDER[first.standing], *urgency(first.due, self.child))


@dataclass(frozen=True)
class Digest:
    """What one person reads. `children` counts all of theirs, also those of whom there is nothing to say.

    `backlog` is what is told once of cases that were loaded with their history: what is overdue, and nothing of what
    was done long ago.
    """

    person: str
    kind: Literal["daily", "weekly", "backlog"]
    day: date
    since: date
    """The day of the digest before."""
    until: date | None
    """The day of the next one; None where none follows."""
    reference: str
    children: int
    cases: tuple[CaseLines, ...] = field(default=())
    others: tuple[Rag, ...] = ()
    """The colours of those of whom there is nothing to say."""

    @cached_property
    def colours(self) -> dict[Rag, int]:
        """How many of their children are of each colour."""
        counted = Counter([*(case.rag for case in self.cases), *self.others])
        red, amber = counted["red"], counted["amber"]
        return {"red": red, "amber": amber, "green": self.children - red - amber}

    @cached_property
    def counts(self) -> dict[HowItStands, int]:
        """How many lines there are of each kind."""
        counted = Counter(line.standing for case in self.cases for line in case.lines)
        return {standing: counted[standing] for standing in ORDER}

    @cached_property
    def overdue_by_what(self) -> list[tuple[str, int]]:
        """What is overdue for how many children, the most frequent first."""
        counted = Counter(line.what for case in self.cases for line in case.lines if line.standing == "overdue")
        return sorted(counted.items(), key=lambda counts: (-counts[1], counts[0]))


class Caseloads:
    """Whose cases are whose on a day, and what each person's digest says."""

    def __init__(
        self,
        cases: Iterable[CaseNow],
        people: People,
        now: datetime,
        calendar: WorkingCalendar,
        protections: Mapping[str, Protection] | None = None,
    ) -> None:
        self._directory = people.directory
        self._protections = protections or {}
        self._now = now
        self._today = local_date(now)
        self._calendar = calendar
        self._cases = {case.child: case for case in cases}
        self._held: dict[str, dict[str, set[Role]]] = {}
        for case in self._cases.values():
            self._allocate(case, people)

    def lines_of(self, person: str, cadence: Cadence, since: datetime, known: Cases) -> list[CaseLines]:
        """What there is to say to somebody, the most urgent case first."""
        until = local_date(next_digest(cadence, self._now, self._calendar))
        with_lines = []
        for child, roles in self._held.get(person, {}).items():
            case = self._cases[child]
            met_before = known.met_by(case, since)
            lines = [line for row in case.rows for line in self._line(case, row, roles, until, met_before)]
            if lines:
                in_order = tuple(sorted(lines, key=lambda line: line.order))
                with_lines.append(CaseLines(child, in_order, rag=self.colour_of(child)))
        return sorted(with_lines, key=lambda lines: lines.order)

    def case_of(self, child: str) -> CaseNow | None:
        """A child's case; None where there is none, or it could not be worked out."""
        return self._cases.get(child)

    def are_kept_from(self, child: str, person: str) -> bool:
        """Whether an exclusion keeps a child from somebody, or from one of a team who reads what goes to it."""
        return not self._excluded(child).isdisjoint(readers_of(person, self._directory))

    def _excluded(self, child: str) -> frozenset[str]:
        return self._protections.get(child, OPEN).excluded

    def colour_of(self, child: str) -> Rag:
        """A child's colour; green where there is no case to go by."""
        case = self.case_of(child)
        return case.rag if case else "green"

    def children_of(self, person: str) -> list[str]:
        """The children for whom somebody holds a role that is told of anything."""
        return sorted(self._held.get(person, {}))

    def cases_of(self, person: str) -> list[CaseNow]:
        """Their cases."""
        return [self._cases[child] for child in self.children_of(person)]

    def open_rows_of(self, person: str) -> Iterator[tuple[CaseNow, AgendaRow]]:
        """What is open in their cases and they are told of, forecasts aside."""
        for child, roles in self._held.get(person, {}).items():
            case = self._cases[child]
            for row in case.rows:
                if row.is_open and not row.forecast and roles & self._told(case, row, _rule(case, row)):
                    yield case, row

    def _allocate(self, case: CaseNow, people: People) -> None:
        on_the_case = case_people(case.known, self._today, self._excluded(case.child))
        for role in sorted(_roles(case)):
            for recipient in people.tell(role, on_the_case, self._today).recipients:
                self._held.setdefault(recipient.key, {}).setdefault(case.child, set()).add(role)

    def _line(
        self, case: CaseNow, row: AgendaRow, roles: set[Role], until: date, met_before: set[Key]
    ) -> Iterator[DigestLine]:
        standing = self._standing(row, until, met_before)
        rule = _rule(case, row)
        if standing is None or not roles & self._told(case, row, rule):
            return
        yield DigestLine(
            standing=standing,
            what=row.title,
            clause=row.clause,
            owner=row.owner.value,
            due=row.due,
            days=_days(row, standing, self._today),
            done_on=row.met_on,
            yours=row.owner in roles,
            escalates=bool(rule.ladder),
            paused_until=self._paused_until(case, row) if standing == "overdue" else None,
            booking=booked(row.booked_for, self._today) if row.booked_for else "",
            stem=action_stem(case.journey.number, row.obligation, row.occurrence, row.due) + "/",
        )

    def _standing(self, row: AgendaRow, until: date, met_before: set[Key]) -> HowItStands | None:
        if row.met_on is not None:
            return None if (row.obligation, row.occurrence) in met_before else "done"
        if row.status == "overdue":
            return "overdue"
        soon = row.status == "due_soon" or (row.is_open and not row.forecast and row.due <= until)
        return "due_soon" if soon else None

    def _told(self, case: CaseNow, row: AgendaRow, rule: Rule) -> set[Role]:
        """Who is told of it by now."""
        if not rule.ladder:
            return {row.owner}
        steps = case.journey.policy.ladder_of(rule).steps
        day = row.met_on or self._today
        reached = [s for s in steps if case.journey.calendar.working_days_after(row.due, s.after) <= day]
        return {row.owner, *(role for step in [steps[0], *reached] for role in step.to)}

    def _paused_until(self, case: CaseNow, row: AgendaRow) -> date | None:
        occurrence = case.occurrence(row)
        days = [
            last_day_held(event, case.journey.calendar)
            for event in case.facts.all(ev.EscalationAcknowledged)
            if event.obligation == row.obligation and occurrence.open_on(event.on)
        ]
        return max((day for day in days if day >= self._today), default=None)


def _roles(case: CaseNow) -> set[Role]:
    """Every role that is told of anything in a case."""
    ladders = [case.journey.policy.ladder, *(case.journey.policy.told_of(row.obligation) for row in case.rows)]
    return {row.owner for row in case.rows} | {role for one in ladders for step in one.steps for role in step.to}


def _rule(case: CaseNow, row: AgendaRow) -> Rule:
    obligation = case.journey.policy.obligation(row.obligation)
    assert obligation is not None
    return obligation.rule


def _days(row: AgendaRow, standing: HowItStands, today: date) -> int:
    if standing == "due_soon":
        return (row.due - today).days
    return ((row.met_on or today) - row.due).days

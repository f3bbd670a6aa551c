"""The caseload read: which children and what is open of them, by urgency; and how much there is of it.

The order of urgency (domain/agenda.py) is that of the earliest date still to be met, and so it stands in an index.
Days late, due soon and colour are reckoned from dates by the day that is asked for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.engine import Row

from domain.agenda import Rag
from domain.case.calendar import local_date
from domain.case.words import Role
from record.caseload_sights import Holding, Sight, holds, kept_from, restricted, sees
from record.caseload_tables import CaseloadChild, CaseloadPerson, CaseloadStep
from record.engine import readers
from record.failures import in_plain_words
from record.tables import PROOF, EventRow

CHILDREN, PEOPLE, STEPS = CaseloadChild.__table__, CaseloadPerson.__table__, CaseloadStep.__table__
Child, Person, Step = CHILDREN.c, PEOPLE.c, STEPS.c
"""The plain columns: of mapped ones a query takes several times as long to put together as to run."""
TRIED: Final = func.coalesce(Child.derived_at, Child.derived_at).is_not(None)
"""Written so that no index serves it: SQLite would take that of `derived_at`, which has every child."""
LEFT_OUT: Final = and_(Child.derived == 0, Child.derived < Child.written, TRIED)
"""It was tried, and could not be worked out; the second condition has an index, of those few."""
TOGETHER: Final = 500
"""Children asked about in one query (ours: databases limit how many values one may name)."""
WEEKS: Final = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class StepAhead:
    """What is open of a child: one occurrence of an obligation. Days are calendar days."""

    child: str
    obligation: str
    occurrence: int
    title: str
    clause: str
    owner: str
    opened_on: date
    due: date
    forecast: bool
    escalates: bool
    soon_at: datetime | None
    booked_for: date | None
    next_at: datetime | None
    next_kind: str | None
    next_rung: int | None
    next_to: tuple[str, ...]
    explained_on: date | None
    held_until: date | None
    stem: str

    def days_late(self, today: date) -> int:
        """0 while it is not late. A forecast never is."""
        return 0 if self.forecast else max(0, (today - self.due).days)

    def due_soon(self, now: datetime) -> bool:
        """Not late, and its first reminder is past."""
        return not self.forecast and self.due >= local_date(now) and self.soon_at is not None and self.soon_at <= now


@dataclass(frozen=True, slots=True)
class ChildAhead:
    """How a child's case stands at an instant: what the lists show in one row."""

    child: str
    stage: str
    colour: Rag
    days_late: int
    policy: str
    team: str | None
    legal_status: str | None
    primary_plan: str | None
    contingency_plan: str | None
    period: int
    entered_on: date | None
    ended_on: date | None
    rejected: int
    contacts: Mapping[str, str]
    """Whom the child's events name, by role."""
    steps: tuple[StepAhead, ...]
    """What is open, the most urgent first, forecasts last."""

    @property
    def most_urgent(self) -> StepAhead | None:
        """What puts the child in its place: latest, or else due next."""
        return next((step for step in self.steps if not step.forecast), None)

    def next_due(self, today: date) -> StepAhead | None:
        """The earliest date that is not past."""
        return next((step for step in self.steps if not step.forecast and step.due >= today), None)


@dataclass(frozen=True, slots=True)
class CaseloadPart:
    """Which children are asked for: all of these hold. Empty: no matter."""

    children: Collection[str] = ()
    teams: Collection[str] = ()
    """In plain spelling (`plain_team`)."""
    teamless: bool = False
    """Their events name no team."""
    stages: Collection[str] = ()
    colours: Collection[Rag] = ()
    policies: Collection[str] = ()
    due_by: date | None = None
    """Something is to be met by then, what is late included."""
    held: Sequence[Sequence[Holding]] = ()
    """Of each of these groups one holding at least: (worker's or cover's) and (IRO's)."""
    owing: Role | None = None
    """Something open, forecasts aside, is for this role to do."""
    seen: Sequence[Sight] | None = None
    """By one of these sights at least; None: whoever asks may list every child."""
    hidden_from: str | None = None
    """Not the children who are kept from this person, or restricted to others, whatever else holds."""


@dataclass(slots=True)
class Tally:
    """How much there is of a group of children; `due` by weeks ahead (steps, late ones not counted)."""

    children: int = 0
    red: int = 0
    amber: int = 0
    green: int = 0
    late_children: int = 0
    late: int = 0
    due: dict[int, int] = field(default_factory=lambda: dict.fromkeys(WEEKS, 0))

    def add(self, other: "Tally") -> None:
        """Count another group in."""
        for name in ("children", "red", "amber", "green", "late_children", "late"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for weeks in WEEKS:
            self.due[weeks] += other.due[weeks]


class CaseloadReading:
    """The caseload at an instant. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        self.now = now
        self.today = local_date(now)

    def children(self, part: CaseloadPart, limit: int | None = None, offset: int = 0) -> list[ChildAhead]:
        """The children of a part whose journeys are under way, the most urgent first."""
        query = select(*COLUMNS).where(*self._conditions(part)).order_by(Child.earliest, Child.child)
        if limit is not None:
            query = query.limit(limit).offset(offset)
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(query).all()
            steps, people = _of(connection, STEPS, STEP_COLUMNS, rows), _of(connection, PEOPLE, PERSON_COLUMNS, rows)
            return [self._child(row, steps.get(row.child, []), people.get(row.child, [])) for row in rows]

    def steps(
        self, part: CaseloadPart, until: date | None = None, limit: int | None = None, offset: int = 0
    ) -> list[StepAhead]:
        """What is open of a part, forecasts aside, the most urgent first; `until` a day, that day included."""
        query = (
            select(*STEP_COLUMNS)
            .join(CHILDREN, Child.child == Step.child)
            .where(*self._conditions(part), not_(Step.forecast))
            .order_by(Step.due, Step.child, Step.obligation, Step.occurrence)
        )
        if until is not None:
            query = query.where(Step.due <= until)
        if limit is not None:
            query = query.limit(limit).offset(offset)
        with in_plain_words(), readers(self._engine).connect() as connection:
            return [_step(row) for row in connection.execute(query)]

    def due_ahead(self, part: CaseloadPart, until: date) -> list[tuple[date, str, int]]:
        """How many steps of a part fall due on which day from today `until` a day, by title; forecasts aside."""
        query = (
            select(Step.due, Step.title, func.count())
            .join(CHILDREN, Child.child == Step.child)
            .where(*self._conditions(part), not_(Step.forecast), Step.due >= self.today, Step.due <= until)
            .group_by(Step.due, Step.title)
            .order_by(Step.due, Step.title)
        )
        with in_plain_words(), readers(self._engine).connect() as connection:
            return [(due, title, number) for due, title, number in connection.execute(query)]

    def count(self, part: CaseloadPart) -> int:
        """How many children a part has."""
        query = select(func.count()).select_from(CHILDREN).where(*self._conditions(part))
        with in_plain_words(), readers(self._engine).connect() as connection:
            return connection.execute(query).scalar_one()

    def tally(self, part: CaseloadPart) -> Tally:
        """How much there is of a part."""
        return next((tally for _, tally in self._tallies(part, ())), Tally())

    def tallies_by_team(self, part: CaseloadPart) -> dict[str, Tally]:
        """The same by team, in plain spelling; empty: of no team."""
        return {key[0] or "": tally for key, tally in self._tallies(part, (Child.team_plain,))}

    def tallies_by_holder(self, part: CaseloadPart, role: Role) -> dict[tuple[str, str], Tally]:
        """The same by whom the events name for a role (empty: nobody) and team: from it follows who holds it."""
        contact = select(Person.contact).where(Person.child == Child.child, Person.role == role.value).scalar_subquery()
        tallies = self._tallies(part, (contact, Child.team_plain))
        return {(key[0] or "", key[1] or ""): tally for key, tally in tallies}

    def unnamed(self, part: CaseloadPart) -> Counter[tuple[Role, str]]:
        """How many children need a role for which their events name nobody; by role and team.

        Teams in plain spelling, empty: of none. Whether somebody holds it for the team or for all is not asked here.
        """
        by = Child.unnamed, func.coalesce(Child.team_plain, "")
        query = select(*by, func.count()).where(*self._conditions(part), Child.unnamed != "").group_by(*by)
        children = Counter[tuple[Role, str]]()
        with in_plain_words(), readers(self._engine).connect() as connection:
            for roles, team, number in connection.execute(query):
                children.update({(Role(role), team): number for role in roles.split()})
        return children

    def outdated(self) -> int:
        """How many children have news that is not worked out yet, and can be."""
        query = select(func.count()).select_from(CHILDREN).where(Child.derived < Child.written, not_(LEFT_OUT))
        with in_plain_words(), readers(self._engine).connect() as connection:
            return connection.execute(query).scalar_one()

    def unknown(self) -> list[str]:
        """Children of the record who are in no list yet: never worked out, or without a row at all."""
        never = select(Child.child).where(Child.derived == 0, not_(LEFT_OUT))
        without = select(EventRow.child).where(EventRow.child != PROOF).distinct().except_(select(Child.child))
        with in_plain_words(), readers(self._engine).connect() as connection:
            return sorted({*connection.execute(never).scalars(), *connection.execute(without).scalars()})

    def left_out(self, part: CaseloadPart = CaseloadPart()) -> list[str]:
        """Children of a part who are in no list, since their case cannot be worked out (CaseloadRows.leave_out)."""
        return sorted(self._references(LEFT_OUT, *self._of_part(part)))

    def references(self, part: CaseloadPart, limit: int | None = None) -> frozenset[str]:
        """The children of a part, or some of them, by their references alone."""
        return self._references(*self._conditions(part), limit=limit)

    def ever(self, part: CaseloadPart) -> frozenset[str]:
        """The same, with those who have left care: a report is of them too."""
        return self._references(Child.stage.is_not(None), *self._of_part(part))

    def lately(
        self, latest: Select[Any], part: CaseloadPart, limit: int | None = None, offset: int = 0
    ) -> tuple[list[str], int]:
        """The children of a part of whom there is something, the latest first; and how many there are of all.

        `latest` selects when it was of the child `Child.child`. It is asked child by child: of a team of 500 that is
        500 looks into an index, where all that ever happened in the authority would be some hundred times as much. Past
        the last of them the number is 0.
        """
        when = latest.correlate(CHILDREN).scalar_subquery().label("latest")
        of_each = (
            select(Child.child, when).where(*self._conditions(part)).cte().prefix_with("MATERIALIZED")
        )  # once each
        some = select(of_each.c.child, func.count().over()).where(of_each.c.latest.is_not(None))
        query = some.order_by(of_each.c.latest.desc(), of_each.c.child).limit(limit).offset(offset)
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(query).all()
        return [row[0] for row in rows], rows[0][1] if rows else 0

    def under_way(self) -> frozenset[str]:
        """Every child whose journey is under way."""
        return self.references(CaseloadPart())

    def worked_out(self) -> frozenset[str]:
        """Every child whose case has been worked out, under way or ended."""
        return self._references(Child.derived > 0)

    def teams(self) -> list[str]:
        """The teams of children whose journeys are under way, as the events name them."""
        query = select(Child.team).where(*self._conditions(CaseloadPart()), Child.team.is_not(None)).distinct()
        with in_plain_words(), readers(self._engine).connect() as connection:
            return sorted(team for team in connection.execute(query).scalars() if team)

    def named(self) -> list[tuple[str, str]]:
        """Each role and contact that the events of any child name, once: who does which work here."""
        query = select(Person.role, Person.contact).distinct()
        with in_plain_words(), readers(self._engine).connect() as connection:
            return [(role, contact) for role, contact in connection.execute(query)]

    def _references(self, *conditions: ColumnElement[bool], limit: int | None = None) -> frozenset[str]:
        with in_plain_words(), readers(self._engine).connect() as connection:
            return frozenset(connection.execute(select(Child.child).where(*conditions).limit(limit)).scalars())

    # How it is asked

    def _conditions(self, part: CaseloadPart) -> Iterator[ColumnElement[bool]]:
        yield Child.stage.is_not(None)
        yield Child.ended_on.is_(None)
        yield or_(Child.eighteen_on.is_(None), Child.eighteen_on > self.today)
        yield from self._of_part(part)

    def _of_part(self, part: CaseloadPart) -> Iterator[ColumnElement[bool]]:
        for column, values in (
            (Child.child, part.children),
            (Child.team_plain, part.teams),
            (Child.stage, part.stages),
            (Child.policy, part.policies),
        ):
            if values:
                yield column.in_(list(values))
        if part.teamless:
            yield func.coalesce(Child.team_plain, "") == ""
        if part.colours:
            yield or_(*(self._is(colour) for colour in part.colours))
        if part.due_by is not None:
            yield Child.earliest <= part.due_by
        yield from (or_(false(), *map(holds, group)) for group in part.held)
        if part.owing is not None:
            yield exists().where(Step.child == Child.child, Step.owner == part.owing.value, not_(Step.forecast))
        if part.seen is not None:
            yield or_(false(), *map(sees, part.seen))
        if part.hidden_from is not None:
            yield not_(kept_from(part.hidden_from))
            yield or_(not_(restricted()), restricted(part.hidden_from))

    @staticmethod
    def _open_of(child: ColumnElement[str], until: date | None = None) -> ColumnElement[bool]:
        """What is open of a child, forecasts aside, to be joined outwards.

        So SQLite goes from the children to their steps: of 500 children it reads 1,500 steps, and else the authority's
        50,000, since it takes few of all steps to be no forecast.
        """
        return and_(Step.child == child, not_(Step.forecast), *([] if until is None else [Step.due <= until]))

    def _is(self, colour: Rag) -> ColumnElement[bool]:
        """Red if anything that escalates is late; else amber if anything is late or due soon; else green."""
        red = Child.escalating < self.today
        amber = or_(Child.earliest < self.today, func.coalesce(Child.soon_at <= self.now, False))
        return {"red": red, "amber": and_(not_(red), amber), "green": and_(not_(red), not_(amber))}[colour]

    def _tallies(self, part: CaseloadPart, by: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Tally]]:
        keys = [one.label(f"by_{number}") for number, one in enumerate(by)]
        of_part = select(Child.child, Child.earliest, *keys, *self._colours()).where(*self._conditions(part)).cte()
        group = [of_part.c[key.name] for key in keys]
        children = select(
            *group,
            func.count().label("children"),
            *(func.sum(of_part.c[colour]).label(colour) for colour in ("red", "amber", "green")),
            func.sum(_one_if(of_part.c.earliest < self.today)).label("late_children"),
        ).group_by(*group)
        late = Step.due < self.today
        ahead = [and_(not_(late), Step.due <= self.today + timedelta(weeks=weeks)) for weeks in WEEKS]
        steps = (
            select(*group, func.sum(_one_if(late)).label("late"), *(func.sum(_one_if(each)) for each in ahead))
            .select_from(
                of_part.outerjoin(STEPS, self._open_of(of_part.c.child, self.today + timedelta(weeks=WEEKS[-1])))
            )
            .group_by(*group)
        )
        with in_plain_words(), readers(self._engine).connect() as connection:
            by_key = {tuple(row[: len(keys)]): row[len(keys) :] for row in connection.execute(steps)}
            for row in connection.execute(children):
                key, (count, red, amber, green, late_children) = tuple(row[: len(keys)]), row[len(keys) :]
                late_steps, *due = by_key.get(key, (0, *(0 for _ in WEEKS)))
                if count:
                    weeks = dict(zip(WEEKS, map(int, due), strict=True))
                    yield (
                        key,
                        Tally(count, int(red), int(amber), int(green), int(late_children), int(late_steps), weeks),
                    )

    def _colours(self) -> list[Any]:
        colours: tuple[Rag, ...] = ("red", "amber", "green")
        return [_one_if(self._is(colour)).label(colour) for colour in colours]

    def _child(self, row: Row[Any], steps: Sequence[Row[Any]], people: Sequence[Row[Any]]) -> ChildAhead:
        copied = {name: getattr(row, name) for name in COPIED}
        return ChildAhead(
            **copied,
            colour=self._colour(row),
            days_late=max(0, (self.today - row.earliest).days),
            contacts={person.role: person.contact for person in people},
            steps=tuple(sorted(map(_step, steps), key=lambda s: (s.forecast, s.due, s.obligation, s.occurrence))),
        )

    def _colour(self, row: Row[Any]) -> Rag:
        if row.escalating < self.today:
            return "red"
        soon = row.soon_at is not None and row.soon_at <= self.now
        return "amber" if soon or row.earliest < self.today else "green"


COPIED: Final = (
    "child",
    "stage",
    "policy",
    "team",
    "legal_status",
    "primary_plan",
    "contingency_plan",
    "period",
    "entered_on",
    "ended_on",
    "rejected",
)
COLUMNS: Final = (*(getattr(Child, name) for name in COPIED), Child.earliest, Child.escalating, Child.soon_at)
STEP_FIELDS: Final = tuple(StepAhead.__dataclass_fields__)
NEXT_TO: Final = STEP_FIELDS.index("next_to")
PERSON_COLUMNS: Final = (Person.child, Person.role, Person.contact)
STEP_COLUMNS: Final = tuple(getattr(Step, name) for name in STEP_FIELDS)


def _of(
    connection: Connection, table: FromClause, columns: Sequence[Any], rows: Iterable[Row[Any]]
) -> dict[str, list[Row[Any]]]:
    """The rows of some children in another table, by child."""
    children = [row.child for row in rows]
    by_child: dict[str, list[Row[Any]]] = {}
    for start in range(0, len(children), TOGETHER):
        query = select(*columns).where(table.c.child.in_(children[start : start + TOGETHER]))
        for row in connection.execute(query):
            by_child.setdefault(row.child, []).append(row)
    return by_child


def _step(row: Row[Any]) -> StepAhead:
    values = list(row)
    values[NEXT_TO] = tuple(values[NEXT_TO])
    return StepAhead(*values)


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(case((condition, 1), else_=0), Integer)

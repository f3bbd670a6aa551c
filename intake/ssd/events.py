"""An SSD into journeys: the events of every child, and every doubt. Pure: rows in, events out."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.case.events import Event
from domain.case.words import Role
from domain.clocks.rules import Policy
from intake.sources.covered import Covered
from intake.sources.imported import Imported, acceptable
from intake.ssd.doubts import SsdDoubts
from intake.ssd.people import (
    A_FAMILY,
    Relative,
    Staff,
    involvements_of,
    is_sibling,
    relative_of,
    siblings_by_day,
    staff_of,
    team_on,
    tell_people,
    unmapped,
)
from intake.ssd.periods import Spoken, SsdPeriod, episodes_of, periods_of, tell_end
from intake.ssd.permanence import end_by_death, end_by_order, tell_adoption, tell_order_dates
from intake.ssd.placements import placements_of, tell_placements
from intake.ssd.plans import issued_on, tell_plans, tell_pre_proceedings, tell_reviews
from intake.ssd.reading import CellReader, Stretch, case_day, is_empty, reference_of
from intake.ssd.rows import SsdRow, SsdTables, text_of
from intake.ssd.statuses import at_entry, statuses_of, tell_statuses

Progress = Callable[[int, int], None]
BETWEEN_SIGNS_OF_LIFE = 50


def events_of(
    tables: SsdTables,
    policy: Policy,
    policies: Collection[str],
    today: date,
    covered: Covered,
    progress: Progress = lambda done, total: None,
) -> Imported:
    """The events of every child in an SSD, under a policy, as known on a day; `covered`: the days it speaks for.

    The same rows give the same events with the same ids. Nothing here is refused: what cannot be taken is left out
    and doubted.
    """
    return _Ssd(tables, policy, policies, today).imported(covered, progress)


@dataclass(slots=True)
class _Said:
    """What is said of one child."""

    spoken: Spoken
    periods: list[SsdPeriod] = field(default_factory=list)


class _Ssd:
    """The tables, and what of them concerns several children."""

    def __init__(self, tables: SsdTables, policy: Policy, policies: Collection[str], today: date) -> None:
        self.tables = tables
        self.policy = policy
        self.policies = policies
        self.today = today
        self.doubts = SsdDoubts()
        self.persons = self._persons()
        self.staff: Staff = staff_of(tables)
        self.reviews = self._reviews_by_person()
        self.siblings = self._siblings()

    def imported(self, covered: Covered, progress: Progress) -> Imported:
        self._tables_amiss()
        events: dict[str, list[Event]] = {}
        journeys = ended = short_breaks = 0
        for done, (person, row) in enumerate(sorted(self.persons.items()), 1):
            said = self._of(person, row)
            taken = self._taken(said, row)
            journeys += len(said.periods)
            ended += sum(p.end is not None or p.adult_on <= self.today for p in said.periods)
            short_breaks += bool(said.periods) and all(p.short_breaks for p in said.periods)
            if taken:
                events[said.spoken.child] = taken
            if done % BETWEEN_SIGNS_OF_LIFE == 0 or done == len(self.persons):
                progress(done, len(self.persons))
        noted = sorted(self.doubts.noted, key=lambda d: (d.child, d.table, d.rule))
        spoken_for = {reference_of(person): [covered] for person in self.persons}
        return Imported(events, len(self.persons), journeys, ended, short_breaks, noted, spoken_for)

    # What concerns several

    def _persons(self) -> dict[str, SsdRow]:
        """Who was looked after or in pre-proceedings; rows about nobody in ssd_person are doubted."""
        persons = {own: self._one_person(own, rows) for own, rows in self.tables.tables["ssd_person"].items() if own}
        named = {name: self.tables.tables.get(name, {}) for name in ("ssd_cla_episodes", "ssd_pre_proceedings")}
        for rows in named.values():
            for person, own in rows.items():
                if person not in persons:
                    self.doubts.add("no-child", "", own[0])
        return {own: row for own, row in persons.items() if any(own in rows for rows in named.values())}

    def _one_person(self, own: str, rows: list[SsdRow]) -> SsdRow:
        """The row of a person; of several, which a database gives in any order, that of the earlier birth."""
        first = min(rows, key=lambda row: (case_day(row["pers_dob"]) or date.max, repr(sorted(row.cells.items()))))
        if len({day for row in rows if (day := case_day(row["pers_dob"]))}) > 1:
            self.doubts.add("births-differ", reference_of(own), first)
        return first

    def _reviews_by_person(self) -> dict[str, list[SsdRow]]:
        """Reviews are of a period of care, by its id; in some datasets the person stands in them too."""
        whose: dict[str, set[str]] = {}
        for person, rows in self.tables.tables["ssd_cla_episodes"].items():
            for row in rows:
                if not is_empty(row["clae_cla_id"]):
                    whose.setdefault(text_of(row["clae_cla_id"]), set()).add(person)
        by_person: dict[str, list[SsdRow]] = {}
        for own, rows in self.tables.tables.get("ssd_cla_reviews", {}).items():
            for row in rows:
                persons = {own} if own else whose.get(text_of(row["clar_cla_id"]), set())
                if len(persons) > 1:
                    self.doubts.add("whose-review", "", row)
                    continue
                person = next(iter(persons), "")
                if person in self.persons:
                    by_person.setdefault(person, []).append(row)
                else:
                    self.doubts.add("no-child", "", row)
        return by_person

    def _siblings(self) -> Mapping[str, list[Relative]]:
        """The brothers and sisters of each who were ever looked after."""
        families: dict[str, dict[str, Relative]] = {}
        for person, rows in self.tables.tables.get("ssd_family", {}).items():
            in_care = self._first_in_care(person)
            for row in rows if person in self.persons and in_care else ():
                if in_care and not is_empty(row["fami_family_id"]):
                    relative = relative_of(reference_of(person), self.persons[person], in_care)
                    families.setdefault(text_of(row["fami_family_id"]), {})[person] = relative
        siblings: dict[str, dict[str, Relative]] = {}
        for family in families.values():
            if len(family) > A_FAMILY:
                self.doubts.of_table("family-too-large", "ssd_family", size=len(family))
                continue
            for person, one in family.items():
                own = {other.ref: other for other in family.values() if is_sibling(one, other)}
                siblings.setdefault(person, {}).update(own)
        return {person: list(own.values()) for person, own in siblings.items()}

    def _first_in_care(self, person: str) -> date | None:
        days = [
            case_day(row[column])
            for row in self.tables.of("ssd_cla_episodes", person)
            for column in ("clae_cla_episode_start_date", "clae_entered_care_date")
        ]
        return min((day for day in days if day), default=None)

    def _tables_amiss(self) -> None:
        for rule, name, specifics in self.tables.amiss:
            self.doubts.of_table(rule, name, **specifics)
        rows = (row for own in self.tables.tables.get("ssd_involvements", {}).values() for row in own)
        for role in unmapped(rows):
            self.doubts.of_table("role-unmapped", "ssd_involvements", role=role[:60])

    # One child

    def _of(self, person: str, row: SsdRow) -> _Said:
        """What the tables say of one person."""
        ref = reference_of(person)
        cells = CellReader(ref, self.doubts, self.today)
        said = _Said(Spoken(ref))
        if ref != person:
            cells.doubt("child-reference", row)
        born = cells.past(row, "pers_dob")
        expected = None if born else cells.day(row, "pers_expected_dob")
        episodes = episodes_of(self.tables.of("ssd_cla_episodes", person), cells)
        if born is None and (episodes or expected is None):
            cells.doubt("no-birth", row)
        elif born and episodes and episodes[0].start < born:
            cells.doubt("born-later", episodes[0].row)
        else:
            said.periods = self._periods(person, row, periods_of(episodes, born or self.today, cells), cells)
            self._tell(person, said, born, expected, cells)
        return said

    def _periods(self, person: str, row: SsdRow, periods: list[SsdPeriod], cells: CellReader) -> list[SsdPeriod]:
        end_by_order(periods, self.tables.of("ssd_permanence", person), cells)
        end_by_death(periods, row, cells)
        return periods

    def _tell(self, person: str, said: _Said, born: date | None, expected: date | None, cells: CellReader) -> None:
        spoken = said.spoken
        pre = self.tables.of("ssd_pre_proceedings", person)
        issued = issued_on(pre, cells)
        for day, row in issued:
            spoken.tell("issued", "care_proceedings_issued", day, row.key)
        roles = involvements_of(self.tables.of("ssd_involvements", person), cells)
        said.periods = self._tell_care(person, said, f"{born}", [day for day, _ in issued], roles, cells)
        birth = {"date_of_birth": f"{born}"} if born else {"expected_on": f"{expected}"}
        tell_pre_proceedings(said.periods, pre, birth, self.policy.id, spoken, cells)
        if said.periods or spoken.events:
            began = said.periods[0].start if said.periods else min(e.on for e in spoken.events)
            tell_people(began, roles, self.staff, spoken, cells)

    def _tell_care(
        self,
        person: str,
        said: _Said,
        born: str,
        issued: list[date],
        roles: Mapping[Role, list[Stretch]],
        cells: CellReader,
    ) -> list[SsdPeriod]:
        """Tell of each period of care; those of which no legal status is known are left out."""
        statuses = statuses_of(self.tables.of("ssd_legal_status", person), cells)
        placements = placements_of(self.tables.of("ssd_cla_placement", person), cells)
        known = []
        for period in said.periods:
            first = at_entry(period, statuses, cells)
            if first is None:
                continue
            known.append(period)
            at_first, later = siblings_by_day(period, self.siblings.get(person, ()))
            team = team_on(min(period.end or self.today, self.today), roles, self.staff)
            more = {"siblings": at_first} if at_first else {}
            said.spoken.tell(
                "entered", "became_looked_after", period.start, period.own, date_of_birth=born,
                legal_status=first.what, policy=self.policy.id, **more, **({"team": team} if team else {}),
            )  # fmt: skip
            for day, siblings in later:
                said.spoken.tell("siblings", "siblings_changed", day, f"{day}", siblings=siblings)
            tell_statuses(period, first, statuses, issued, said.spoken, cells)
            tell_end(period, said.spoken)
        permanence = self.tables.of("ssd_permanence", person)
        tell_order_dates(known, permanence, said.spoken, cells)
        for period in known:
            tell_placements(period, placements, said.spoken, cells)
        tell_adoption(known, permanence, said.spoken, cells)
        tell_reviews(known, self.reviews.get(person, []), said.spoken, cells)
        tell_plans(known, self.tables.of("ssd_cla_care_plan", person), said.spoken, cells)
        return known

    def _taken(self, said: _Said, person: SsdRow) -> list[Event]:
        """What a journey would take of it, by its own rules."""
        child = said.spoken.child
        born = case_day(person["pers_dob"]) or self.today
        for reason in said.spoken.refused:
            self.doubts.add("refused", child, person, reason=reason)
        for kind, day in dict.fromkeys(said.spoken.again):
            self.doubts.add("same-day", child, person, what=kind, day=day)
        taken, refused = acceptable(child, born, said.spoken.events, self.policy, self.policies, self.today)
        for refusal in refused:
            self.doubts.add("refused", child, person, reason=str(refusal))
        return taken

"""Who does what for a child, in which team, and who its brothers and sisters are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.case.calendar import birthday
from domain.case.words import Role
from intake.ssd.codes import ROLES, UNKNOWN, code_in
from intake.ssd.periods import Spoken, SsdPeriod
from intake.ssd.reading import CellReader, Stretch, case_day, is_empty, is_yes, turns
from intake.ssd.rows import SsdRow, SsdTables, text_of

ABSENCE: Final = "ABSENC"
A_FAMILY: Final = 12
"""Children of one family in care, of whom more are no family but a cell that says nothing (ours)."""
A_MOTHER: Final = 12
"""Years between a mother and her child (ours: fewer are between sisters)."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The professionals and teams of an SSD: what each is called in the authority's own directory."""

    keys: Mapping[str, str]
    teams: Mapping[str, str]


def staff_of(tables: SsdTables) -> Staff:
    """The staff as the tables have it."""
    professionals = tables.tables.get("ssd_professionals", {}).items()
    departments = tables.tables.get("ssd_department", {}).items()
    keys = {own: text_of(rows[0]["prof_staff_id"]).lower() for own, rows in professionals if rows[0].key and (
        not is_empty(rows[0]["prof_staff_id"]))}  # fmt: skip
    teams = {own: str(rows[0]["dept_team_name"]).strip() for own, rows in departments if not (
        is_empty(rows[0]["dept_team_name"]))}  # fmt: skip
    return Staff(keys, teams)


def involvements_of(rows: Iterable[SsdRow], cells: CellReader) -> dict[Role, list[Stretch]]:
    """Who held which role, by role. What is no role of ours is doubted once for the whole table (`unmapped`)."""
    by_role: dict[Role, list[Stretch]] = {}
    for row in rows:
        role = _role(row)
        if role is None or is_empty(row["invo_professional_id"]):
            continue
        stretch = cells.stretch(row, "invo_involvement_start_date", "invo_involvement_end_date", role)
        if stretch:
            by_role.setdefault(Role(role), []).append(stretch)
    return by_role


def unmapped(rows: Iterable[SsdRow]) -> list[str]:
    """What people do as the case system calls it, where it is no role of ours, in order."""
    said = {
        str(row["invo_professional_role_id"]).strip() for row in rows if not is_empty(row["invo_professional_role_id"])
    }
    return sorted(each for each in said if code_in(each, frozenset(), ROLES) == UNKNOWN)


def _role(row: SsdRow) -> str | None:
    cell = row["invo_professional_role_id"]
    code = None if is_empty(cell) else code_in(str(cell), frozenset(), ROLES)
    return None if code == UNKNOWN else code


def latest(stretch: Stretch) -> tuple[date, str]:
    """Of several who hold a role, the one who took it last: cover stands before whom it covers."""
    return stretch.start, stretch.row.key


def tell_people(
    first_day: date, roles: Mapping[Role, list[Stretch]], staff: Staff, spoken: Spoken, cells: CellReader
) -> None:
    """Who holds each role from when on; of the time before the journey only who held it when that began."""
    for role, stretches in sorted(roles.items()):
        changes = list(turns(stretches, latest))
        before = [each for each in changes if each[0] <= first_day]
        standing = [each for each in before[-1:] if each[1].stands_on(first_day)]
        for day, stretch in [*standing, *changes[len(before) :]]:
            note = (
                {"note": "absence cover, or back from it"}
                if stretch.row["invo_worker_change_reason"] == ABSENCE
                else {}
            )
            spoken.tell("person", "person_assigned", day, stretch.row.key, role=role.value,
                      contact=_contact(stretch.row, staff, cells), **note)  # fmt: skip
        last = changes[-1][1] if changes else None
        if last and last.end and not any(s.stands_on(cells.today) for s in stretches):
            cells.doubt("nobody-follows", last.row, role=role.value, day=last.end)


def _contact(row: SsdRow, staff: Staff, cells: CellReader) -> str:
    own = text_of(row["invo_professional_id"])
    if own not in staff.keys:
        cells.doubt("nobody-known", row)
    return staff.keys.get(own, own.lower())


def team_on(day: date, roles: Mapping[Role, list[Stretch]], staff: Staff) -> str | None:
    """The team of whoever is the social worker on a day."""
    standing = [s for s in roles.get(Role.SOCIAL_WORKER, ()) if s.stands_on(day)]
    worker = max(standing, key=latest, default=None)
    cell = worker.row["invo_professional_team"] if worker else None
    return None if is_empty(cell) else staff.teams.get(text_of(cell), text_of(cell))[:200]


@dataclass(frozen=True, slots=True)
class Relative:
    """A child in care as their brothers and sisters know them."""

    ref: str
    born: date | None
    mother: bool
    in_care: date
    """The day they first became looked after."""


def is_sibling(one: Relative, other: Relative) -> bool:
    """Whether two of a family are brothers and sisters: not a mother in care and her child."""
    if one.ref == other.ref or not one.born or not other.born:
        return one.ref != other.ref
    older, younger = sorted((one, other), key=lambda each: each.born or date.max)
    return not (older.mother and younger.born and older.born and younger.born >= birthday(older.born, A_MOTHER))


def siblings_by_day(period: SsdPeriod, siblings: Iterable[Relative]) -> tuple[list[str], list[tuple[date, list[str]]]]:
    """Who of them was looked after by the entry, and the whole list on each later day when another came."""
    # Anna enters on 1 March, her brother on 4 May: her entry names nobody, and from 4 May he is on her list.
    by_day: dict[date, list[str]] = {}
    for each in siblings:
        by_day.setdefault(max(each.in_care, period.start), []).append(each.ref)
    so_far = sorted(by_day.pop(period.start, []))
    at_entry, later = list(so_far), []
    for day, refs in sorted(by_day.items()):
        if period.goes_on(day):
            so_far = sorted([*so_far, *refs])
            later.append((day, so_far))
    return at_entry, later


def relative_of(ref: str, person: SsdRow, in_care: date) -> Relative:
    """A child as a relative."""
    return Relative(ref, case_day(person["pers_dob"]), is_yes(person["pers_is_mother"]), in_care)

"""Who would be told today about each case, and which roles nobody holds: so that a gap is seen before it matters."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from delivery.case_now import CaseNow, Cases
from delivery.delivering import NAMES_PEOPLE
from delivery.directory import Directory
from delivery.people import Audience, People, case_people
from domain.case.calendar import local_date
from domain.case.documents import parse_event
from domain.case.facts import Known
from domain.case.words import Role
from record.failures import Unreadable
from record.pasts import past
from record.protections import Protections
from record.store import CaseRecord


class Allocated(NamedTuple):
    """A role of a case, and who would be told for it."""

    child: str
    role: Role
    audience: Audience


def named_keys(record: CaseRecord, directory: Directory, child: str, day: date) -> Mapping[Role, str]:
    """Whom a case names for its roles on a day, by their keys; without whoever is not in the directory."""
    contacts = case_people(_naming(record, child), day).contacts
    people = People(directory)
    keys = {role: people.who_is(contact)[0] for role, contact in contacts.items()}
    return {role: key for role, key in keys.items() if directory.find(key)}


def names_people(event: Mapping[str, Any]) -> bool:
    """Whether an event, as it came, says who works on a case, or takes back what does."""
    return event["type"] in NAMES_PEOPLE or "corrects" in event


def _naming(record: CaseRecord, child: str) -> list[Known]:
    return [Known(parse_event(k.event), k.known_at) for k in record.history(child) if names_people(k.event)]


def allocation(record: CaseRecord, cases: Cases, people: People, child: str, now: datetime) -> list[Allocated]:
    """The roles that the open obligations of a case call for, and who would be told for each; none once it ended."""
    known = past(record, child)
    case = cases.at(child, known, now)
    if case is None or case.journey.ended:
        return []
    today = local_date(now)
    naming = (k for k in known if k.event.type in NAMES_PEOPLE or k.event.corrects)
    on_it = case_people(naming, today, Protections(record.engine).of(child).excluded)
    return [Allocated(child, role, people.tell(role, on_it, today)) for role in sorted(_called_for(case))]


class Gaps(NamedTuple):
    """By role and reason, the children for whom nobody holds a role that is called for; and who cannot be read."""

    children: Mapping[tuple[Role, str], list[str]]
    left_out: list[str]


def unallocated(record: CaseRecord, cases: Cases, people: People, now: datetime) -> Gaps:
    """What nobody holds, for every child of the record. Raises RecordUnavailable."""
    gaps: dict[tuple[Role, str], list[str]] = {}
    left_out = []
    for child in record.children():
        try:
            for one in _gaps(allocation(record, cases, people, child, now)):
                gaps.setdefault((one.role, one.audience.why), []).append(child)
        except Unreadable:
            left_out.append(child)
    return Gaps(gaps, left_out)


def _gaps(roles: Iterable[Allocated]) -> list[Allocated]:
    return [one for one in roles if one.audience.unallocated]


def _called_for(case: CaseNow) -> set[Role]:
    """The owners of what is open, and the rungs of the ladder above it."""
    rows = [row for row in case.rows if row.is_open]
    policy = case.journey.policy
    with_ladder = {o.rule.id for o in policy.obligations if o.rule.ladder}
    ladders = (policy.told_of(row.obligation) for row in rows if row.obligation in with_ladder)
    return {row.owner for row in rows} | {role for one in ladders for rung in one.steps for role in rung.to}

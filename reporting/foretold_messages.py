"""Who would be told what in the weeks ahead: for each role as the rules say, and for each person as they choose."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from delivery.case_now import years
from delivery.choices import cadence_of, next_digest, waits_for_digest
from delivery.directory import Addressee, Directory
from delivery.holding import NOBODY
from delivery.people import CasePeople, People
from domain.case.calendar import WorkingCalendar, local_date
from domain.case.words import Role
from domain.clocks.wording import spaced
from domain.study.foretold import MessagePlanned
from reporting.ahead import SAID
from reporting.tables import LineCounted
from reporting.what_if import ChildForetold

KINDS: Final = {"reminder": "Reminder", "escalation": "Rung", "notice": "Notice", "breach": "Breach"}


class MessageForetold(NamedTuple):
    """What one role is told of one thing.

    Of which team's child it is, and which people are told, each with the day of the digest that has it (None: at once).
    """

    role: Role
    team: str
    telling: MessagePlanned
    line: LineCounted
    people: tuple[tuple[str, date | None], ...]


class Readers:
    """Whom a role's message goes to on a day, and whether they read it in a digest: as delivery has it."""

    def __init__(self, directory: Directory | None, today: date) -> None:
        self._people = People(directory) if directory else None
        self._calendar: WorkingCalendar = years(today.year, today.year + 1)
        self._told = lru_cache(maxsize=None)(self._recipients)

    def of(self, role: Role, case: CasePeople, telling: MessagePlanned) -> tuple[tuple[str, date | None], ...]:
        """The keys of all who are told, each with the day of the digest that carries it; None: at once."""
        contact = case.contacts.get(role, "")
        recipients = self._told(role, contact, case.team, telling.on)
        return tuple((key, self._digest(entry, telling)) for key, entry in recipients)

    def _recipients(
        self, role: Role, contact: str, team: str | None, day: date
    ) -> tuple[tuple[str, Addressee | None], ...]:
        if self._people is None:
            return ((contact or NOBODY, None),)
        case = CasePeople({role: contact} if contact else {}, team)
        messages = (*self._people.tell(role, case, day).recipients, *self._people.copies(day, case.kept_from))
        return tuple((one.key, one.entry) for one in messages)

    def _digest(self, entry: Addressee | None, telling: MessagePlanned) -> date | None:
        if entry is None or not waits_for_digest(entry, telling.kind, telling.due, telling.at, self._calendar):
            return None
        cadence = cadence_of(entry)
        return local_date(next_digest(cadence, telling.at, self._calendar)) if cadence else None


def messages_of(
    child: ChildForetold, messages: Iterable[MessagePlanned], readers: Readers
) -> Iterator[MessageForetold]:
    """Every message of a child's weeks."""
    for telling in messages:
        what = f"{KINDS[telling.kind]}{f' {telling.rung}' if telling.rung else ''}: {telling.title}"
        for role in telling.to:
            line = LineCounted(child.child, what, telling.on, note=spaced(role))
            yield MessageForetold(role, child.people.team or "", telling, line, readers.of(role, child.people, telling))


def shown_key(key: str) -> str:
    """What somebody is called who is not in the directory."""
    return SAID.get(key, "Somebody who is not in the directory" if key.startswith("address-") else key)

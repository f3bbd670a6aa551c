"""What the links of messages need: who is who, how cases stand, what links are signed with. Made when first used."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated

from fastapi import Depends, Request

from delivery.acknowledging import Acknowledging
from delivery.calendar_feed import feed_of
from delivery.case_now import Cases, CasesNow, years
from delivery.digest import Caseloads
from delivery.directory import Directory, readers_of
from delivery.directory_file import DirectoryFile
from delivery.explaining import Explaining
from delivery.links import Links
from delivery.people import People
from delivery.tokens import LinkRefused, Tokens
from domain.case.calendar import local_date
from domain.policy.loading import Policies
from intake.reach import Reach
from record.protections import Protections
from service.links import links_of

NO_CALENDAR = "this calendar is no longer given out; ask whoever keeps the directory for its new address"


class Reception:
    """Synchronous: for threads, since it may wait for the database. Everything raises RecordUnavailable."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._settings = reach.settings
        self._making = threading.Lock()
        self._loads: tuple[object, date, Caseloads] | None = None
        self.page_of_step: Callable[[str, str], str] | None = None
        """Where a child's step is recorded by whoever signs in, if a desk is served beside (desk/app.py)."""

    @cached_property
    def tokens(self) -> Tokens:
        """What links are signed with."""
        return Tokens(self._settings.link_keys)

    @cached_property
    def acknowledging(self) -> Acknowledging:
        """What references stand for."""
        return Acknowledging(self._reach.record(), self.cases, self._people_of_now)

    @cached_property
    def explaining(self) -> Explaining:
        """What can be explained by references."""
        return Explaining(self.acknowledging)

    @cached_property
    def protections(self) -> Protections:
        """From whom which children are kept."""
        return Protections(self._reach.record().engine)

    @cached_property
    def links(self) -> Links:
        """The links in what is served."""
        return links_of(self._settings, self._reach.client.namespace)

    @cached_property
    def policies(self) -> Policies:
        """The policies of this installation."""
        folder = self._settings.policies
        return Policies.load(*([folder] if folder else []))

    @cached_property
    def cases(self) -> Cases:
        """How a case is worked out, by the policies of this installation."""
        return Cases(self.policies, self._settings.default_policy)

    @cached_property
    def cases_now(self) -> CasesNow:
        """Every case as it stands; one for the whole process, since it keeps them all."""
        return CasesNow(self._reach.record(), self.cases)

    @cached_property
    def directory(self) -> DirectoryFile | None:
        """The authority's directory, if the settings name one."""
        path = self._settings.delivery.directory
        return DirectoryFile(path) if path else None

    def _people_of_now(self) -> Directory | None:
        """Raises DirectoryRefused."""
        return self.directory.current() if self.directory else None

    def calendar(self, token: str) -> bytes:
        """The calendar that a token allows to read. Raises LinkRefused, DirectoryRefused."""
        asked, now = self.tokens.read_calendar(token), datetime.now(UTC)
        directory = self._people_of_now()
        entry = directory.find(asked.whose) if directory else None
        left = getattr(entry, "left", None)
        if directory is None or entry is None or entry.calendar != asked.version:
            raise LinkRefused(NO_CALENDAR)
        if left is not None and left <= local_date(now):
            raise LinkRefused(NO_CALENDAR)
        whose = readers_of(asked.whose, directory)
        kept = {child for child, one in self.protections.of_all().items() if one.keeps_from(whose)}
        return feed_of(self._caseloads(People(directory), now), whose, self.links, kept)

    def readers(self, key: str) -> list[str]:
        """Who reads what goes to somebody. Raises DirectoryRefused."""
        return readers_of(key, self._people_of_now())

    def _caseloads(self, people: People, now: datetime) -> Caseloads:
        """Whose cases are whose, worked out anew when a case, the directory or the day has changed."""
        with self._making:
            cases, today = self.cases_now.current(now), local_date(now)
            protections = self.protections.of_all()
            stamp = (self.cases_now.changes, people.directory, protections)
            if self._loads is None or self._loads[:2] != (stamp, today):
                calendar = years(today.year - 1, today.year + 1)
                self._loads = (stamp, today, Caseloads(cases, people, now, calendar, protections))
            return self._loads[2]


def _of(request: Request) -> Reception:
    reception = request.app.state.reception
    assert isinstance(reception, Reception)
    return reception


AtReception = Annotated[Reception, Depends(_of)]
"""How a route asks for it."""

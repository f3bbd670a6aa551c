"""What every page of the desk stands on: who is signed in, whom they may see, and how those cases stand."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from delivery.case_now import CaseNow, Cases
from delivery.caseload import CaseloadKeeper
from delivery.directory import Directory
from delivery.links import DESK
from delivery.people import People, case_people
from desk.drafts import Drafts
from desk.labels import Labels
from desk.lists import Lists
from desk.page_views import PageViews
from desk.provider import Provider
from desk.scope import Relation, Viewer, relations
from desk.sessions import Lifetime, Session, Sessions
from desk.viewers import Viewers
from desk.ways_in import OneTimeLinks, WaysIn
from domain.case.calendar import local_date
from domain.case.facts import Known
from domain.case.life import periods_of_care
from domain.case.words import Role
from domain.policy.loading import Policies
from intake.reach import Reach
from intake.reception import Reception
from record.caseload_reading import CaseloadPart, CaseloadReading
from record.entries import Terms
from record.failures import Unreadable
from record.pasts import past
from record.protections import Protections
from reporting.keeping import ReportKeeper
from service.settings import is_safe

NOBODY = Directory(fallback="operator")
"""The directory of an installation that has none: only who runs the service can come in."""
NOT_LISTED: Final = "somebody who is not in the directory"
AT: Final = DESK
"""Where the desk is, below the intake's own address."""


NameOf = Callable[[str], str]
"""What people call somebody, by their key."""


def called_in(directory: Directory, key: str) -> str:
    """What people call somebody: the directory's name, else the key; or that the directory does not have them."""
    entry = directory.find(key)
    return (entry.name if entry else None) or (NOT_LISTED if key.startswith("address-") else key)


def contact_in(directory: Directory, contact: str) -> str:
    """The same of whom an event names, by key or address; an address that the directory does not have is not shown."""
    return called_in(directory, People(directory).who_is(contact)[0])


@dataclass(frozen=True)
class InScope:
    """A child whom somebody may see, what is known of them, and by which relations."""

    child: str
    now: datetime
    known: tuple[Known, ...]
    relations: frozenset[Relation]
    cases: Cases

    @cached_property
    def case(self) -> CaseNow:
        """How their case stands; worked out when a page first asks, since some ask for what lies ahead as well."""
        case = self.cases.at(self.child, self.known, self.now)
        assert case is not None  # of whom nothing is known nobody is in scope
        return case


class Desk:
    """Synchronous: for threads, since it waits for the database. Everything raises RecordUnavailable."""

    def __init__(self, reach: Reach, reception: Reception, ways: WaysIn) -> None:
        self.reach = reach
        self.ways = ways
        self._reception = reception
        self.settings = reach.settings.desk
        self._kept_viewers: Viewers | None = None
        self.lifetime = Lifetime(
            timedelta(minutes=self.settings.idle_minutes), timedelta(hours=self.settings.longest_hours)
        )

    # What it is made of, each opened when it is first needed, since the record may be down at the start

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        return Sessions(self.reach.record().engine)

    @cached_property
    def drafts(self) -> Drafts:
        """What was typed into forms that could not be taken."""
        return Drafts(self.reach.record().engine)

    @cached_property
    def protections(self) -> Protections:
        """Restrictions and exclusions."""
        return Protections(self.reach.record().engine)

    @cached_property
    def views(self) -> PageViews:
        """The log of views."""
        return PageViews(self.reach.record().engine)

    @cached_property
    def labels(self) -> Labels:
        """What the authority's own look-up calls children."""
        return Labels(self.settings)

    @cached_property
    def one_time_links(self) -> OneTimeLinks:
        """Links that the terminal prints."""
        return OneTimeLinks(self.reach.settings.link_keys)

    @cached_property
    def provider(self) -> Provider | None:
        """By which people sign in, if the settings name one, and where it sends them back to."""
        if not (self.settings.issuer and self.settings.client_id and self.url):
            return None
        return Provider(self.settings, self.reach.settings.link_keys, f"{self.url}{AT}/signed-in")

    @property
    def url(self) -> str | None:
        """Where people reach the service, if the settings say so."""
        url = self.reach.settings.links.url
        return url.rstrip("/") if url else None

    @property
    def secure(self) -> bool:
        """Whether people come by TLS, so that the cookie may ask for it."""
        return bool(self.url and self.url.startswith("https:"))

    @property
    def reachable_safely(self) -> bool:
        """Whether a session's cookie is hidden from the network."""
        return self.url is None or is_safe(self.url)

    @property
    def directory(self) -> Directory:
        """The directory as it stands. Raises DirectoryRefused where it never stood."""
        file = self._reception.directory
        return file.current() if file else NOBODY

    @property
    def people(self) -> People:
        """Who is whom, by key or address."""
        return People(self.directory)

    def name_of(self, key: str) -> str:
        """What people call somebody: the directory's name, else the key; or that the directory does not have them."""
        return called_in(self.directory, key)

    def contact_name(self, contact: str) -> str:
        """What people call whom an event names."""
        return contact_in(self.directory, contact)

    # Who is there

    def person_of(self, session: Session, now: datetime) -> str | None:
        """Whom a session stands for today: the directory may have changed since. None: nobody any more."""
        if session.how != "provider":
            return None if self.settings.issuer else session.person  # since a provider is set, it is the only way in
        entry = self.directory.people.get(session.person)
        if entry is None or entry.sign_in is None or (entry.left and entry.left <= local_date(now)):
            return None
        return session.person

    def viewer(self, session: Session, now: datetime) -> Viewer | None:
        """Somebody signed in, as the directory and the provider have them; None where they are nobody any more."""
        key = self.person_of(session, now)
        if not key:
            return None
        viewer = self._viewers(now).viewer(key, session.roles)
        lists = self.lists(viewer, now)
        only_operates = viewer.operator and not viewer.manager and not lists.any_of("all")
        return replace(viewer, reviews=lists.any_of("reviewed"), only_operates=only_operates)

    def _viewers(self, now: datetime) -> Viewers:
        """Made anew when the directory has changed, or the day: who covers for whom is asked of everybody in it."""
        directory, day, kept = self.directory, local_date(now), self._kept_viewers
        if kept is None or kept.directory is not directory or kept.day != day:
            kept = self._kept_viewers = Viewers(directory, day)
        return kept

    # Whom they may see

    def find(self, viewer: Viewer, child: str, now: datetime) -> InScope | None:
        """A child whom somebody may see; None where there is none of that name, or not for them.

        Raises Unreadable to those in whose lists the child would be.
        """
        try:
            known = self._known(child, now)
        except Unreadable:
            if self._would_see(viewer, child, now):
                raise
            return None
        if not periods_of_care(child, known, now):
            return None
        workers = self._viewers(now).workers(case_people(known, local_date(now)))
        by = relations(viewer, workers, self.protections.of(child))
        return InScope(child, now, known, by, self.cases) if by else None

    def lived(
        self, child: str, now: datetime, without: Collection[str] = (), known: Sequence[Known] | None = None
    ) -> CaseNow | None:
        """A case as its journey has it, with what is still to be told; `without` some events, as if they were not.

        `known`: what a page has read already; else it is read.
        """
        record = self.reach.record()
        kept = [one for one in (self._known(child, now) if known is None else known) if one.event.id not in without]
        return self.cases.ahead(child, kept, now, record.settled(child), record.terms(child) or Terms())

    def _would_see(self, viewer: Viewer, child: str, now: datetime) -> bool:
        """Whether somebody would see a child who cannot be read, by what was worked out when it could be."""
        lists, this = self.lists(viewer, now), CaseloadPart(children=[child])
        return bool(lists.left_out(of=this) or lists.reading.ever(lists.part(of=this)))

    def _known(self, child: str, now: datetime) -> tuple[Known, ...]:
        return tuple(one for one in past(self.reach.record(), child) if one.known_at <= now)

    @property
    def cases(self) -> Cases:
        """How cases are worked out here."""
        return self._reception.cases

    def policies(self) -> list[str]:
        """The policies of this installation, by id."""
        return [policy for policy, _ in self._reception.cases.versions()]

    def roles(self) -> list[Role]:
        """Every role that somebody may hold for a child here: the contract's, and the policies' own."""
        return [*Role, *self._reception.cases.own_roles()]

    def lists(self, viewer: Viewer, now: datetime) -> Lists:
        """The lists of children as somebody sees them."""
        reading = CaseloadReading(self.reach.record().engine, now)
        return Lists(reading, self._viewers(now), viewer, self.protections)

    @property
    def rulebook(self) -> Policies:
        """The policies of this installation, with their rules."""
        return self._reception.policies

    @cached_property
    def report(self) -> ReportKeeper:
        """Brings up to date what reports are worked out from."""
        return ReportKeeper(self.reach.record(), self.rulebook, self.reach.settings.default_policy)

    @cached_property
    def caseload(self) -> CaseloadKeeper:
        """Brings up to date what lists are read from."""
        return CaseloadKeeper(self.reach.record(), self._reception.cases)

"""Who is told: a role of a child's case, on a day, as the people to tell.

Asked when an action is due, never when it was planned. In order: whom the case's events name for the role, who holds
it in the child's team, who holds it for the whole authority. Of each the person who is there that day: an absent
one's cover, a leaver's successor. Where nobody is found, the directory's fallback is told, and that is shown. Whom an
exclusion keeps from the child is passed over everywhere.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from delivery.addresses import AddressInvalid, mail_address
from delivery.directory import Addressee, Directory, Person, Team, is_there, plain_contact, stand_in
from delivery.problems import near
from delivery.references import address_hash
from domain.case import events as ev
from domain.case.facts import Known, unvoided
from domain.case.words import Role
from domain.clocks.wording import in_words, spaced
from record.delivery_tables import Via

NO_ADDRESS = "what the case names for it is no mail address"


class CannotAct(ValueError):
    """Somebody who cannot act in a case. The text says why, and who could; it holds no address."""


class Acting(NamedTuple):
    """Somebody who acts in a case: the key that is kept with what they do, and how colleagues know them."""

    key: str
    shown: str
    is_team: bool = False

    def as_a_person(self) -> "Acting":
        """The same. Raises CannotAct for a team, which is nobody by itself."""
        if self.is_team:
            raise CannotAct(f"it must be a person, by key or work mail address; {self.key} is a team")
        return self


@dataclass(frozen=True, slots=True)
class CasePeople:
    """Who works on a case: by its events contacts by role, and the team; and who is to be told nothing of it."""

    contacts: dict[Role, str]
    team: str | None = None
    kept_from: frozenset[str] = frozenset()
    """The keys of those from whom an exclusion keeps the child (record/protections.py)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to tell, and how they came to be told."""

    key: str
    via: Via
    entry: Addressee


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told for a role. `why` is empty where somebody holds it; else why the fallback is told.

    Nobody at all only where an exclusion keeps the child from the fallback too.
    """

    recipients: tuple[Recipient, ...]
    why: str = ""

    @property
    def unallocated(self) -> bool:
        """Whether nobody holds the role."""
        return bool(self.why)


def case_people(known: Iterable[Known], day: date, kept_from: frozenset[str] = frozenset()) -> CasePeople:
    """Who works on a case on a day, by its events: for each role the latest that stands.

    A person assigned goes on through the end of care and a new entry, until another is named: the same IRO should
    continue (IRO Handbook, via domain notes 1.4).
    """
    contacts: dict[Role, str] = {}
    team = None
    for event in (k.event for k in sorted(unvoided(known), key=lambda k: k.order) if k.event.on <= day):
        if isinstance(event, ev.BecameLookedAfter):
            contacts |= event.people
            team = event.team or team
        elif isinstance(event, ev.PersonAssigned):
            contacts[event.role] = event.contact
    return CasePeople(contacts, team, kept_from)


class People:
    """Finds people in a directory."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def tell(self, role: Role, case: CasePeople, day: date) -> Audience:
        """Who is told for a role of a case on a day."""
        nobody = "nobody holds the role"
        for contact in self._holders(role, case):
            key, entry = self.who_is(contact)
            if entry is None:
                nobody = NO_ADDRESS if "@" in contact else "whom the case names for it is not in the directory"
                continue
            recipients = self._there(key, entry, day, case.kept_from)
            if recipients:
                return Audience(recipients)
            nobody = "who holds the role is away or has left, and nobody stands in"
            if case.kept_from and self._there(key, entry, day):
                nobody = "an exclusion keeps the child from who holds the role"
        return Audience(self.fallback(day, case.kept_from), nobody)

    def fallback(self, day: date, kept_from: Set[str]) -> tuple[Recipient, ...]:
        """Who is told where nobody else can be."""
        return self._one(self.directory.fallback, day, "fallback", kept_from)

    def copies(self, day: date, kept_from: Set[str]) -> tuple[Recipient, ...]:
        """Who is told everything besides."""
        return tuple(one for key in self.directory.copies for one in self._one(key, day, "copy", kept_from))

    def who_is(self, contact: str) -> tuple[str, Addressee | None]:
        """The key and entry of a contact as an event has it: a key of the directory or a mail address.

        An address that the directory does not know is somebody all the same, under a key that does not show it; a text
        that is no address (delivery/addresses.py) is nobody.
        """
        plain = plain_contact(contact)
        known = plain if self.directory.find(plain) else self.directory.by_address(plain)
        if known:
            return known, self.directory.find(known)
        address = contact.strip()  # as it is written: some servers tell capitals before the @ apart
        try:
            mail_address(address)
        except AddressInvalid:
            return plain, None
        return f"address-{address_hash(address)}", Addressee(email=(address,))

    def acting(self, who: str, case: CasePeople, day: date) -> Acting:
        """Who acts, by a key of the directory or a mail address. Raises CannotAct.

        It must be somebody of the directory who has not left, or whom the case itself names by an address.
        """
        key = self.directory.by_address(who) or plain_contact(who)
        entry = self.directory.find(key)
        if entry is None:
            return self._named_by_the_case(who, case)
        if isinstance(entry, Person) and _has_left(entry, day):
            raise CannotAct(
                f"the directory says that {key} left on {in_words(entry.left or day)}; a colleague who is on to it "
                "can say so"
            )
        return Acting(key, entry.name or key, isinstance(entry, Team))

    def shown(self, key: str | None, case: CasePeople) -> str:
        """How colleagues know whoever an event was made by; it may be of the case system, which has its own names."""
        entry = self.directory.find(key) if key else None
        if entry is not None:
            return entry.name or key or ""
        return self._by_role(key, case) or key or "somebody"

    def _named_by_the_case(self, who: str, case: CasePeople) -> Acting:
        key = self.who_is(who)[0] if "@" in who else who
        shown = self._by_role(key, case)
        if shown is not None:
            return Acting(key, shown)
        if "@" in who or who.startswith("address-"):
            raise CannotAct("nobody in the directory has this mail address, and the case names it for no role")
        everyone = [*self.directory.people, *self.directory.teams]
        raise CannotAct(f"nobody is called {who} in the directory{near(who, everyone)}")

    def _by_role(self, key: str | None, case: CasePeople) -> str | None:
        """Somebody whom the case names by a mail address that the directory does not have."""
        roles = [role for role, contact in case.contacts.items() if "@" in contact and self.who_is(contact)[0] == key]
        return f"the {spaced(roles[0])} whom the case names by mail address" if roles else None

    def _holders(self, role: Role, case: CasePeople) -> Iterator[str]:
        if role in case.contacts:
            yield case.contacts[role]
        team = self.directory.team_called(case.team)
        if team:
            yield from self.directory.teams[team].roles.get(role, ())
        yield from self.directory.roles.get(role, ())

    def _one(self, key: str, day: date, via: Via, kept_from: Set[str]) -> tuple[Recipient, ...]:
        entry = self.directory.find(key)
        recipients = self._there(key, entry, day, kept_from) if entry else ()
        return tuple(Recipient(one.key, via, one.entry) for one in recipients)

    def _there(self, key: str, entry: Addressee, day: date, kept_from: Set[str] = frozenset()) -> tuple[Recipient, ...]:
        """Who is told for somebody on a day: themselves, who stands in for them, or the members of a team."""
        if isinstance(entry, Team):
            return self._team_there(key, entry, day, kept_from)
        seen: set[str] = set()
        via: Via = "holder"
        while key not in kept_from and not is_there(self.directory, key, day):
            seen.add(key)
            person = self.directory.people[key]
            via = "successor" if _has_left(person, day) else "cover"
            follower = stand_in(self.directory, key, day)
            if follower is None or follower in seen:
                return ()
            key = follower
        if key in kept_from:  # nor is whoever stands in for somebody excluded: cover reaches no further (docs/desk.md)
            return ()
        found = self.directory.find(key) or entry
        if isinstance(found, Team):
            return self._team_there(key, found, day, kept_from)
        return (Recipient(key, via, found),)

    def _team_there(self, key: str, team: Team, day: date, kept_from: Set[str]) -> tuple[Recipient, ...]:
        """A team by its own address; by those of its members where one of them, who reads it too, is excluded."""
        if key in kept_from:
            return ()
        if team.has_address and kept_from.isdisjoint(team.members):
            return (Recipient(key, "team", team),)
        recipients: dict[str, Recipient] = {}
        for member in team.members:
            entry = self.directory.people.get(member)
            for one in self._there(member, entry, day, kept_from) if entry else ():
                recipients[one.key] = Recipient(one.key, "team", one.entry)
        return tuple(recipients.values())


def _has_left(person: Person, day: date) -> bool:
    return person.left is not None and person.left <= day

"""The authority's directory: people, teams, who holds which role for the whole authority, and who to tell otherwise.

A TOML file, written by an administrator (docs/delivery.md shows one). It is checked as a whole: every key that is
named must be there, covers must not go round in a circle, and somebody must be the fallback. Contacts are personal:
no error names one.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    model_validator,
)

from delivery.addresses import within
from delivery.channels.registry import KINDS, MAIL, ChannelName, address_fields, kind_of
from delivery.problems import FileProblem, in_words, near
from domain.case.words import Role
from domain.policy.lines import Path, line_at, lines_of

DAY: Final = timedelta(days=1)


class DirectoryRefused(ValueError):
    """A directory that cannot stand. The text names each line and field, and what would be accepted."""


def _tuple(value: object) -> object:
    """One where several may stand."""
    return (value,) if isinstance(value, str) else value


Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""What the directory calls a person or team: stands in ids and logs, so a payroll or user name rather than a name."""
Keys = Annotated[tuple[Key, ...], BeforeValidator(_tuple)]
Channels = Annotated[tuple[ChannelName, ...], BeforeValidator(_tuple)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Absence(_Entry):
    """Days on which somebody is away, the last one included, and who is told instead."""

    since: date = Field(alias="from")
    until: date
    cover: Key | None = None
    """None: whoever else holds the role, or the fallback."""

    @model_validator(mode="after")
    def _forwards(self) -> "Absence":
        if self.until < self.since:
            raise ValueError("until is before from")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether somebody is away on a day."""
        return self.since <= day <= self.until


def _addresses(check: Callable[[str], str]) -> Any:
    """One address or several."""

    def as_written(value: str) -> str:
        """The address as it is written, since the ledger knows it so; checked, and in ASCII, when it is used."""
        check(value)
        return value

    return Annotated[tuple[Annotated[str, AfterValidator(as_written)], ...], BeforeValidator(_tuple)]


if TYPE_CHECKING:

    class _Reached(_Entry):
        email: tuple[str, ...] = ()
else:
    _Reached = create_model(
        "_Reached", __base__=_Entry, **{field: (_addresses(check), ()) for field, check in address_fields().items()}
    )
    """A field for each kind of address that the channels of the registry go to."""


class Addressee(_Reached):
    """Somebody who can be told: by which addresses, and how they want it."""

    name: str | None = None
    """For whoever keeps the file, and where a colleague is named on a page or a screen; it stands in no message, id,
    log or record."""
    channels: Channels = ()
    """Told by each of these; empty: by the first channel switched on for which there is an address."""
    reminders: Literal["at_once", "daily", "weekly"] = "at_once"
    escalations: Literal["at_once", "daily"] = "at_once"
    """Also breaches and notices."""
    calendar: int = Field(default=1, ge=1)
    """Raised by one, the addresses of their calendar that were given out before are good no more."""

    def addresses(self, channel: ChannelName) -> tuple[str, ...]:
        """The addresses a channel can use, in order: when one is refused, the next. Raises UnknownChannel."""
        addresses: tuple[str, ...] = getattr(self, kind_of(channel).field)
        return addresses

    @property
    def has_address(self) -> bool:
        """Whether there is any, for whichever channel."""
        return any(self.addresses(channel) for channel in KINDS)


class Person(Addressee):
    """Somebody who works, or has worked, for the authority."""

    sign_in: str | None = None
    """What the provider calls them (PERMANENCE_DESK_PERSON_CLAIM), by which the desk knows them: never a mail address,
    which is given to another when somebody leaves."""
    left: date | None = None
    """The first day on which they are told nothing."""
    successor: Key | None = None
    """Who follows a leaver; None: whoever else holds the role, or the fallback."""
    absent: tuple[Absence, ...] = ()

    def away(self, day: date) -> Absence | None:
        """The absence a day falls into; of several the first that names a cover."""
        on_the_day = [absence for absence in self.absent if absence.holds_on(day)]
        return next((absence for absence in on_the_day if absence.cover), next(iter(on_the_day), None))


class Team(Addressee):
    """A team: told at its own addresses if it has any, else each of its members."""

    members: Keys = ()
    roles: dict[Role, Keys] = Field(default_factory=dict)
    """Who holds a role for the children of this team."""


class Directory(_Entry):
    """Everyone who can be told."""

    fallback: Key
    """Who is told where nobody else can be: a person or a team that is always read, such as a duty desk."""
    copies: Keys = ()
    """Who is told everything besides, such as the case system."""
    roles: dict[Role, Keys] = Field(default_factory=dict)
    """Who holds a role for the whole authority, in order: the first who is there is told."""
    operators: Keys = ()
    """Who runs the service: on the desk they see clocks and references, and no child."""
    people: dict[Key, Person] = Field(default_factory=dict)
    teams: dict[Key, Team] = Field(default_factory=dict)

    @cached_property
    def all_roles(self) -> frozenset[Role]:
        """The roles that somebody holds for the authority or for a team, those of its own too."""
        return frozenset({*self.roles, *(role for team in self.teams.values() for role in team.roles)})

    def find(self, key: str) -> Person | Team | None:
        """The person or team of a key."""
        return self.people.get(key) or self.teams.get(key)

    def by_sign_in(self, subject: str) -> str | None:
        """The key of whom the provider calls so."""
        return next((key for key, person in self.people.items() if person.sign_in == subject), None)

    def by_address(self, address: str) -> str | None:
        """The key of whoever has a mail address."""
        return self._by_address.get(plain_contact(address))

    def team_called(self, named: str | None) -> str | None:
        """The key of a child's team as its events name it, by key or by name, however it is spelt."""
        return self._by_spelling.get(plain_team(named)) if named else None

    @cached_property
    def _by_address(self) -> dict[str, str]:
        """Of several with one address the first: a list asks for each child of a page."""
        entries = (*self.people.items(), *self.teams.items())
        return _first_of_each((plain_contact(address), key) for key, entry in entries for address in entry.email)

    @cached_property
    def _by_spelling(self) -> dict[str, str]:
        return _first_of_each(
            (spelling, key) for key, team in self.teams.items() for spelling in spellings_of(key, team)
        )


def _first_of_each(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    first: dict[str, str] = {}
    for name, key in pairs:
        first.setdefault(name, key)
    return first


def plain_contact(contact: str) -> str:
    """A contact in plain spelling, in which it is a key or a mail address: ` S-Worker` and `s-worker` are one.

    Whoever looks a contact up, or keeps it to be looked up, does it by this: until 29 November 2026 the desk showed Sam
    Worker for `S-Worker`, and the fallback was told.
    """
    return contact.strip().lower()


def spellings_of(key: str, team: Team) -> set[str]:
    """How a case may name a team, in plain spelling: by its key, or by its name."""
    return {plain_team(key), plain_team(team.name or key)}


@lru_cache(maxsize=4_096)  # (ours: every team of a large authority, in each spelling; pages ask for all of them)
def plain_team(name: str) -> str:
    """A team's name in plain spelling: `Duty & Referral (North)` and `duty-referral-north` are one."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def read_directory(
    text: str, name: str = "directory", channels: Collection[ChannelName] = (), mail_domains: Collection[str] = ()
) -> Directory:
    """The directory that a TOML text holds. Raises DirectoryRefused with every problem, in order of line.

    Whoever is always told must have an address for one of the channels switched on, and mail may go there.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DirectoryRefused(f"{name}: no TOML: {error}") from None
    try:
        directory = Directory.model_validate(raw)
    except ValidationError as error:
        lines = lines_of(text)
        problems = [_problem(lines, details) for details in error.errors()]
        raise DirectoryRefused(in_words(name, problems)) from None
    wrong = [*_contradictions(directory), *(_out_of_reach(directory, channels, mail_domains) if channels else ())]
    if wrong:
        lines = lines_of(text)
        problems = [FileProblem(line_at(lines, path), _field(path), why) for path, why in wrong]
        raise DirectoryRefused(in_words(name, problems))
    return directory


def _field(path: Path) -> str:
    return ".".join(map(str, path))


def _problem(lines: Mapping[Path, int], details: Mapping[str, Any]) -> FileProblem:
    path: Path = tuple(part for part in details["loc"] if part != "[key]")
    line, field = line_at(lines, path), _field(path)
    match details["type"]:
        case "extra_forbidden":
            return FileProblem(line, field, f"unknown field{near(str(path[-1]), _fields(path))}")
        case "missing" if path == ("fallback",):
            return FileProblem(1, field, "missing: somebody must be told where nobody else can be")
        case "missing":
            return FileProblem(line, field, "missing")
        case "enum" | "literal_error":
            accepted = [word.strip(" '") for word in details["ctx"]["expected"].replace(" or ", ",").split(",")]
            return FileProblem(line, field, f"not accepted{near(str(details['input']), accepted)}")
        case "string_pattern_mismatch":
            return FileProblem(line, field, "no key; accepted: small letters, digits, '.', '_' and '-'")
    return FileProblem(line, field, str(details["msg"]).removeprefix("Value error, "))


def _fields(path: Path) -> list[str]:
    model: type[BaseModel] = Directory
    if "absent" in path[:-1]:
        model = Absence
    elif len(path) > 2:
        model = Person if path[0] == "people" else Team
    return [field.alias or name for name, field in model.model_fields.items()]


# What a directory must hold together


def _contradictions(directory: Directory) -> Iterator[tuple[Path, str]]:
    yield from _unknown_keys(directory)
    yield from _who_cannot_be_told(directory)
    yield from _two_of_one(directory)
    yield from _circles(directory)


def _two_of_one(directory: Directory) -> Iterator[tuple[Path, str]]:
    """People whom the provider calls the same: one would sign in as the other."""
    seen: dict[str, str] = {}
    for key, person in directory.people.items():
        if person.sign_in and (first := seen.setdefault(person.sign_in, key)) != key:
            yield ("people", key, "sign_in"), f"is that of {first} too"


def _unknown_keys(directory: Directory) -> Iterator[tuple[Path, str]]:
    everyone = [*directory.people, *directory.teams]
    for path, key in _named(directory):
        if key not in everyone:
            yield path, f"nobody is called {key}{near(key, everyone)}"
    for key in set(directory.people) & set(directory.teams):
        yield ("teams", key), "a person is called so too"


def _named(directory: Directory) -> Iterator[tuple[Path, str]]:
    """Every key that is named, and where."""
    yield ("fallback",), directory.fallback
    yield from ((("copies",), key) for key in directory.copies)
    yield from ((("operators",), key) for key in directory.operators)
    yield from ((("roles", role), key) for role, keys in directory.roles.items() for key in keys)
    for name, team in directory.teams.items():
        yield from ((("teams", name, "members"), key) for key in team.members)
        yield from ((("teams", name, "roles", role), key) for role, keys in team.roles.items() for key in keys)
    for name, person in directory.people.items():
        if person.successor:
            yield ("people", name, "successor"), person.successor
        for number, absence in enumerate(person.absent):
            if absence.cover:
                yield ("people", name, "absent", number, "cover"), absence.cover


def _who_cannot_be_told(directory: Directory) -> Iterator[tuple[Path, str]]:
    for key, team in directory.teams.items():
        if not team.members and not team.has_address:
            yield ("teams", key), "has neither an address nor members"
    for key, person in directory.people.items():
        if not person.has_address:
            yield ("people", key), f"has no address: {' or '.join(address_fields())}"
    for group, entries in (("people", directory.people), ("teams", directory.teams)):
        for key, entry in entries.items():
            for channel in entry.channels:
                if not entry.addresses(channel):
                    yield (group, key, "channels"), f"has no address for {channel}"
    fallback = directory.people.get(directory.fallback)
    if fallback and (fallback.left or fallback.absent):
        yield ("fallback",), f"{directory.fallback} has absences or has left; the fallback must always be there"


def _out_of_reach(
    directory: Directory, channels: Collection[ChannelName], mail_domains: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """The fallback and the copies, where no channel switched on reaches them: they would be told nothing, unseen."""
    for field, key in [("fallback", directory.fallback), *(("copies", key) for key in directory.copies)]:
        who = _who(directory, key)
        if not any(entry.addresses(channel) for entry in who for channel in channels):
            yield (field,), f"{key} has no address for a channel that is switched on: {', '.join(channels)}"
        elif not any(_may_go(entry, channel, mail_domains) for entry in who for channel in channels):
            yield (field,), f"{key} has no address to which mail may go: {', '.join(mail_domains)}"


def _may_go(entry: Addressee, channel: ChannelName, mail_domains: Collection[str]) -> bool:
    kind, addresses = kind_of(channel), entry.addresses(channel)
    return any(kind.field != MAIL or within(kind.check(one), mail_domains) for one in addresses)


def _who(directory: Directory, key: str) -> list[Addressee]:
    """A person; or a team, or its members where it has no address of its own."""
    team = directory.teams.get(key)
    if team is None or team.has_address:
        return [entry for entry in (directory.find(key),) if entry]
    return [directory.people[member] for member in team.members if member in directory.people]


def _circles(directory: Directory) -> Iterator[tuple[Path, str]]:
    """Covers that come back to where they began, on any of the days on which somebody's stand-in may be another."""
    # Sam is away from 2 to 13 February, covered by A. Patel until the 5th and by M. North from the 6th, who is away too
    # and covered by Sam: they come round on the 6th, when no absence starts.
    absences = [a for p in directory.people.values() for a in p.absent]
    days = {a.since for a in absences} | {a.until + DAY for a in absences if a.until < date.max}
    days |= {p.left for p in directory.people.values() if p.left}
    circles: set[frozenset[str]] = set()
    for day in sorted(days):
        for key in directory.people:
            circle = _circle_from(directory, key, day)
            if circle and frozenset(circle) not in circles:
                circles.add(frozenset(circle))
                around = " -> ".join([*circle, circle[0]])
                yield ("people", circle[0]), f"on {day} the covers go round in a circle: {around}"


def _circle_from(directory: Directory, key: str, day: date) -> list[str]:
    seen: list[str] = []
    current: str | None = key
    while current is not None and current not in seen:
        seen.append(current)
        current = stand_in(directory, current, day)
    return seen if current == key else []


def stand_in(directory: Directory, key: str, day: date) -> str | None:
    """Who is told instead of somebody on a day: a leaver's successor, an absent person's cover; None: no one named."""
    person = directory.people.get(key)
    if person is None:
        return None
    if person.left and person.left <= day:
        return person.successor
    absence = person.away(day)
    return absence.cover if absence else None


def is_there(directory: Directory, key: str, day: date) -> bool:
    """Whether somebody is at work on a day: has not left, and is not away. Teams always are."""
    person = directory.people.get(key)
    return person is None or not ((person.left and person.left <= day) or person.away(day))


def readers_of(key: str, directory: Directory | None) -> list[str]:
    """Who reads what goes to a person or team: of a team all of its members, since nobody knows which of them opens it.

    On 2 March Ben, of the duty team, is kept from a child: the team's link about that child opens to none of them, and
    the others find the child on the desk.
    """
    entry = directory.find(key) if directory else None
    return [key, *entry.members] if isinstance(entry, Team) else [key]

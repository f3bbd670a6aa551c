"""The words of a policy: each a name, or a table known by one key, such as `{ age_at = "entry", under = 15 }`.

Words are read once, when a policy is loaded, into what answers quickly; nothing is interpreted at each step. What is
registered here is also what `docs/policies.md` lists and what a refusal offers.
"""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator

from domain.clocks.registry import Names, UnknownName

T = TypeVar("T")
Table = Mapping[str, Any]
Path = tuple[str | int, ...]


def _name_or_table(given: object) -> object:
    if isinstance(given, str | Mapping):
        return given
    raise ValueError('accepted here: a name in quotation marks, or a table such as { event = "review_held" }')


def _listed(given: object) -> object:
    """One alone is a list of one."""
    return (given,) if isinstance(given, str | Mapping) else given


Word = Annotated[str | dict[str, Any], BeforeValidator(_name_or_table)]
"""A name, or a table: data as TOML has it, and as it stands in a journey's history."""

SeveralWords = Annotated[tuple[Word, ...], BeforeValidator(_listed)]


class WordRefused(ValueError):
    """A word that a policy cannot say: what is wrong, and what would do; `path` leads to it within the word."""

    def __init__(self, text: str, path: Path = ()) -> None:
        super().__init__(text)
        self.path = path


@contextmanager
def within(*path: str | int) -> Iterator[None]:
    """What is refused inside is refused at a place further in."""
    try:
        yield
    except WordRefused as refused:
        raise WordRefused(str(refused), (*path, *refused.path)) from None


def nearest(name: object, known: Iterable[str]) -> str:
    """`; did you mean ...?` for a name that is nearly a known one, else nothing. Beside the list, never instead."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def listed(names: Iterable[str]) -> str:
    """Names as a refusal lists them."""
    return ", ".join(sorted(names))


@dataclass(frozen=True, slots=True)
class WordMeaning:
    """A word as people read of it: of which part of a rule, how it is spelt, what it means, and a row that runs."""

    part: str
    word: str
    meaning: str
    example: str
    keys: tuple[str, ...] = ()


MEANINGS: list[WordMeaning] = []
"""Every word that is a table or a key, in the order of the guide."""


def explains(part: str, word: str, meaning: str, example: str, keys: tuple[str, ...] = ()) -> None:
    """Enter a word into the list that people read."""
    MEANINGS.append(WordMeaning(part, word, " ".join(meaning.split()), example, keys))


class Words(Generic[T]):
    """The words of one part of a rule: names with a meaning of their own, and tables."""

    def __init__(self, part: str, *also: str) -> None:
        self.part = part
        self._tables: dict[str, tuple[Callable[[Table], T], frozenset[str]]] = {}
        self._also = frozenset(also)

    def word(self, key: str, *keys: str, example: str) -> Callable[[Callable[[Table], T]], Callable[[Table], T]]:
        """Register what reads the tables that have `key` (a decorator); its docstring is the meaning."""

        def enter(reader: Callable[[Table], T]) -> Callable[[Table], T]:
            self._tables[key] = (reader, frozenset({key, *keys}) | self._also)
            explains(self.part, key, reader.__doc__ or "", example, (*keys, *sorted(self._also)))
            return reader

        return enter

    def read(self, table: Table) -> T:
        """What a table means. Raises WordRefused."""
        chosen = [key for key in self._tables if key in table]
        if len(chosen) != 1:
            both = (
                f"{' and '.join(chosen)} say two things" if chosen else f"{listed(table) or 'an empty table'}: no word"
            )
            near = nearest(next(iter(table), ""), self._tables) if not chosen else ""
            raise WordRefused(f"{both} of {self.part}; accepted, one of: {listed(self._tables)}{near}")
        reader, keys = self._tables[chosen[0]]
        only(table, keys, f"beside {chosen[0]}")
        return reader(table)

    def tables(self) -> list[str]:
        """The keys that make a table one of these words."""
        return sorted(self._tables)


def only(table: Table, keys: Collection[str], where: str) -> None:
    """Raises WordRefused for a key that is not one of `keys`."""
    for key in table:
        if key not in keys:
            raise WordRefused(f"{key!r} is not known {where}; accepted: {listed(keys)}{nearest(key, keys)}", (key,))


def one_of(table: Table, key: str, accepted: Collection[str], default: str) -> str:
    """The value of a key that takes a few values. Raises WordRefused."""
    value = table.get(key, default)
    if value not in accepted:
        near = nearest(value, accepted)
        raise WordRefused(f"{key}: {value!r} is not accepted; accepted: {listed(accepted)}{near}", (key,))
    return str(value)


def table_at(table: Table, key: str) -> Table:
    """The table under a key. Raises WordRefused."""
    value = table[key]
    if not isinstance(value, Mapping):
        raise WordRefused(f"{key}: accepted here: a table, {{ ... }}", (key,))
    return value


def several(table: Table, key: str) -> list[Any]:
    """The words under a key; one alone counts as a list of one. Raises WordRefused where there is none."""
    value = table[key]
    values = [value] if isinstance(value, str | Mapping) else list(value) if isinstance(value, list | tuple) else []
    if not values:
        raise WordRefused(f"{key}: accepted here: one or several, [ ... ]", (key,))
    return values


def named(names: Names[Any], name: str, *others: Collection[str], tables: Iterable[str] = ()) -> Any:
    """The function of a name. Raises WordRefused with what exists, the nearest, and how one's own is defined."""
    try:
        return names[name]
    except UnknownName:
        known = {*names.names(), *(one for more in others for one in more)}
        yours = f"; an event of your own would be milestone.{name}" if others else ""
        own = f"; or a table with one of: {listed(tables)}" if tables else ""
        raise WordRefused(
            f"{name!r} is no known {names.kind}{yours}{nearest(name, known)}; accepted: {listed(known)}{own}"
        ) from None

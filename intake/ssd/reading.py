"""Rows of an SSD into what they say: days and codes read, and what cannot be read doubted."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from domain.case.accepted import FIRST_DAY
from domain.case.calendar import local_date
from intake.returns.reading import day_in
from intake.ssd.codes import UNKNOWN, Words, code_in
from intake.ssd.doubts import SsdDoubts
from intake.ssd.rows import SsdRow

EMPTY: Final = frozenset({"", "placeholder_data", "null", "none"})
"""What stands in a cell that says nothing; the first where the dataset has a column that nobody fills yet."""
NEVER: Final = frozenset({1, 1753, 1899, 1900})
"""The years of the first days that systems know, such as 1 January 1900, by which they say that there is no date."""
YES: Final = frozenset({"y", "yes", "true", "1"})
_ZONED: Final = re.compile(r":\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$")
"""At the end of a text of an instant: how far from UTC it is."""
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on which a row stands: from the first one to the day before `end`; without an end it stands still."""

    row: SsdRow
    start: date
    end: date | None
    what: str
    """The code that it stands for."""

    def stands_on(self, day: date) -> bool:
        """Whether it stands on a day."""
        return self.start <= day and (self.end is None or day < self.end)


def turns(stretches: Iterable[Stretch], rank: Callable[[Stretch], Any]) -> Iterator[tuple[date, Stretch]]:
    """The days on which another of several stretches is foremost, and that one; nothing new where none stands."""
    # An IRO from 1 March, another for them from 4 May to 1 June: the 1st of March, 4 May, and 1 June the first again.
    stretches = list(stretches)
    days = {s.start for s in stretches} | {s.end for s in stretches if s.end}
    last: Stretch | None = None
    for day in sorted(days):
        standing = [s for s in stretches if s.stands_on(day)]
        foremost = max(standing, key=rank, default=last)
        if foremost is not None and foremost is not last:
            yield day, foremost
        last = foremost


@dataclass(frozen=True, slots=True)
class CellReader:
    """Reads the cells of one child's rows, noting what is doubtful. `today`: later days have not happened."""

    child: str
    doubts: SsdDoubts
    today: date

    def doubt(self, rule: str, row: SsdRow, **specifics: object) -> None:
        """Note a doubt about a row of the child."""
        self.doubts.add(rule, self.child, row, **specifics)

    def day(self, row: SsdRow, column: str) -> date | None:
        """The day in a cell; None where there is none."""
        cell = row[column]
        if is_empty(cell):
            return None
        day, of_a_case = day_of(cell), case_day(cell)
        if of_a_case is None and (day is None or day.year not in NEVER):
            self.doubt("unreadable-date", row, column=column)
        return of_a_case

    def past(self, row: SsdRow, column: str) -> date | None:
        """The same, if it has come."""
        day = self.day(row, column)
        if day and day > self.today:
            self.doubt("ahead", row, column=column)
            return None
        return day

    def code(self, row: SsdRow, column: str, codes: frozenset[str] = frozenset(), words: Words = ()) -> str | None:
        """The code in a cell, or that its words are of; None of an empty one and of what is no matter here."""
        cell = row[column]
        if is_empty(cell):
            return None
        code = code_in(str(cell), codes, words)
        if code == UNKNOWN:
            self.doubt("unknown-code", row, column=column)
            return None
        return code

    def stretch(self, row: SsdRow, start: str, end: str, what: str | None) -> Stretch | None:
        """The days a row stands; None where it says nothing, or does not begin. An end to come is none yet."""
        since, until = self.past(row, start), self.day(row, end)
        if since is None or what is None:
            return None
        if until is not None and until < since:
            self.doubt("ends-before-start", row)
            until = None
        return Stretch(row, since, None if until and until > self.today else until, what)


def is_empty(cell: Any) -> bool:
    """Whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in EMPTY)


def is_yes(cell: Any) -> bool:
    """Whether a flag is set."""
    return not is_empty(cell) and str(cell).strip().lower() in YES


def day_of(cell: Any) -> date | None:
    """The day of a date, an instant (in London), or a text of one; None of anything else."""
    # A review of 14:30 on 5 January is of that day; 23:30 UTC in June is of the next, as text too.
    if isinstance(cell, datetime):
        return _in_london(cell) if cell.tzinfo else cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    try:
        if _ZONED.search(text):
            return _in_london(datetime.fromisoformat(text))
    except ValueError:
        pass
    return day_in(re.split(r"[T ]", text, maxsplit=1)[0])


def case_day(cell: Any) -> date | None:
    """The same, if it is a day on which something of a case can have been: none before 1950."""
    day = day_of(cell)
    return day if day and day >= FIRST_DAY else None


def _in_london(instant: datetime) -> date | None:
    """The day of an instant; None of one that is before or after all days, as some write for none."""
    try:
        return local_date(instant)
    except OverflowError:
        return None


def own_name(key: str) -> str:
    """A row's key as it can stand in the id of an event: a hash of one that is long or has signs of its own."""
    plain = re.fullmatch(r"[A-Za-z0-9._-]{1,60}", key)
    return key if plain else hashlib.sha256(key.encode()).hexdigest()[:16]


def reference_of(person: str) -> str:
    """The child's reference: the person's id where it can be one, else one derived from it."""
    if _REFERENCE.fullmatch(person):
        return person
    return "ssd-" + hashlib.sha256(person.encode()).hexdigest()[:16]

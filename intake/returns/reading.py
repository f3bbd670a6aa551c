"""Rows of a return into what they say: dates and codes read, and what cannot be read doubted."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, TypeVar

from domain.case.accepted import FIRST_DAY
from domain.case.words import LegalStatus, ReasonForCeasing
from intake.returns.doubts import Doubts
from intake.returns.rows import Return, ReturnRow

CONTINUES: Final = "X1"
STARTED: Final = "S"
RNE: Final = frozenset("SLPTBU")
PLACES: Final = frozenset(
    {"A3", "A4", "A5", "A6", "H5", "K1", "K2", "K3", "P1", "P2", "P3", "R1", "R2", "R3", "R5", "S1"}
    | {"T0", "T1", "T2", "T3", "T4", "U1", "U2", "U3", "U4", "U5", "U6", "Z1", "Z11", "Z12", "Z13", "Z14"}
)
"""Codes of every year's return."""
TEMPORARY: Final = frozenset({"T0", "T1", "T2", "T3", "T4"})
"""Where a child is for a while, in hospital or on holiday, who goes back to where they were (DfE rule 383)."""
STATUSES: Final = frozenset(status.value for status in LegalStatus)
REASONS: Final = frozenset(reason.value for reason in ReasonForCeasing) | {CONTINUES, "E43", "E44"}
OF_SOME_YEARS: Final[Mapping[str, tuple[int, int]]] = {
    **dict.fromkeys(("E43", "E44"), (0, 2018)),
    **dict.fromkeys(("E45", "E46", "E47", "E48"), (2017, 9999)),
    **dict.fromkeys(("P2", "H5", "Z1"), (0, 2024)),
    **dict.fromkeys(("K3", "Z11", "Z12", "Z13", "Z14"), (2025, 9999)),
}
"""Codes that not every return has: the years, by their 1 April, from and up to which they are in it. E43 and E44 were
special guardianship until they were parted by who the guardians are; both sets stand in returns of those years."""
REVERSALS: Final = frozenset({"RD1", "RD2", "RD3", "RD4"})

_AS_WRITTEN: Final = re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})(?: 0?0:00(?::00)?)?")
_ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?:[ T]00:00:00)?")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of care under one legal status in one placement."""

    child: str
    row: ReturnRow
    decom: date
    rne: str
    ls: str
    place: str
    dec: date | None
    rec: str

    @property
    def ceased(self) -> bool:
        """Whether it says that care ceased, dated or not."""
        return self.rec not in ("", CONTINUES)


@dataclass(frozen=True, slots=True)
class Dated:
    """Something of a child on a day: a birth, a review, a match."""

    child: str
    row: ReturnRow
    day: date


@dataclass(frozen=True, slots=True)
class ToBePlaced:
    """The decision that the child should be placed for adoption, and its reversal. Not the day the child moved."""

    child: str
    row: ReturnRow
    decided: date
    reversed: date | None
    reason: str


class TableReader:
    """Reads rows, noting what is doubtful. `today`: the day of the import; later days have not happened."""

    def __init__(self, doubts: Doubts, today: date) -> None:
        self.doubts = doubts
        self.today = today
        self.year: int | None = None
        """The 1 April by which the return being read is known."""

    def births(self, year: Return) -> Iterator[Dated]:
        """Dates of birth."""
        return self._dated(year, "Header", "DOB")

    def reviews(self, year: Return) -> Iterator[Dated]:
        """Reviews held."""
        return self._dated(year, "Reviews", "REVIEW")

    def matches(self, year: Return) -> Iterator[Dated]:
        """Matches with adopters."""
        return self._dated(year, "AD1", "DATE_MATCH")

    def decisions_again(self, year: Return) -> Iterator[Dated]:
        """The decision to place as AD1 repeats it."""
        return self._dated(year, "AD1", "DATE_INT")

    def episodes(self, year: Return) -> Iterator[Episode]:
        """Episodes that have a start."""
        self.year = year.year
        for row in year.rows("Episodes"):
            child = self.child(row)
            decom = self._past(child, row, "DECOM")
            if child and decom:
                yield self._episode(child, row, decom)

    def _episode(self, child: str, row: ReturnRow, decom: date) -> Episode:
        rne, ls = self._code(child, row, "RNE", RNE), self._code(child, row, "LS", STATUSES)
        place = self._code(child, row, "PLACE", PLACES)
        dec, rec = self._past(child, row, "DEC"), self._code(child, row, "REC", REASONS)
        for column, code in (("PLACE", place), ("REC", rec)):
            first, last = OF_SOME_YEARS.get(code, (0, 9999))
            if self.year and not first <= self.year <= last:
                self.doubts.add("other-years-code", child, row, column=column, code=code)
        if row["DEC"] and not dec:
            rec = ""
        if dec and dec < decom:
            self.doubts.add("ends-before-start", child, row)
            dec, rec = None, ""
        return Episode(child, row, decom, rne, ls, place, dec, rec)

    def to_be_placed(self, year: Return) -> Iterator[ToBePlaced]:
        """Decisions that a child should be placed for adoption."""
        for row in year.rows("PlacedAdoption"):
            child = self.child(row)
            decided = self._past(child, row, "DATE_PLACED")
            if child and decided:
                ended = self._past(child, row, "DATE_PLACED_CEASED")
                reason = self._code(child, row, "REASON_PLACED_CEASED", REVERSALS)
                yield ToBePlaced(child, row, decided, ended, reason)

    def child(self, row: ReturnRow) -> str:
        """The child's reference: CHILD as it stands where it can be one; empty where there is none."""
        ref = reference_of(row["CHILD"])
        if not ref:
            self.doubts.add("no-child", "", row)
        elif ref != row["CHILD"]:
            self.doubts.add("child-reference", ref, row)
        return ref

    def _dated(self, year: Return, table: str, column: str) -> Iterator[Dated]:
        for row in year.rows(table):
            child = self.child(row)
            day = self._past(child, row, column)
            if child and day:
                yield Dated(child, row, day)

    def _past(self, child: str, row: ReturnRow, column: str) -> date | None:
        day = self._date(child, row, column)
        if day and day > self.today:
            self.doubts.add("ahead", child, row, column=column)
            return None
        return day

    def _date(self, child: str, row: ReturnRow, column: str) -> date | None:
        text = row[column]
        if not text:
            return None
        day = day_in(text)
        if day is None or day < FIRST_DAY:
            day = None
            self.doubts.add("unreadable-date", child, row, column=column)
        return day

    def _code(self, child: str, row: ReturnRow, column: str, known: frozenset[str]) -> str:
        code = row[column].upper()
        if not code or code in known:
            return code
        self.doubts.add("unknown-code", child, row, column=column)
        return ""


@lru_cache(maxsize=50_000)
def day_in(text: str) -> date | None:
    """The day that a cell names; None where it names none, such as 31/02/2024."""
    found = _AS_WRITTEN.fullmatch(text) or _ISO.fullmatch(text)
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"])) if found else None
    except ValueError:
        return None


def reference_of(given: str) -> str:
    """The child's reference: CHILD as it stands where it can be one, else one derived from it; empty where empty."""
    if not given or _REFERENCE.fullmatch(given):
        return given
    return "903-" + hashlib.sha256(given.encode()).hexdigest()[:16]


def by_child(rows: Iterator[T], child: Callable[[T], str]) -> dict[str, list[T]]:
    """Rows by the child they are about, in their order."""
    rows_of: dict[str, list[T]] = {}
    for row in rows:
        rows_of.setdefault(child(row), []).append(row)
    return rows_of

"""Several years' returns as one: each speaks for its days, and for those a later one covers, the later word counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from intake.returns.doubts import Doubts
from intake.returns.reading import STARTED, Dated, Episode, TableReader, ToBePlaced, by_child
from intake.returns.rows import Return, ReturnRow
from intake.sources.covered import Covered
from intake.sources.matching import MOVED

COMPARED = ("rne", "ls", "place")
GRAVITY = "V4 V3 V2 L1 L3 L2 J2 J1 J3 C1 C2 D1 E1"
"""Legal statuses in the order in which one takes the place of another (ours: from agreement to placement order)."""

T = TypeVar("T", Dated, ToBePlaced)


@dataclass(slots=True)
class Child:
    """All that the returns say of one child, each thing once, in order of time."""

    ref: str
    first_row: ReturnRow
    born: Dated | None = None
    episodes: list[Episode] = field(default_factory=list)
    reviews: list[Dated] = field(default_factory=list)
    decisions: list[ToBePlaced] = field(default_factory=list)
    matches: list[Dated] = field(default_factory=list)
    covered: list[Covered] = field(default_factory=list)
    """The days that the returns in which the child stands speak for."""


@dataclass(slots=True)
class _Year:
    """What one return says, by child."""

    covered: Covered | None
    births: dict[str, list[Dated]]
    episodes: dict[str, list[Episode]]
    reviews: dict[str, list[Dated]]
    matches: dict[str, list[Dated]]
    said_again: dict[str, list[Dated]]
    decisions: dict[str, list[ToBePlaced]]

    @property
    def children(self) -> set[str]:
        return {*self.births, *self.episodes, *self.reviews, *self.matches, *self.decisions}

    def has(self, ref: str) -> bool:
        """Whether a child stands in it: asked for every child, so the set of all would be dear."""
        return any(ref in part for part in (self.births, self.episodes, self.reviews, self.matches, self.decisions))

    def first_row(self, ref: str) -> ReturnRow | None:
        said: list[Dated | Episode | ToBePlaced] = [
            *self.births.get(ref, ()), *self.reviews.get(ref, ()), *self.matches.get(ref, ()),
            *self.decisions.get(ref, ()), *self.episodes.get(ref, ()),
        ]  # fmt: skip
        return said[0].row if said else None


def merged(returns: Iterable[Return], reader: TableReader) -> list[Child]:
    """The children of the returns, by reference. A return whose days are not known speaks for none."""
    years = [_read(year, reader) for year in sorted(returns, key=_in_time)]
    return [_child(ref, years, reader.doubts) for ref in sorted({ref for year in years for ref in year.children})]


def _in_time(given: Return) -> tuple[date, date, int]:
    covered = given.covered or Covered(date.min, date.min)
    return covered.since, covered.until, given.year or 0


def _read(year: Return, reader: TableReader) -> _Year:
    def dated(rows: Iterator[Dated]) -> dict[str, list[Dated]]:
        return by_child(rows, lambda d: d.child)

    return _Year(
        year.covered,
        episodes=by_child(reader.episodes(year), lambda e: e.child),
        births=dated(reader.births(year)),
        reviews=dated(reader.reviews(year)),
        matches=dated(reader.matches(year)),
        said_again=dated(reader.decisions_again(year)),
        decisions=by_child(reader.to_be_placed(year), lambda d: d.child),
    )


def _child(ref: str, years: list[_Year], doubts: Doubts) -> Child:
    rows = (year.first_row(ref) for year in years)
    child = Child(ref, next(row for row in rows if row is not None))
    child.born = _birth([year.births.get(ref, []) for year in years], doubts)
    child.episodes = _episodes([(year.covered, year.episodes.get(ref, [])) for year in years], doubts)
    child.reviews = _by_day([(year.covered, year.reviews.get(ref, []), ref in year.episodes) for year in years], doubts)
    matches = [(year.covered, _matches(year.matches.get(ref, []))) for year in years]
    child.matches = _as_dated_last(matches, "DATE_MATCH", doubts)
    decisions = [(year.covered, _decisions(year.decisions.get(ref, []))) for year in years]
    child.decisions = _as_dated_last(decisions, "DATE_PLACED", doubts)
    child.covered = [year.covered for year in years if year.covered and year.has(ref)]
    _compare_decisions(child, [again for year in years for again in year.said_again.get(ref, [])], doubts)
    return child


def _birth(years: list[list[Dated]], doubts: Doubts) -> Dated | None:
    """The latest return's, of two in one return the earlier day, in whatever order they stand."""
    births = [birth for year in years for birth in sorted(year, key=lambda b: b.day, reverse=True)]
    latest = births[-1] if births else None
    if latest and any(earlier.day != latest.day for earlier in births):
        doubts.add("births-differ", latest.child, latest.row)
    return latest


def _by_day(years: list[tuple[Covered | None, list[Dated], bool]], doubts: Doubts) -> list[Dated]:
    """Each day once, the first line that gave it standing for it; a later return has the last word on its days."""
    standing: dict[date, Dated] = {}
    for covered, given, in_care in years:
        days = {each.day for each in given}
        for day, earlier in list(standing.items()):
            if covered and covered.holds(day) and in_care and day not in days:
                doubts.add("not-in-later", earlier.child, earlier.row)
                del standing[day]
        for each in given:
            standing.setdefault(each.day, each)
    return [each for _, each in sorted(standing.items())]


def _matches(year: list[Dated]) -> dict[date, Dated]:
    """One return's matches, each day once, by the first line that gives it."""
    return {match.day: match for match in reversed(year)}


def _decisions(year: list[ToBePlaced]) -> dict[date, ToBePlaced]:
    """One return's decisions, each day once, in whatever order they stand: the line that says when it was reversed."""
    return {each.decided: each for each in sorted(year, key=lambda d: (d.reversed or date.min, d.reason))}


def _as_dated_last(years: Iterable[tuple[Covered | None, dict[date, T]]], column: str, doubts: Doubts) -> list[T]:
    """Each thing once, in order of days, as the last return that has it gives it.

    A return tells of earlier years too: whether a decision was reversed, and on which day it was truly made.
    """
    # Decided on 10 August 2024 by the return of 2024/25, on the 12th by the next: one decision, on the 12th.
    standing: dict[date, T] = {}
    spoken_of: dict[date, Covered | None] = {}
    for covered, given in years:
        for was, now in _redated(standing, given, spoken_of):
            doubts.add("redated", standing[was].child, standing[was].row, column=column, day=now)
            del standing[was]
        standing |= given
        spoken_of |= dict.fromkeys(given, covered)
    return [each for _, each in sorted(standing.items())]


def _redated(
    standing: dict[date, T], given: dict[date, T], spoken_of: dict[date, Covered | None]
) -> list[tuple[date, date]]:
    """Which days of earlier returns a later one no longer has, each with the day it has instead, the nearest first."""
    near = sorted(
        (abs(now - was), was, now)
        for was in standing.keys() - given.keys()
        for now in given.keys() - standing.keys()
        if _may_be_one(was, now, spoken_of[was]) and not _one_by_one(standing[was], given[now])
    )
    pairs: dict[date, date] = {}
    for _, was, now in near:
        if was not in pairs and now not in pairs.values():
            pairs[was] = now
    return list(pairs.items())


def _may_be_one(was: date, now: date, spoken_of: Covered | None) -> bool:
    """Near each other; or both among the days of the earlier return, which would have had them both."""
    return abs(now - was) <= MOVED or (spoken_of is not None and spoken_of.holds(was) and spoken_of.holds(now))


def _one_by_one(one: Dated | ToBePlaced, other: Dated | ToBePlaced) -> bool:
    """Whether they are two decisions, the one reversed by the day of the other."""
    if not isinstance(one, ToBePlaced) or not isinstance(other, ToBePlaced):
        return False
    first, second = sorted((one, other), key=lambda d: d.decided)
    return first.reversed is not None and first.decided <= first.reversed <= second.decided


def _compare_decisions(child: Child, said_again: list[Dated], doubts: Doubts) -> None:
    days = {d.decided for d in child.decisions}
    for again in said_again:
        if days and again.day not in days:
            doubts.add("decisions-differ", child.ref, again.row)


def _episodes(years: list[tuple[Covered | None, list[Episode]]], doubts: Doubts) -> list[Episode]:
    """The child's episodes in order of their starts, each as the latest return gives it."""
    standing: dict[date, Episode] = {}
    last_return: dict[date, int] = {}
    for number, (covered, year) in enumerate(years):
        now = _one_a_day(year, doubts)
        if covered:
            _override(standing, now, covered, doubts)
        for decom, episode in now.items():
            earlier = standing.get(decom)
            if earlier is not None:
                _restated(earlier, episode, doubts)
            standing[decom], last_return[decom] = episode, number
    for decom, episode in standing.items():
        if episode.dec is None and last_return[decom] < len(years) - 1:
            doubts.add("absent-later", episode.child, episode.row)
    return [episode for _, episode in sorted(standing.items())]


def _one_a_day(year: list[Episode], doubts: Doubts) -> dict[date, Episode]:
    """One episode a day, in whatever order they stand: that which lasts longest, as an open one does."""
    by_day: dict[date, Episode] = {}
    for episode in sorted(year, key=_duration):
        earlier = by_day.get(episode.decom)
        if earlier is not None and earlier.row.cells != episode.row.cells:
            doubts.add("same-start", episode.child, earlier.row)
        by_day[episode.decom] = episode
    return by_day


def _duration(episode: Episode) -> tuple[date, bool, int, str, str, str]:
    """How long an episode lasts; of two of a length the one that did not begin care, then the graver legal status."""
    grave = GRAVITY.find(episode.ls) if episode.ls else -1
    return (episode.dec or date.max, episode.rne != STARTED, grave, episode.rec, episode.rne, episode.place)


def _override(standing: dict[date, Episode], now: dict[date, Episode], covered: Covered, doubts: Doubts) -> None:
    """Take out what reaches into the days of a later return, and does not stand in it.

    What ran when its days began may stand in it with another start: then it is the same episode.
    """
    # In care from 27 September by the return of 2024/25, from the 23rd by the next: there is one entry, on the 23rd.
    running = [e for e in now.values() if e.decom < covered.since and _reaches(e, covered)]
    for decom, episode in list(standing.items()):
        if decom in now or not now or decom > covered.until or not _reaches(episode, covered):
            continue
        if decom >= covered.since:
            doubts.add("not-in-later", episode.child, episode.row)
            del standing[decom]
        elif any(_is_moved(episode, other) for other in running):
            doubts.add("restated", episode.child, episode.row, columns="DECOM")
            del standing[decom]


def _reaches(episode: Episode, covered: Covered) -> bool:
    return episode.dec is None or episode.dec >= covered.since


def _is_moved(episode: Episode, later: Episode) -> bool:
    """Whether a later return's episode is an earlier one's with another start, and not one that followed it."""
    same = all(getattr(episode, name) == getattr(later, name) for name in COMPARED)
    return later.rne == STARTED or later.decom < episode.decom or same


def _restated(earlier: Episode, later: Episode, doubts: Doubts) -> None:
    """What an episode was and what had ended it cannot change; that an open one has ended since is no change."""
    compared = (*COMPARED, "dec", "rec") if earlier.dec else COMPARED
    changed = [name.upper() for name in compared if getattr(earlier, name) != getattr(later, name)]
    if changed:
        doubts.add("restated", later.child, earlier.row, columns=", ".join(changed))

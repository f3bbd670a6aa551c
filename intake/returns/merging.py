"""Several years' returns as one: an episode that ran over a year's end stands in both, and the later word counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from intake.returns.doubts import Doubts
from intake.returns.reading import Dated, Episode, TableReader, ToBePlaced, by_child
from intake.returns.tables import Return, ReturnRow

COMPARED = ("rne", "ls", "place")


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


def merged(returns: list[Return], reader: TableReader) -> list[Child]:
    """The children of the returns, by reference."""
    doubts = reader.doubts
    episodes = [by_child(reader.episodes(year), lambda e: e.child) for year in returns]
    births = _over_years(reader.births(year) for year in returns)
    reviews = _over_years(reader.reviews(year) for year in returns)
    matches = _over_years(reader.matches(year) for year in returns)
    said_again = _over_years(reader.decisions_again(year) for year in returns)
    decisions = by_child((d for year in returns for d in reader.to_be_placed(year)), lambda d: d.child)
    spoken_of = set().union(births, reviews, matches, decisions, *episodes)
    together = []
    for ref in sorted(spoken_of):
        child = Child(ref, _first_row(ref, births, reviews, matches, decisions, *episodes))
        child.born = _birth(births.get(ref, []), doubts)
        child.episodes = _episodes([year.get(ref, []) for year in episodes], doubts)
        child.reviews, child.matches = _by_day(reviews.get(ref, [])), _by_day(matches.get(ref, []))
        child.decisions = _decisions(decisions.get(ref, []))
        _compare_decisions(child, said_again.get(ref, []), doubts)
        together.append(child)
    return together


def _over_years(years: Iterable[Iterable[Dated]]) -> dict[str, list[Dated]]:
    return by_child((dated for year in years for dated in year), lambda d: d.child)


def _first_row(
    ref: str, *sources: dict[str, list[Dated]] | dict[str, list[ToBePlaced]] | dict[str, list[Episode]]
) -> ReturnRow:
    return next(source[ref][0].row for source in sources if ref in source)


def _birth(births: list[Dated], doubts: Doubts) -> Dated | None:
    latest = births[-1] if births else None
    if latest and any(earlier.day != latest.day for earlier in births):
        doubts.add("births-differ", latest.child, latest.row)
    return latest


def _by_day(given: list[Dated]) -> list[Dated]:
    """Each day once, the first line that gave it standing for it."""
    return [each for _, each in sorted({d.day: d for d in reversed(given)}.items())]


def _decisions(given: list[ToBePlaced]) -> list[ToBePlaced]:
    """Each decision once; the later return knows whether it was reversed."""
    return [each for _, each in sorted({d.decided: d for d in given}.items())]


def _compare_decisions(child: Child, said_again: list[Dated], doubts: Doubts) -> None:
    days = {d.decided for d in child.decisions}
    for again in said_again:
        if days and again.day not in days:
            doubts.add("decisions-differ", child.ref, again.row)


def _episodes(years: list[list[Episode]], doubts: Doubts) -> list[Episode]:
    """The child's episodes in order of their starts, each as the latest return gives it."""
    standing: dict[date, Episode] = {}
    last_return: dict[date, int] = {}
    for number, year in enumerate(years):
        for decom, episode in _one_a_day(year, doubts).items():
            earlier = standing.get(decom)
            if earlier is not None:
                _restated(earlier, episode, doubts)
            standing[decom], last_return[decom] = episode, number
    for decom, episode in standing.items():
        if episode.dec is None and last_return[decom] < len(years) - 1:
            doubts.add("absent-later", episode.child, episode.row)
    return [episode for _, episode in sorted(standing.items())]


def _one_a_day(year: list[Episode], doubts: Doubts) -> dict[date, Episode]:
    by_day: dict[date, Episode] = {}
    for episode in year:
        earlier = by_day.get(episode.decom)
        if earlier is not None and earlier.row.cells != episode.row.cells:
            doubts.add("same-start", episode.child, earlier.row)
        by_day[episode.decom] = episode
    return by_day


def _restated(earlier: Episode, later: Episode, doubts: Doubts) -> None:
    """What an episode was and what had ended it cannot change; that an open one has ended since is no change."""
    compared = (*COMPARED, "dec", "rec") if earlier.dec else COMPARED
    changed = [name.upper() for name in compared if getattr(earlier, name) != getattr(later, name)]
    if changed:
        doubts.add("restated", later.child, earlier.row, columns=", ".join(changed))

"""A source read again, beside the case record: what each child's journey would take of it, before anything is sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from domain.case import events as ev
from domain.case.facts import Known
from domain.refusals import Refusal
from intake.sources.comparing import SourceCompared
from intake.sources.covered import Covered
from intake.sources.taking import Taker, Taking
from record.failures import Unreadable
from record.pasts import Pasts, pasts
from record.store import CaseRecord

AT_ONCE: Final = 200
"""Children whose histories are read in one query (ours: a few hundred kB)."""

Progress = Callable[[int, int], None]


def takings(
    taker: Taker,
    said: Mapping[str, Sequence[ev.Event]],
    covered: Mapping[str, Sequence[Covered]],
    record: CaseRecord | None,
    progress: Progress = lambda done, total: None,
) -> Iterator[Taking]:
    """What each child's journey takes, those of whom the source says nothing that can be told included.

    Without a record nothing is known of any child. Raises RecordUnavailable.
    """
    children = sorted(said.keys() | covered.keys())
    for start in range(0, len(children), AT_ONCE):
        some = children[start : start + AT_ONCE]
        known, unreadable = known_of(record, some)
        for child in some:
            if child in unreadable:
                yield not_compared(child, said.get(child, ()))
            elif known[child]:
                yield taker.taking(child, said.get(child, ()), covered.get(child, ()), known[child])
            else:
                yield begun_by(child, said.get(child, ()))
        progress(start + len(some), len(children))


def begun_by(child: str, events: Sequence[ev.Event]) -> Taking:
    """What a journey of which nothing is known takes: all of it, as the source was judged to say it."""
    return Taking(child, tuple(events), SourceCompared(fresh=tuple(events)), starts=bool(events))


def not_compared(child: str, events: Sequence[ev.Event]) -> Taking:
    """What is taken of a child whose record cannot be read: nothing, and all that is said says why."""
    return Taking(child, refused=tuple(Refusal(event, str(Unreadable(child))) for event in events))


def known_of(record: CaseRecord | None, children: Sequence[str]) -> Pasts:
    """What is known of some children, whoever told it."""
    return pasts(record, children) if record else Pasts({child: [] for child in children}, [])


def news_of(taker: Taker, covered: Mapping[str, Sequence[Covered]]) -> Callable[..., list[list[ev.Event]]]:
    """The batches to send to a journey that knows some events, for `journeys.loading`: one, or none."""

    def news(events: Sequence[ev.Event], known: Iterable[Known]) -> list[list[ev.Event]]:
        known = list(known)
        child = events[0].child if events else known[0].event.child
        batch = list(taker.taking(child, events, covered.get(child, ()), known).batch)
        return [batch] if batch else []

    return news

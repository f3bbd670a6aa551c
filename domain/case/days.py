"""Spans of days: from a day on, up to the day it stops."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Span:
    """A run of days from `start` up to `end`, the day it stops (None: it still runs)."""

    start: date
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.start <= day and (self.end is None or day < self.end)

    def meet(self, other: "Span") -> "Span | None":
        """The days both spans have, or None."""
        start = self.start if self.start > other.start else other.start
        end = self.end if other.end is None or (self.end is not None and self.end < other.end) else other.end
        if end is not None and start >= end:
            return None
        return self if start == self.start and end == self.end else Span(start, end)


def intersect(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """The spans of days that lie in both lists; each list in order of days, its spans apart."""
    # Under an order from 1 January to 1 March 2026 and again from 1 May, and not placed from 1 February to 1 June: both
    # hold from 1 February to 1 March, and from 1 May to 1 June.
    spans: list[Span] = []
    i = j = 0
    most_left, most_right = len(left), len(right)
    while i < most_left and j < most_right:
        if (met := left[i].meet(right[j])) is not None:
            spans.append(met)
        if (left[i].end or date.max) <= (right[j].end or date.max):
            i += 1
        else:
            j += 1
    return spans


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, one that begins on the day the one before ends made one with it."""
    whole: list[Span] = []
    for span in spans:
        start = whole.pop().start if whole and whole[-1].end == span.start else span.start
        whole.append(Span(start, span.end))
    return whole


def stretches(said: Sequence[tuple[date, bool]]) -> list[Span]:
    """The spans of days on which something was so, by what was said of it from each day on, in order."""
    ends = [*(day for day, _ in said[1:]), None]
    spans = (Span(start, end) for (start, so), end in zip(said, ends, strict=False) if so)
    return joined(span for span in spans if span.start != span.end)


def outside(spans: Iterable[Span]) -> list[Span]:
    """The spans of days that lie in none of some spans, which are in order."""
    gaps: list[Span] = []
    start = date.min
    for span in joined(spans):
        gaps.append(Span(start, span.start))
        if span.end is None:
            return gaps
        start = span.end
    return [*gaps, Span(start)]


def united(*lists: Sequence[Span]) -> list[Span]:
    """The spans of days that lie in any of some lists."""
    whole: list[Span] = []
    for span in sorted((span for spans in lists for span in spans), key=lambda span: span.start):
        last = whole[-1] if whole else None
        if last is None or (last.end is not None and last.end < span.start):
            whole.append(span)
        elif last.end is not None:
            whole[-1] = Span(last.start, None if span.end is None else max(last.end, span.end))
    return whole

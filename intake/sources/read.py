"""A source as it was read: what it says of its children, the days it speaks for, and what is doubtful in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.case import events as ev
from intake.sources.covered import Covered
from intake.sources.doubts import Doubt
from record.store import CaseRecord

Progress = Callable[[int, int], None]


class SourceRefused(ValueError):
    """A source that cannot be read. Its text says why and what would be accepted, and holds no password."""


def _nothing_to_keep(record: CaseRecord, read_at: datetime) -> None:
    """For a source that remembers nothing between two readings."""


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What one reading of a source brought, whatever kind of source it is."""

    source: str
    """The first part of the ids of its events: `903` or `ssd`."""
    where: str
    """The source in words for people and logs: a folder or an address without its password."""
    events: Mapping[str, Sequence[ev.Event]]
    """By child, under first-told ids, those that a journey would take. Who is not in it has none."""
    covered: Mapping[str, Sequence[Covered]]
    """The days it speaks for, by child."""
    doubts: Sequence[Doubt]
    carried: frozenset[str]
    """The types of event that such a source can tell of; of others we may know more than it."""
    until: date
    """The last day that it speaks for."""
    stale: str = ""
    """Why nothing of it is taken, in words: it is older than what was read before. Else empty."""
    children: int = 0
    """All children that it speaks of, those of whom nothing can be told included."""
    keep: Callable[[CaseRecord, datetime], None] = field(default=_nothing_to_keep, repr=False)
    """Keeps what must be remembered of this reading, once it is taken: in no dry run. Raises RecordUnavailable."""
    said: Sequence[str] = ()
    """Which files or tables were read and which not, a line each, for a report."""

"""The source that is read every night: which one, by one setting, and what it says now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.policy.loading import Policies
from intake.returns import SOURCE as RETURNS
from intake.returns import Returns, returns_in
from intake.returns.kept import children_of
from intake.sources.covered import Covered
from intake.sources.doubts import Doubt
from record.store import CaseRecord
from service.settings import Settings

Progress = Callable[[int, int], None]
URL: Final = "://"
"""What tells a database's address from a folder."""


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What a source says at one reading."""

    source: str
    said: Mapping[str, Sequence[ev.Event]]
    """By child, each event under the id by which it was first told."""
    covered: Mapping[str, Sequence[Covered]]
    doubts: Sequence[Doubt]
    spoken_of: frozenset[str]
    """Every child whom it names, those of whom nothing can be taken among them."""
    words: Sequence[str]
    """Which files or tables were read, for a report."""
    keep: Callable[[], None]
    """Keeps what it said of each child, where later readings need it."""


def is_database(source: str) -> bool:
    """Whether a source is a database, and no folder."""
    return URL in source


def source_named(source: str) -> str:
    """What the ids of a source's events begin with."""
    return "ssd" if is_database(source) else RETURNS


def read_source(
    source: str, settings: Settings, policies: Policies, record: CaseRecord, now: datetime, progress: Progress
) -> SourceRead:
    """Read a source, with what it said before where it needs that.

    Raises ReturnRefused, PolicyRefused and RecordUnavailable, in words that hold nothing personal.
    """
    policy = settings.sync_policy or settings.default_policy
    return _returns(Path(source), policies, policy, record, now, progress)


def _returns(
    folder: Path, policies: Policies, policy: str, record: CaseRecord, now: datetime, progress: Progress
) -> SourceRead:
    read = returns_in(folder, local_date(now))
    together = read.beside(record)
    imported = together.imported(policies, policy, local_date(now), progress)
    return SourceRead(
        RETURNS,
        imported.events,
        imported.covered,
        imported.doubts,
        frozenset(children_of(read.returns)),
        [*_files(read), *_late(together)],
        lambda: read.keep(record, now),
    )


def _files(read: Returns) -> list[str]:
    """Each file, what it was read as, or why it was not read."""
    return [f"{each.name}: {each.table or f'not read: {each.why_not}'}" for each in read.files]


def _late(together: Returns) -> list[str]:
    """Of which years what was read is older than what was read before."""
    late: dict[str, set[str]] = {}
    for extract in together.stale:
        late.setdefault(extract.part, set()).add(extract.child)
    return [
        f"{part}: of {len(children):,} children an older extract than one read before, which counts"
        for part, children in sorted(late.items())
    ]

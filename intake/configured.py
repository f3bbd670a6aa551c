"""The configured source, whichever it is: a folder of SSDA903 returns, or an SSD by its database's URL."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from domain.case.calendar import local_date
from domain.policy.loading import Policies
from intake.returns import CARRIED, SOURCE, Returns, returns_in
from intake.returns.doubts import RULES as OF_RETURNS
from intake.returns.tables import FileListed
from intake.sources.doubts import Check
from intake.sources.read import Progress, SourceRead
from intake.ssd.doubts import RULES as OF_SSD
from intake.ssd.source import ssd_read, tables_of
from record.store import CaseRecord


def rules_of(source: str) -> Mapping[str, Check]:
    """What may be doubtful in a source, by rule."""
    return OF_RETURNS if source == SOURCE else OF_SSD


def is_database(setting: str) -> bool:
    """Whether a setting names a database rather than a folder: it is a URL."""
    return "://" in setting


def read_source(
    setting: str,
    policies: Policies,
    policy: str,
    now: datetime,
    record: CaseRecord | None = None,
    progress: Progress = lambda done, total: None,
) -> SourceRead:
    """What the source that a setting names says now, beside what the record kept of earlier readings.

    `policy`: the id of that under which its children come. Blocking: call it in a thread. Raises SourceRefused
    (ReturnRefused is one), PolicyRefused, RecordUnavailable.
    """
    if is_database(setting):
        tables = tables_of(setting, progress=progress)
        read, _ = ssd_read(setting, tables, policies, policy, now, record, progress)
        return replace(read, said=[f"{name}: {rows:,} rows" for name, rows in tables.counts().items()])
    return _returns(Path(setting), policies, policy, now, record, progress)


def _returns(
    folder: Path, policies: Policies, policy: str, now: datetime, record: CaseRecord | None, progress: Progress
) -> SourceRead:
    read = returns_in(folder, local_date(now))
    together = read.beside(record) if record else read
    imported = together.imported(policies, policy, local_date(now), progress)
    until = max((each.until for spans in imported.covered.values() for each in spans), default=date.min)
    return SourceRead(
        SOURCE, str(folder), imported.events, imported.covered, imported.doubts, CARRIED, until,
        stale=together.lost, children=imported.children, keep=read.keep,
        said=[*map(_file, read.files), *_late(together)],
    )  # fmt: skip


def _file(listed: FileListed) -> str:
    """A file: what it was read as, or why it was not read."""
    return f"{listed.name}: {listed.table or f'not read: {listed.why_not}'}"


def _late(together: Returns) -> list[str]:
    """Of which years what was read is older than what was read before."""
    late: dict[str, set[str]] = {}
    for extract in together.stale:
        late.setdefault(extract.part, set()).add(extract.child)
    return [
        f"{part}: of {len(children):,} children an older extract than one read before, which counts"
        for part, children in sorted(late.items())
    ]

"""The report over 2,500 and 20,000 children: processor time and memory, from the record's rows to the page."""

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil
from sqlalchemy import Engine, insert, select

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.policy.loading import Policies
from record.entries import KnownEvent, RecordEntry
from record.report_rows import TABLES
from record.store import CaseRecord
from reporting.keeping import ReportKeeper
from reporting.kept import span_of
from reporting.rendering import page
from reporting.report import ReportOf
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.loading import DIFFERENT, histories_named, patterns
from tools.bench.scale import Scale

POLICY: Final = "england-statutory"
UNDER: Final = 5


async def reports(scale: Scale, tell: Tell) -> list[Figure]:
    """Some children's histories worked out, and their rows under other references until there are so many."""
    with TemporaryDirectory() as folder, closing(CaseRecord.open(f"sqlite:///{Path(folder) / 'record.db'}")) as record:
        policies = Policies.load()
        keeper = ReportKeeper(record, policies, POLICY)
        tell("working children out")
        figures = [_worked_out(record, keeper)]
        for children in (scale.listed, scale.rows):
            tell(f"a report of {children} children")
            _copied(record.engine, children)
            figures += _made(record, policies, children, scale.rounds)
        return figures


def _worked_out(record: CaseRecord, keeper: ReportKeeper) -> Figure:
    for child, events in histories_named(patterns(), "REPORT", DIFFERENT).items():
        known = [KnownEvent(known_at=event.known_from, event=ev.document(event)) for event in events]
        record.write(RecordEntry(child=child, decided_at=datetime.now(UTC), events=known))
    began = time.process_time()
    renewed = keeper.renew_all()
    took = (time.process_time() - began) / renewed * 1000
    return Figure(
        "a child worked out for the report", "ms of processor", [took], about=f"{renewed} children, all known"
    )


def _copied(engine: Engine, wanted: int) -> None:
    """The rows of the first children, under other references, until there are so many children."""
    with engine.begin() as connection:
        for table in TABLES:
            columns = table.__table__
            there = connection.execute(select(columns).where(columns.c.child.like("REPORT-_____"))).mappings().all()
            rows = [{name: value for name, value in row.items() if name != "number"} for row in there]
            begun = len({row["child"] for row in rows})
            have = len(connection.execute(select(columns.c.child).distinct()).all())
            for copy in range(have // begun, wanted // begun):
                _insert(connection, table, [row | {"child": f"{row['child']}-{copy}"} for row in rows])


def _insert(connection: Any, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    connection.execute(insert(table), rows)


def _made(record: CaseRecord, policies: Policies, children: int, rounds: int) -> list[Figure]:
    now = datetime.now(UTC)
    span = span_of(local_date(now), None, now)
    took, length, counted = [], 0, 0
    for _ in range(rounds):
        began = time.process_time()
        made = ReportOf(record, policies).report(span, now)
        length = len(page(made))
        counted = made.children
        took.append(time.process_time() - began)
    memory = psutil.Process().memory_info().rss / 1e6
    about = f"{counted:,} children, twelve months, a page of {length / 1000:.0f} kB; SQLite"
    return [
        Figure(f"the report of {children:,}", "s of processor", took, aim=Aim("under", UNDER), about=about),
        Figure(f"the report of {children:,}, memory", "MB", [memory], about="resident, of the whole process"),
    ]

"""The report over 2,500 and 20,000 children, with what falls due: processor time and memory, from rows to the page."""

import gc
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import psutil

from delivery.caseload import utc_now
from delivery.directory import Directory, read_directory
from domain.case.calendar import local_date
from domain.policy.loading import Policies
from record.caseload_reading import CaseloadReading
from record.store import CaseRecord
from reporting.ahead import ahead
from reporting.falls_due import with_what_falls_due
from reporting.kept import span_of
from reporting.rendering import page
from reporting.report import Report, ReportOf
from tools.bench.authority import Authority
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.scale import Scale

UNDER: Final = 5


async def reports(scale: Scale, tell: Tell) -> list[Figure]:
    """Authorities of two sizes, each in a record of its own, and their reports."""
    figures, each = [], []
    for children in (scale.listed, scale.rows):
        with TemporaryDirectory() as folder, closing(CaseRecord.open(f"sqlite:///{Path(folder) / 'record.db'}")) as own:
            tell(f"making {children} children")
            authority = Authority(own, children, utc_now())
            each.append(authority.worked_out * 1000)
            tell(f"a report of {children} children")
            figures += _figures(own, authority, scale.rounds)
    return [Figure("a child worked out for the report", "ms of processor", each), *figures]


class ReportTook(NamedTuple):
    """One report: seconds of processor to its tables and to its page, how much it counts, and the page's length."""

    tables: float
    page: float
    counted: int
    length: int


def _figures(record: CaseRecord, authority: Authority, rounds: int) -> list[Figure]:
    directory = read_directory(authority.directory())
    took = [_round(record, directory) for _ in range(rounds)]
    name, memory = f"the report of {authority.children:,}", psutil.Process().memory_info().rss / 1e6
    last = took[-1]
    about = f"twelve months, twelve weeks ahead, a page of {last.length / 1e6:.1f} MB with the children; SQLite"
    return [
        Figure(name, "s of processor", [one.page for one in took], aim=Aim("under", UNDER), about=about),
        Figure(
            f"{name}, its tables alone",
            "s of processor",
            [one.tables for one in took],
            about=f"{last.counted:,} lines counted",
        ),
        Figure(f"{name}, memory", "MB", [memory], about="resident, of the whole process"),
    ]


def _round(record: CaseRecord, directory: Directory) -> ReportTook:
    gc.collect()  # of the round before, which a command does not have
    began = time.process_time()
    made = _made(record, directory, utc_now())
    tabled = time.process_time() - began
    length = len(page(made))
    paged = time.process_time() - began
    cells = (cell for table in made.tables for row in table.rows for cell in row.cells.values())
    return ReportTook(tabled, paged, sum(len(cell.of) for cell in cells), length)


def _made(record: CaseRecord, directory: Directory, now: datetime) -> Report:
    policies, today = Policies.load(), local_date(now)
    made = ReportOf(record, policies).report(span_of(today, None, now), now)
    under_way = CaseloadReading(record.engine, now).under_way()
    return with_what_falls_due(made, ahead(record, policies, directory, today, under_way))

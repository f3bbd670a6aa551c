"""The report as it was last made for a page: shown again at once, with when it was made, and made anew behind it.

Whatever it is of is in its key: the days, the very children whom the reader may see, who is there today, the rules and
the program. So nobody is shown what is not theirs any more. The record alone may have moved since, and the page says
so (docs/adr/0048-report.md).
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from threading import Lock
from time import perf_counter
from typing import Final, NamedTuple

from desk.visits import Visit
from record.report_pages import PageKept, ReportPages
from reporting.program import PAGES, digest, made_by

QUICK: Final = 150
"""Milliseconds: what was made so fast is made anew at once when the record has moved (ours: nobody has to wait)."""
SOON: Final = timedelta(minutes=1)
"""A slower one is not made anew more often (ours: at 20,000 children it takes a processor for some seconds)."""
LATE: Final = timedelta(minutes=15)
"""And is not shown if it is older and the record has moved: who asks then waits for a new one (ours)."""
READER: Final = 5
"""Children whose news is worked out before a report is made (ours, as in desk/my_children.py)."""
MAKING: Final = Lock()
"""One is made at a time in a process: who asks for the same meanwhile is shown it then."""


class ReportAsked(NamedTuple):
    """What a report is of beside the record: of which days, in words, of which children, and whom it leaves out."""

    days: str
    children: Collection[str]
    left_out: Collection[str]


class ReportShown(NamedTuple):
    """A report to be shown. `moved`: something is recorded that is not in it; `due`: it is to be made anew."""

    page: PageKept
    moved: bool
    due: bool


Make = Callable[[], str]
"""Works the report out and renders it."""


def report_shown(visit: Visit, asked: ReportAsked, make: Make) -> ReportShown:
    """The kept one, or a new one where there is none that may be shown. Raises RecordUnavailable."""
    pages, key = ReportPages(visit.desk.reach.record().engine), _key(visit, asked)
    if shown := _found(visit, pages, key):
        return shown
    with MAKING:
        return _found(visit, pages, key) or ReportShown(_made(visit, pages, key, make), moved=False, due=False)


def make_anew(visit: Visit, asked: ReportAsked, make: Make) -> None:
    """Make it anew for whoever looks next, unless one is being made already."""
    if MAKING.acquire(blocking=False):
        try:
            _made(visit, ReportPages(visit.desk.reach.record().engine), _key(visit, asked), make)
        finally:
            MAKING.release()


def _found(visit: Visit, pages: ReportPages, key: str) -> ReportShown | None:
    kept, state = pages.find(key), pages.state(visit.desk.report.left_out())
    if kept is None:
        return None
    moved, age = kept.state != state.word or not state.settled, visit.now - kept.made_at
    if moved and (kept.took < QUICK or age > LATE):
        return None
    return ReportShown(kept, moved, due=moved and age > SOON)


def _made(visit: Visit, pages: ReportPages, key: str, make: Make) -> PageKept:
    began = perf_counter()
    visit.desk.report.renew_outdated(READER)
    state = pages.state(visit.desk.report.left_out())  # before it is read: what comes in between is seen as not in it
    html = make()
    page = PageKept(visit.now, round((perf_counter() - began) * 1000), state.word, html)
    pages.keep(key, page)
    return page


def _key(visit: Visit, asked: ReportAsked) -> str:
    desk = visit.desk
    by = made_by(desk.rulebook, desk.reach.settings.default_policy, PAGES)
    here = (visit.today.isoformat(), desk.directory.model_dump_json())
    return digest(by, *here, asked.days, ",".join(sorted(asked.children)), ",".join(sorted(asked.left_out)))

"""The report on the desk: of the children whom somebody may see, and each number opens to its children."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Response

from desk.days import DayTyped, day_typed
from desk.desk import AT
from desk.forms import Errors
from desk.needs import Need
from desk.pages import Pages
from desk.paging import Paging, page_number
from desk.refusing import NotHere
from desk.rendering import page
from desk.visits import Visit, Visited
from reporting.ahead import ahead
from reporting.bars import picture
from reporting.csv_files import children_csv, definitions_csv, table_csv
from reporting.falls_due import falls_due
from reporting.kept import ReportSpan, span_of
from reporting.report import Report, ReportOf
from reporting.tables import Column, ReportTable, TableRow

PATH: Final = f"{AT}/report"
READER: Final = 5
"""Children whose news is worked out before the report is shown (ours, as in desk/my_children.py)."""
LISTED: Final = 100
"""Lines of one page of a list (ours)."""
DEFINITIONS: Final = "definitions"
pages = Pages()


class DaysAsked(NamedTuple):
    """The days that somebody asks for, as they typed them."""

    since: str
    day: str
    known_on: str

    def address(self, below: str = "", **more: str) -> str:
        """An address with the same days."""
        fields = {name: value for name, value in {**self._asdict(), **more}.items() if value}
        return f"{PATH}{below}" + (f"?{urlencode(fields)}" if fields else "")


@pages.show("/report", Need.OVERSIGHT)
def show_report(visit: Visited, since: str = "", day: str = "", known_on: str = "") -> Response:
    """All tables."""
    asked, errors = DaysAsked(since, day, known_on), Errors()
    span = _span(visit, asked, errors)
    _looked(visit, "/report")
    made = None if errors else _made(visit, span)
    return page(
        visit,
        "report.html",
        "Is the service keeping its promises?",
        errors=errors,
        asked=asked,
        span=span,
        report=made,
        pictures={table.key: picture(table) for table in made.tables} if made else {},
        open=_opener(asked),
        csv=lambda table: asked.address("/csv", table=table),
    )


@pages.show("/report/children", Need.OVERSIGHT)
def show_counted(
    visit: Visited,
    table: str = "reviews-by-step",
    row: str = "all",
    column: str = "statutory_due",
    since: str = "",
    day: str = "",
    known_on: str = "",
    number: str = "1",
) -> Response:
    """What one number counts."""
    asked = DaysAsked(since, day, known_on)
    shown = _table(visit, _span(visit, asked, Errors()), table)
    cell, said = (shown.cell(row, column), shown.column(column)) if shown else (None, None)
    if shown is None or cell is None or said is None:
        raise NotHere
    _looked(visit, f"/report/children {table} {row} {column}")
    paging = Paging(
        page_number(number), len(cell.of), asked.address("/children", table=table, row=row, column=column), LISTED
    )
    counted = cell.of[paging.begins : paging.begins + LISTED]
    return page(
        visit,
        "report_children.html",
        f"{shown.title}: {said.title.lower()}",
        table=shown,
        row=next(one for one in shown.rows if one.key == row),
        column=said,
        cell=cell,
        counted=counted,
        labels=visit.labels(dict.fromkeys(one.child for one in counted)),
        paging=paging,
        back=asked.address(),
    )


@pages.show("/report/csv", Need.OVERSIGHT)
def show_csv(
    visit: Visited, table: str = DEFINITIONS, children: str = "", since: str = "", day: str = "", known_on: str = ""
) -> Response:
    """A table for a spreadsheet; with `children`, what its numbers count."""
    made = _made(visit, _span(visit, DaysAsked(since, day, known_on), Errors()))
    shown = made.table(table)
    if shown is None and table != DEFINITIONS:
        raise NotHere
    _looked(visit, f"/report/csv {table}{' children' if children else ''}")
    text = definitions_csv(made) if shown is None else children_csv(shown) if children else table_csv(shown)
    name = f"{table}{'-children' if children else ''}-{made.span.day}.csv"
    return Response(
        "\N{ZERO WIDTH NO-BREAK SPACE}" + text,  # spreadsheets take a file without it for one in an old code page
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{quote(name)}"', "Cache-Control": "no-store"},
    )


def _looked(visit: Visit, path: str) -> None:
    visit.desk.views.write(visit.now, visit.viewer.key, None, path, None, allowed=True)


def _span(visit: Visit, asked: DaysAsked, errors: Errors) -> ReportSpan:
    """The days asked for; what cannot be read is said, and is as if it were not asked."""
    days = {name: day_typed(typed, visit.today) for name, typed in asked._asdict().items() if typed.strip()}
    for name, read in days.items():
        if isinstance(read, str):
            errors.add(name, read)
        elif read.day > visit.today:
            errors.add(name, "Enter a day up to today")
    understood = {name: one.day for name, one in days.items() if isinstance(one, DayTyped)}
    known, since = understood.get("known_on"), understood.get("since")
    last = min(understood.get("day") or known or visit.today, visit.today)
    if since and since > last:
        errors.add("since", "Enter a first day that is not after the last")
    return span_of(last, since if since and since <= last else None, visit.now, known)


def _made(visit: Visit, span: ReportSpan) -> Report:
    """The whole report, brought up to date first."""
    visit.desk.caseload.renew_news(READER)
    visit.desk.report.renew_outdated(READER)
    whose = "the children you see" if visit.viewer.manager else "the children you review"
    made = _reporter(visit).report(span, visit.now, whose, visit.desk.report.waiting())
    return replace(made, tables=[*made.tables, *_ahead(visit, span)])


def _table(visit: Visit, span: ReportSpan, key: str) -> ReportTable | None:
    """One table of the report, without the others."""
    own = _reporter(visit).table(key, span, visit.now)
    return own or next((table for table in _ahead(visit, span) if table.key == key), None)


def _reporter(visit: Visit) -> ReportOf:
    """Reports of the children whom somebody may see, with those who have left care."""
    lists = visit.desk.lists(visit.viewer, visit.now)
    children = lists.ever("all" if visit.viewer.manager else "reviewed")
    return ReportOf(visit.desk.reach.record(), visit.desk.rulebook, children)


def _ahead(visit: Visit, span: ReportSpan) -> list[ReportTable]:
    """What falls due for the children under way whom somebody may see; of a past day nothing can be said of it."""
    if not span.is_of(visit.today, visit.now):
        return []
    lists = visit.desk.lists(visit.viewer, visit.now)
    under_way = lists.reading.references(lists.part("all" if visit.viewer.manager else "reviewed"))
    record, policies = visit.desk.reach.record(), visit.desk.rulebook
    return falls_due(ahead(record, policies, visit.desk.directory, visit.today, under_way))


def _opener(asked: DaysAsked) -> Callable[[ReportTable, TableRow, Column], str]:
    """Where a number leads."""
    return lambda table, row, column: asked.address("/children", table=table.key, row=row.key, column=column.key)

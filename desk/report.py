"""The report on the desk: of the children whom somebody may see, and each number opens to its children."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Response
from starlette.background import BackgroundTask

from desk.days import DayTyped, day_typed
from desk.desk import AT
from desk.forms import Errors
from desk.kept_report import READER, ReportAsked, make_anew, report_shown
from desk.needs import Need
from desk.pages import Pages
from desk.paging import Paging, page_number
from desk.refusing import NotHere
from desk.rendering import fragment, page
from desk.sights import Whose
from desk.visits import Visit, Visited
from domain.case.accepted import FIRST_INSTANT
from reporting.ahead import ahead
from reporting.bars import picture
from reporting.csv_files import children_csv, definitions_csv, table_csv
from reporting.falls_due import falls_due
from reporting.kept import ReportSpan, span_of
from reporting.report import Report, ReportOf
from reporting.tables import Column, ReportTable, TableRow

PATH: Final = f"{AT}/report"
LISTED: Final = 100
"""Lines of one page of a list (ours)."""
DEFINITIONS: Final = "definitions"
pages = Pages()


class DaysAsked(NamedTuple):
    """The days that somebody asks for, as they typed them; `at`: when the report was made whose number they open."""

    since: str
    day: str
    known_on: str
    at: str = ""

    def address(self, below: str = "", **more: str) -> str:
        """An address with the same days."""
        fields = {name: value for name, value in {**self._asdict(), **more}.items() if value}
        return f"{PATH}{below}" + (f"?{urlencode(fields)}" if fields else "")

    def below(self, below: str, **more: str) -> str:
        """The same from the report's own page: an authority's has ten thousand of them."""
        return self.address(below, **more).removeprefix(f"{AT}/")

    def made_at(self, now: datetime) -> datetime:
        """The instant up to which it knows. Raises NotHere for what is none."""
        try:
            return min(max(datetime.fromisoformat(self.at), FIRST_INSTANT), now) if self.at else now
        except (ValueError, TypeError):  # no instant, or one without a zone
            raise NotHere from None


@pages.show("/report", Need.OVERSIGHT)
def show_report(visit: Visited, since: str = "", day: str = "", known_on: str = "") -> Response:
    """All tables: as they were last made, where that may be shown."""
    asked, errors = DaysAsked(since, day, known_on), Errors()
    span = _span(visit, asked, errors)
    _looked(visit, "/report")
    of, make = _of(visit, span, asked), partial(_rendered, visit, span, asked)
    shown = None if errors else report_shown(visit, of, make)
    answer = page(
        visit,
        "report.html",
        "Is the service keeping its promises?",
        errors=errors,
        asked=asked,
        span=span,
        shown=shown,
    )
    if shown and shown.due:
        answer.background = BackgroundTask(make_anew, visit, of, make)
    return answer


@pages.show("/report/children", Need.OVERSIGHT)
def show_counted(
    visit: Visited,
    table: str = "reviews-by-step",
    row: str = "all",
    column: str = "statutory_due",
    since: str = "",
    day: str = "",
    known_on: str = "",
    at: str = "",
    number: str = "1",
) -> Response:
    """What one number counts."""
    asked = DaysAsked(since, day, known_on, at)
    shown = _table(visit, _span(visit, asked, Errors()), asked, table)
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
        back=asked._replace(at="").address(),
    )


@pages.show("/report/csv", Need.OVERSIGHT)
def show_csv(
    visit: Visited,
    table: str = DEFINITIONS,
    children: str = "",
    since: str = "",
    day: str = "",
    known_on: str = "",
    at: str = "",
) -> Response:
    """A table for a spreadsheet; with `children`, what its numbers count."""
    asked = DaysAsked(since, day, known_on, at)
    span = _span(visit, asked, Errors())
    if not asked.at:
        _renewed(visit)
    if table == DEFINITIONS:
        text = definitions_csv(_made(visit, span, asked))
    elif shown := _table(visit, span, asked, table):
        text = children_csv(shown) if children else table_csv(shown)
    else:
        raise NotHere
    _looked(visit, f"/report/csv {table}{' children' if children else ''}")
    name = f"{table}{'-children' if children else ''}-{span.day}.csv"
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
    return span_of(last, since if since and since <= last else None, asked.made_at(visit.now), known)


def _of(visit: Visit, span: ReportSpan, asked: DaysAsked) -> ReportAsked:
    """What the report is of, beside the record."""
    visit.desk.caseload.renew_news(READER)
    days = " ".join(map(str, (span.since, span.day, *asked, _whose(visit))))
    return ReportAsked(days, _ever(visit), visit.desk.lists(visit.viewer, visit.now).left_out(_sight(visit)))


def _rendered(visit: Visit, span: ReportSpan, asked: DaysAsked) -> str:
    """The report worked out, as it is kept."""
    made, numbered = _made(visit, span, asked), asked._replace(at=f"{visit.now:%Y%m%dT%H%M%S.%fZ}")
    return fragment(
        "report_tables.html",
        span=span,
        report=made,
        pictures={table.key: picture(table) for table in made.tables},
        open=_opener(numbered),
        csv=lambda table: numbered.below("/csv", table=table),
    )


def _renewed(visit: Visit) -> None:
    """What is new of some children worked out first."""
    visit.desk.caseload.renew_news(READER)
    visit.desk.report.renew_outdated(READER)


def _made(visit: Visit, span: ReportSpan, asked: DaysAsked) -> Report:
    """The whole report."""
    made = _reporter(visit).report(span, asked.made_at(visit.now), _whose(visit), visit.desk.report.waiting())
    return replace(made, tables=[*made.tables, *_ahead(visit, span, asked)], left_out=_left_out(visit))


def _table(visit: Visit, span: ReportSpan, asked: DaysAsked, key: str) -> ReportTable | None:
    """One table of the report, without the others."""
    own = _reporter(visit).table(key, span, asked.made_at(visit.now))
    return own or next((table for table in _ahead(visit, span, asked) if table.key == key), None)


def _reporter(visit: Visit) -> ReportOf:
    """Reports of the children whom somebody may see, with those who have left care."""
    return ReportOf(visit.desk.reach.record(), visit.desk.rulebook, _ever(visit))


def _ahead(visit: Visit, span: ReportSpan, asked: DaysAsked) -> list[ReportTable]:
    """What falls due for the children under way whom somebody may see; of a past day nothing can be said of it."""
    if not span.is_of(visit.today, asked.made_at(visit.now)):
        return []
    record, policies = visit.desk.reach.record(), visit.desk.rulebook
    return falls_due(ahead(record, policies, visit.desk.directory, visit.today, _under_way(visit)))


def _whose(visit: Visit) -> str:
    return "the children you see" if visit.viewer.manager else "the children you review"


def _left_out(visit: Visit) -> list[str]:
    """Whom they would see in it, could the case record be read of them."""
    of_keeper = _ever(visit).intersection(visit.desk.report.left_out())
    return sorted({*of_keeper, *visit.desk.lists(visit.viewer, visit.now).left_out(_sight(visit))})


def _ever(visit: Visit) -> frozenset[str]:
    return visit.desk.lists(visit.viewer, visit.now).ever(_sight(visit))


def _sight(visit: Visit) -> Whose:
    return "all" if visit.viewer.manager else "reviewed"


def _under_way(visit: Visit) -> frozenset[str]:
    lists = visit.desk.lists(visit.viewer, visit.now)
    return lists.reading.references(lists.part("all" if visit.viewer.manager else "reviewed"))


def _opener(asked: DaysAsked) -> Callable[[ReportTable, TableRow, Column], str]:
    """Where a number leads."""
    return lambda table, row, column: asked.below("/children", table=table.key, row=row.key, column=column.key)

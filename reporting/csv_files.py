"""A report as CSV: a file for each table, one for what each number counts, and one for the definitions."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from domain.case.calendar import local_date
from reporting.report import Report
from reporting.tables import ReportTable

OBEYED = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes as the beginning of a formula."""


def files_of(report: Report) -> Iterator[tuple[str, str]]:
    """Names and texts of all files."""
    for table in report.tables:
        yield f"{table.key}.csv", table_csv(table)
        yield f"{table.key}-children.csv", children_csv(table)
    yield "definitions.csv", definitions_csv(report)


def table_csv(table: ReportTable) -> str:
    """A table with its headings; each number as the page has it."""
    heads = [
        table.of,
        *(f"{column.group}: {column.title}" if column.group else column.title for column in table.columns),
    ]
    rows = [[row.title, *(row.cell(column.key).text for column in table.columns)] for row in table.rows]
    return _csv(heads, rows)


def children_csv(table: ReportTable) -> str:
    """What each number of a table counts: a line for each row, column and child. References, and reasons as written."""
    rows = [
        [row.title, column.group, column.title, one.child, one.what, one.due, one.done, one.days, one.note]
        for row in table.rows
        if not row.total
        for column in table.columns
        if column.unit == ""
        for one in row.cell(column.key).of
    ]
    return _csv([table.of, "Group", "Column", "Child", "What", "Day", "Done", "Days", "Reason"], rows)


def definitions_csv(report: Report) -> str:
    """What each table and column counts, and as what the report is."""
    span = report.span
    known = f"as known on {local_date(span.known_at)}, of {span.since} to {span.day}; {report.of_whom}"
    rows = [
        [table.title, column.title, column.group, column.counts, *_of(table), known]
        for table in report.tables
        for column in table.columns
    ]
    heads = [
        "ReportTable",
        "Column",
        "Group",
        "Counts",
        "Of whom",
        "Between which days",
        "By which clause",
        "Left out",
        "As",
    ]
    return _csv(heads, rows)


def _of(table: ReportTable) -> tuple[str, str, str, str]:
    one = table.definition
    return one.of_whom, one.between, one.clause, one.left_out


def _csv(heads: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """A text that a spreadsheet would obey is quoted."""
    return f"'{value}" if isinstance(value, str) and value.startswith(OBEYED) else value

"""The children behind the numbers of a file: each list once, however many numbers count it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reporting.report import Report
from reporting.tables import Column, LineCounted, ReportTable, TableRow


class ChildrenListed(NamedTuple):
    """One list: its anchor, of which number it is, and the references, each with its days where there are any."""

    anchor: str
    title: str
    children: str


class RowListed(NamedTuple):
    """The lists of a row. A number that they make up together leads to the row."""

    anchor: str
    title: str
    lists: Sequence[ChildrenListed]


class TableListed(NamedTuple):
    """The lists of a table. A number of all rows leads to the table."""

    anchor: str
    title: str
    rows: Sequence[RowListed]


class ChildrenBehind:
    """The lists of a report, and where each number leads. A row is named by its place, which is looked up once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._places = {id(row): place for table in report.tables for place, row in enumerate(table.rows)}

    def listed(self) -> list[TableListed]:
        """Every list, in the order of the tables."""
        return [
            TableListed(_of_table(table), table.title, [self._row(table, row) for row in table.rows if _is_listed(row)])
            for table in self._report.tables
        ]

    def anchor(self, table: ReportTable, row: TableRow, column: Column) -> str:
        """Where a number of a file leads: to its list, or to the lists that count the same together."""
        if row.total:
            return f"#{_of_table(table)}"
        first = _first(table, row, column)
        return f"#{self._of_row(table, row) if first.parts else self._of_list(table, row, first)}"

    def _row(self, table: ReportTable, row: TableRow) -> RowListed:
        return RowListed(self._of_row(table, row), row.title, list(self._lists(table, row)))

    def _lists(self, table: ReportTable, row: TableRow) -> Iterator[ChildrenListed]:
        for column in table.columns:
            of = row.cell(column.key).of
            if of and not column.parts and _first(table, row, column) is column:
                title = f"{column.group}: {column.title}" if column.group else column.title
                yield ChildrenListed(self._of_list(table, row, column), title, ", ".join(sorted(map(_named, of))))

    def _of_row(self, table: ReportTable, row: TableRow) -> str:
        return f"{_of_table(table)}-{self._places[id(row)]}"

    def _of_list(self, table: ReportTable, row: TableRow, column: Column) -> str:
        return f"{self._of_row(table, row)}-{column.key}"


def _first(table: ReportTable, row: TableRow, column: Column) -> Column:
    """The first column that counts the very same: a median and a longest are of one list."""
    of = row.cell(column.key).of
    return next((one for one in table.columns if row.cell(one.key).of is of), column)


def _named(one: LineCounted) -> str:
    return f"{one.child} ({one.days})" if one.days else one.child


def _is_listed(row: TableRow) -> bool:
    return not row.total and any(cell.of for cell in row.cells.values())


def _of_table(table: ReportTable) -> str:
    return f"children-{table.key}"

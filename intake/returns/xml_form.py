"""A whole return as one XML file, the Department's other form: EXPSSDA903, in it each CHILD with HEADER and EPISODE.

Its tags are the columns of the tables but for two (`CHILDID`, `PL`); reviews and decisions stand within the header.
"""

from typing import Final
from xml.parsers import expat

from intake.returns.rows import READ, REQUIRED, ReturnRefused, ReturnRow

ROOT: Final = "EXPSSDA903"
CHILD: Final = "CHILD"
WITHIN: Final = 3
"""How deep what stands within a child stands at least."""
COLUMNS: Final = {"CHILDID": "CHILD", "PL": "PLACE"}
"""Tags that the tables call otherwise."""
TABLES: Final = {"HEADER": "Header", "EPISODE": "Episodes", "AREVIEW": "Reviews", "AD_PLACED": "PlacedAdoption"}
"""The elements whose own tags are one row of a table."""
OF_ADOPTION: Final = frozenset(READ["AD1"]) - {"CHILD"}


def rows_of_xml(data: bytes, name: str) -> dict[str, list[ReturnRow]]:
    """The tables of a return given as XML. Raises ReturnRefused naming the line."""
    form = _Form(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda tag, _: form.begin(_local(tag), parser.CurrentLineNumber)
    parser.EndElementHandler = lambda tag: form.end(_local(tag))
    parser.CharacterDataHandler = form.text
    parser.EntityDeclHandler = form.refuse_entity
    try:
        parser.Parse(data, True)  # noqa: FBT003 (isfinal has no name in expat)
    except expat.ExpatError as error:
        raise ReturnRefused(f"{name}: line {error.lineno}: no XML: {expat.ErrorString(error.code)}") from None
    except ReturnRefused:
        raise
    except (LookupError, ValueError):
        # Of an encoding that nobody knows, or of several bytes, expat has no error of its own.
        raise ReturnRefused(f"{name}: the encoding that it names cannot be read; accepted: UTF-8") from None
    return form.tables


def _local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition(" ")[2].upper()


class _Row:
    def __init__(self, table: str, line: int) -> None:
        self.table = table
        self.line = line
        self.cells: dict[str, str] = {}


class _Form:
    """The rows as they are read, child by child."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tables: dict[str, list[ReturnRow]] = {table: [] for table in REQUIRED}
        self._depth = 0
        self._text: list[str] = []
        self._rows: list[_Row] = []
        self._open: list[_Row] = []

    def begin(self, tag: str, line: int) -> None:
        if self._depth == 0 and tag != ROOT:
            raise ReturnRefused(f"{self.name}: its root is no {ROOT}; accepted: the return as the Department takes it")
        self._depth += 1
        self._text = []
        if tag == CHILD and self._depth == 2:
            self._rows, self._open = [_Row("AD1", line)], []
        elif tag in TABLES:
            if self._depth < WITHIN:
                raise ReturnRefused(f"{self.name}: line {line}: {tag} stands in no {CHILD}; accepted: within one")
            self._open.append(_Row(TABLES[tag], line))
            self._rows.append(self._open[-1])

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag == CHILD and self._depth == 1:
            self._child()
        elif tag in TABLES and self._open:
            self._open.pop()
        else:
            self._cell(COLUMNS.get(tag, tag), "".join(self._text).strip())
        self._text = []

    def text(self, text: str) -> None:
        # A line at a time, however many: put together at the end, or a file of blank lines takes hours.
        self._text.append(text)

    def refuse_entity(self, *_: object) -> None:
        raise ReturnRefused(f"{self.name}: it declares entities; accepted: a return without any")

    def _cell(self, column: str, value: str) -> None:
        if not value:
            return
        if self._open:
            self._open[-1].cells[column] = value
        if column in OF_ADOPTION and self._rows:
            self._rows[0].cells[column] = value

    def _child(self) -> None:
        """Every row of the child, with its reference; of an adoption only where there was one."""
        ref = next((row.cells["CHILD"] for row in self._rows if "CHILD" in row.cells), "")
        for row in self._rows:
            if row.cells:
                line = ReturnRow(self.name, row.line, {**row.cells, "CHILD": ref})
                self.tables.setdefault(row.table, []).append(line)

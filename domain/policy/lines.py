"""On which line of a TOML file each value stands, so that a slip can be shown where it was made.

Python's own TOML reader gives values without positions. This index walks the same text once and notes the line of
every table, key and element; it reads only what that reader has taken already.
"""

from collections.abc import Mapping

Path = tuple[str | int, ...]
"""The way to a value, such as ("obligation", 3, "due", 0)."""

BLANK = " \t\r\n"
ENDS_BARE_KEY = " \t=.]"


def lines_of(text: str) -> Mapping[Path, int]:
    """The line (from 1) of every table, key and element of a TOML text that is right in form."""
    return _Index(text).lines


def line_at(lines: Mapping[Path, int], path: Path) -> int:
    """The line of a value; of what holds it, where it is not written itself; of the first line at the least."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Index:
    """One walk over a text. Comments and strings are passed over whole."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.rows: dict[str, int] = {}
        self._counted_to, self._line = 0, 1
        table: Path = ()
        while self._skip():
            if text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _note(self, path: Path) -> None:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], self._line)

    def _skip(self) -> bool:
        """Pass over blanks and comments; whether anything follows."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                self._to("\n")
            elif self.text[self.at] in BLANK:
                self.at += 1
            else:
                return True
        return False

    def _to(self, mark: str) -> None:
        found = self.text.find(mark, self.at)
        self.at = len(self.text) if found < 0 else found

    def _header(self) -> Path:
        """`[ladder]` or `[[obligation]]`: the path of the table that it opens."""
        start = self.at
        several = self.text.startswith("[[", start)
        self.at += 2 if several else 1
        key = self._key("]")
        path: Path = key
        if several:
            name = ".".join(key)
            place = self.rows[name] = self.rows.get(name, -1) + 1
            path = (*key, place)
        end = self.at + (2 if several else 1)
        self.at = start
        self._note(path)
        self.at = end
        return path

    def _key(self, end: str) -> tuple[str, ...]:
        """A key, dotted or not, up to the mark that ends it."""
        parts = []
        while self.text[self.at] != end:
            if self.text[self.at] in BLANK + ".":
                self.at += 1
            elif self.text[self.at] in "\"'":
                parts.append(self._string())
            else:
                start = self.at
                while self.text[self.at] not in ENDS_BARE_KEY:
                    self.at += 1
                parts.append(self.text[start : self.at])
        return tuple(parts)

    def _pair(self, table: Path) -> None:
        start = self.at
        path = (*table, *self._key("="))
        end, self.at = self.at, start
        self._note(path)
        self.at = end + 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        self._note(path)
        match self.text[self.at]:
            case '"' | "'":
                self._string()
            case "[":
                self._elements(path)
            case "{":
                self._inline(path)
            case _:
                while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                    self.at += 1

    def _elements(self, path: Path) -> None:
        self.at += 1
        place = 0
        while self._skip() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._value((*path, place))
            place += 1
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while self._skip() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._pair(path)
        self.at += 1

    def _string(self) -> str:
        """Pass over a string of any of the four kinds; what stands between its marks."""
        mark = self.text[self.at]
        if self.text.startswith(mark * 3, self.at):
            mark *= 3
        start = self.at = self.at + len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if mark[0] == '"' and self.text[self.at] == "\\" else 1
        text = self.text[start : self.at]
        self.at += len(mark)
        return text

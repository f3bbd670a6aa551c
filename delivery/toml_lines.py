"""Problems of a TOML file as a person mends them: by line and field, with what was probably meant."""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

HEADER = re.compile(r"^\s*\[\[?\s*([^\[\]#]+?)\s*\]\]?\s*(#.*)?$")
SETTING = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


class Problem(NamedTuple):
    """What is wrong, with which field, on which line."""

    line: int
    field: str
    why: str


def in_words(name: str, problems: Iterable[Problem]) -> str:
    """All problems, a line each, in order."""
    return "\n".join(f"{name}, line {p.line}: {p.field}: {p.why}" for p in sorted(set(problems)))


def near(word: str, known: Collection[str]) -> str:
    """What was probably meant, or else what would be accepted, as the end of a sentence."""
    meant = difflib.get_close_matches(word, known, n=1)
    if meant:
        return f"; did you mean {meant[0]}?"
    return f"; accepted: {', '.join(known)}" if len(known) <= 30 else ""


def line_of(text: str, path: Iterable[str]) -> int:
    """The line on which what a path names begins, or what is nearest around it; lines count from 1."""
    wanted = tuple(path)
    best, line = 0, 1
    for number, found in _places(text):
        common = _common(found, wanted)
        if common == len(found) and common > best:
            best, line = common, number
    return line


def _places(text: str) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Each header and setting with its line and path; the tables of an array count from 0."""
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            table = _path(header[1])
            if line.lstrip().startswith("[["):
                counts[table] = counts.get(table, -1) + 1
                table = (*table, str(counts[table]))
            yield number, table
        elif setting := SETTING.match(line):
            yield number, (*table, *_path(setting[1]))


def _path(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key, unquoted as TOML does."""
    found: list[str] = []
    try:
        inner: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return (dotted,)
    while isinstance(inner, dict):
        key, inner = next(iter(inner.items()))
        found.append(key)
    return tuple(found)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))

"""Which tests show a rule: found by the rule's id in what they say, so that the list cannot go stale.

A story test names the rule it is about, as `standing(PPM, happened, day, "initial-ppm")` does; a worked case shows the
rules in its expected actions. A test of something else that merely names a rule is rare and does no harm.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
STORIES: Final = ROOT / "tests" / "domain"
CASES: Final = ROOT / "tests" / "cases"
LADDER_WORDS: Final = "escalation"


@dataclass(frozen=True, slots=True)
class Showing:
    """A test, or a worked case, and the text that says what it is about."""

    name: str
    path: Path
    text: str

    @property
    def link(self) -> str:
        """Markdown to it, from a folder of docs/."""
        return f"[{self.name}](../../{self.path.relative_to(ROOT).as_posix()})"


@cache
def everything() -> tuple[Showing, ...]:
    """Every story test and worked case, in order of file and place."""
    return (*_stories(), *_cases())


def _stories() -> Iterator[Showing]:
    for path in sorted(STORIES.glob("test_*.py")):
        text = path.read_text("utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
                said = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
                yield Showing(node.name.removeprefix("test_").replace("_", " "), path, said)


def _cases() -> Iterator[Showing]:
    for path in sorted(CASES.glob("*.actions.jsonl")):
        yield Showing(f"case {path.name.removesuffix('.actions.jsonl')}", path, path.read_text("utf-8"))


def shown_by(rule: str) -> list[Showing]:
    """The tests that show a rule: stories before worked cases, those first that name it most."""
    word = LADDER_WORDS if rule == "ladder" else rule
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])(?!_held)")
    counted = [(len(pattern.findall(one.text)), one) for one in everything()]
    ranked = sorted(counted, key=lambda pair: (pair[1].path.parent != STORIES, -pair[0]))
    return [one for count, one in ranked if count]

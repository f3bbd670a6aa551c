"""Words with one meaning: public names use the glossary's, the events' or plain English, and no two share a name.

A new word of the field or of the house goes into docs/glossary.md with its meaning; a plain one into plain_words.txt.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from domain.case.events import EVENT_TYPES

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
PLAIN = Path(__file__).with_name("plain_words.txt")

# Words that once had two meanings, and where alone a name may have them.
ONE_HOME = {
    "adoption": {"domain/case/events.py"},
    "deliverer": {"delivery"},
    "found": set[str](),
    "meeting": set[str](),
    "standing": {"service", "workflows"},
}
HELD = re.compile(r"\b(told|found)\b")
"""Variables that are one thing wherever they are, in tests too."""
SEARCHES = {"find", "fullmatch", "match", "search"}

Binding = tuple[str, ast.AST, ast.AST | None]
"""File, place, and the value if one stands there."""


@cache
def trees() -> dict[str, ast.Module]:
    """Every file of the product and its tools, without the migrations: those are named by their numbers."""
    packages = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"]
    files = [
        file for package in packages for file in package.rglob("*.py") if "versions" not in file.relative_to(ROOT).parts
    ]
    return parsed(file for file in [*files, ROOT / "worker.py"] if file.is_file())


@cache
def trees_of_tests() -> dict[str, ast.Module]:
    """The files of the tests in which one of the words stands that its variables are held to as well."""
    files = (ROOT / "tests").rglob("*.py")
    return parsed(file for file in files if HELD.search(file.read_text("utf-8")))


def parsed(files: Iterable[Path]) -> dict[str, ast.Module]:
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}


@cache
def classes() -> tuple[tuple[str, str], ...]:
    """Each public class: its file and name."""
    return tuple(
        (file, node.name)
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )


def names() -> Iterator[tuple[str, str]]:
    """Each public name: its file, and the name in lower case with _ between its words."""
    for file in trees():
        yield file, file.removesuffix(".py").rpartition("/")[2].strip("_")
    for file, name in classes():
        yield file, "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", name)).lower()


def in_words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}


def rows() -> list[list[str]]:
    """The rows of the glossary: word, meaning, source, and what carries it."""
    lines = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("word", "---")]


def of_house() -> set[str]:
    return in_words(row[0] for row in rows()) | in_words(EVENT_TYPES)


@cache
def bindings() -> Mapping[str, Sequence[Binding]]:
    """Where variables and parameters are bound that are held to their words."""
    bound: dict[str, list[Binding]] = defaultdict(list)
    held = {file: tree for file, tree in trees().items() if HELD.search((ROOT / file).read_text("utf-8"))}
    for file, tree in (held | trees_of_tests()).items():
        values: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                values |= dict.fromkeys(node.targets, node.value)
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value:
                values[node.target] = node.value
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound[node.id].append((file, node, values.get(node)))
            elif isinstance(node, ast.arg):
                bound[node.arg].append((file, node, None))
    return bound


def is_search(value: ast.AST | None) -> bool:
    calls = [node.func for node in ast.walk(value) if isinstance(node, ast.Call)] if value else []
    return any(isinstance(call, ast.Attribute) and call.attr in SEARCHES for call in calls)


def test_every_word_of_a_public_name_is_the_houses_or_plain_english() -> None:
    allowed = of_house() | set(PLAIN.read_text("utf-8").split())
    unknown = [f"{file}: {name}: {word}" for file, name in names() for word in in_words([name]) - allowed]
    assert unknown == [], "a word of the field or of the house: docs/glossary.md; plain English: plain_words.txt"


def test_plain_words_are_in_use_each_once_and_none_is_a_word_of_the_house() -> None:
    plain = PLAIN.read_text("utf-8").split()
    assert plain == sorted({*plain}), "plain_words.txt: sort it, each word once"
    unused = {*plain} - in_words(name for _, name in names())
    assert unused == set(), "no public name has these any longer: take them out of plain_words.txt"
    both = {*plain} & of_house()
    assert both == set(), "words of the glossary or of an event's type by now: take them out of plain_words.txt"


def test_a_word_stands_in_the_glossary_once_and_what_carries_it_is_there() -> None:
    words = [row[0] for row in rows()]
    assert len(words) == len({*words})
    defined = {name for tree in trees().values() for node in ast.walk(tree) if (name := getattr(node, "name", None))}
    files = {Path(file).name for file in trees()}
    carriers = {carrier for row in rows() for carrier in re.findall(r"`(.+?)`", row[3])}
    assert carriers - defined - files == set()


def test_no_two_public_classes_share_a_name() -> None:
    places = defaultdict(list)
    for file, name in classes():
        places[name].append(file)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_a_word_that_had_two_meanings_stays_at_home() -> None:
    strays = [
        f"{file}: {name}"
        for file, name in names()
        for word in in_words([name]) & ONE_HOME.keys()
        if not any(file == home or file.startswith(f"{home}/") for home in ONE_HOME[word])
    ]
    assert strays == []


def test_told_is_only_what_people_were_told() -> None:
    assert [
        f"{file}:{getattr(node, 'lineno', 0)}" for file, node, _ in bindings()["told"] if "delivery/" not in file
    ] == []


def test_found_is_only_what_a_search_has_found() -> None:
    strays = [
        f"{file}:{getattr(node, 'lineno', 0)}" for file, node, value in bindings()["found"] if not is_search(value)
    ]
    assert strays == []

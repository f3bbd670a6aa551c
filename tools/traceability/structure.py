"""The page docs/structure.md: the rooms, drawn from the imports of the code and the contract on them."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import grimp

from tools.traceability.shown_by import ROOT

Arrows = Mapping[str, frozenset[str]]
"""Which rooms a room imports."""

WORKER: Final = "worker"

HEAD: Final = (
    "A room imports rooms below it in the table and none above: `make check` holds the code to that",
    "([the decision](adr/0025-rooms.md)). The picture leaves out an arrow where a longer way leads to the same",
    "room; the table has them all. [tour.md](tour.md) walks through the rooms, file by file.",
)


@cache
def rooms() -> tuple[str, ...]:
    """The layers of the contract in pyproject.toml, the outermost first; the heart of `domain` file by file."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    [layers] = [contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers"]
    return tuple(layers)


@cache
def graph() -> grimp.ImportGraph:
    """Who imports whom in the program."""
    first, *others = sorted({room.partition(".")[0] for room in rooms()} - {WORKER})
    cache = str(ROOT / ".import_linter_cache")
    imports = grimp.build_graph(first, *others, include_external_packages=True, cache_dir=cache)
    importers = imports.find_modules_that_directly_import(WORKER)
    for outside in [module for module in imports.modules if imports.is_module_squashed(module)]:
        imports.remove_module(outside)
    imports.add_module(WORKER)
    edges = [*((importer, WORKER) for importer in importers), *((WORKER, module) for module in imported_by_worker())]
    for importer, imported in edges:
        if imported in imports.modules:
            imports.add_import(importer=importer, imported=imported)
    return imports


def imported_by_worker() -> set[str]:
    """The modules that `worker.py` imports: a file at the root is no part of the linter's graph."""
    tree = ast.parse((ROOT / f"{WORKER}.py").read_text("utf-8"))
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


def arrows() -> Arrows:
    """Which rooms each room imports."""
    imported: dict[str, set[str]] = {room: set() for room in rooms()}
    for module in graph().modules:
        for other in graph().find_modules_directly_imported_by(module):
            here, there = room_of(module), room_of(other)
            if here and there and here != there:
                imported[here].add(there)
    return {room: frozenset(others) for room, others in imported.items()}


def room_of(module: str) -> str | None:
    """The room a module stands in; None of what has none."""
    return next((room for room in rooms() if module == room or module.startswith(f"{room}.")), None)


def page() -> str:
    """The page as Markdown with a Mermaid diagram."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    drawn = arrows()
    yield from ("# The rooms", "", "Made by `make docs` from the imports of the code; do not edit.", "", *HEAD, "")
    yield from ("```mermaid", *_diagram(drawn), "```", "")
    yield from ("| room | what is in it | imports |", "| --- | --- | --- |")
    for room in rooms():
        others = ", ".join(other for other in rooms() if other in drawn[room])
        yield f"| [{room}](../{_path(room)}) | {_purpose(room)} | {others} |"


def _diagram(drawn: Arrows) -> Iterator[str]:
    yield "flowchart TB"
    yield "    subgraph domain"
    yield from (
        f'        {_id(room)}["{room.removeprefix("domain.")}"]' for room in rooms() if room.startswith("domain.")
    )
    yield "    end"
    for room, others in _drawn(drawn).items():
        yield from (f"    {_id(room)} --> {_id(other)}" for other in rooms() if other in others)


def _drawn(arrows_there: Arrows) -> Arrows:
    """The arrows to rooms to which there is no longer way."""
    far: dict[str, frozenset[str]] = {}
    for room in reversed(rooms()):
        far[room] = arrows_there[room].union(*(far[other] for other in arrows_there[room]))
    return {room: others.difference(*(far[other] for other in others)) for room, others in arrows_there.items()}


def _id(room: str) -> str:
    return room.replace(".", "_")


def _path(room: str) -> str:
    path = room.replace(".", "/")
    return path if (ROOT / path).is_dir() else f"{path}.py"


def _purpose(room: str) -> str:
    """The first line of what it says of itself."""
    path = ROOT / _path(room)
    text = (path / "__init__.py" if path.is_dir() else path).read_text("utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]

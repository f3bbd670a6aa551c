"""The rooms: every module stands in one, a build is known by all that a worker runs, docs/tour.md is true."""

import re
from itertools import groupby
from pathlib import Path

from service.build import ROOMS
from tools.traceability.structure import graph, room_of, rooms

ROOT = Path(__file__).parents[2]
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}


def walks() -> list[list[str]]:
    """The files of each walk, in order: the first link of each row."""
    _, *parts = (ROOT / "docs" / "tour.md").read_text("utf-8").split("\n## ")
    return [re.findall(r"^\| \[(.+?)\]\(\.\./\1\) \|", part, re.MULTILINE) for part in parts]


def test_every_module_is_in_a_room_of_the_contract() -> None:
    assert {room.partition(".")[0] for room in rooms()} == PACKAGES | {"worker"}
    assert [module for module in graph().modules if room_of(module) is None and module != "domain"] == []


def test_the_worker_imports_rooms_below_it_only() -> None:
    """The linter takes a file at the root for a package from elsewhere, and sees no more than who imports it."""
    order = rooms()
    above = order[: order.index("worker")]
    assert [module for module in graph().find_modules_directly_imported_by("worker") if room_of(module) in above] == []
    assert len(graph().find_modules_directly_imported_by("worker")) > 20


def test_a_build_is_known_by_every_room_that_the_worker_imports() -> None:
    run = {"worker", *graph().find_upstream_modules("worker", as_package=True)}
    assert {module.partition(".")[0] for module in run} == {room.removesuffix(".py") for room in ROOMS}


def test_each_walk_passes_files_that_are_there_and_leaves_each_room_once() -> None:
    assert len(walks()) == 3
    for walk in walks():
        assert walk
        assert [file for file in walk if not (ROOT / file).is_file()] == []
        passed = [room for room, _ in groupby(file.partition("/")[0] for file in walk)]
        assert len(passed) == len({*passed})

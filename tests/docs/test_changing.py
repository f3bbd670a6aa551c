"""The guide to changing the program names files that are there, and commands that run."""

import re
from importlib.util import find_spec
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "changing.md").read_text("utf-8")


def test_every_file_of_the_guide_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", GUIDE)
    assert len(links) > 30
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_every_test_and_module_that_proves_a_step_is_there() -> None:
    files = {file for line in re.findall(r"`pytest (.+?)`", GUIDE) for file in line.split()}
    modules = set(re.findall(r"python -m ([a-z.]+)", GUIDE)) - {"pytest"}
    assert len(files) > 10
    assert [file for file in files if not (DOCS.parent / file).exists()] == []
    assert [module for module in modules if find_spec(module) is None] == []

"""What is shipped stands on its own: nothing in it needs what only development installs."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NO_MODULES = {"env", "__main__"}
"""Alembic runs the one, Python the other; neither is imported."""

PROGRAM = """
import sys
from importlib import import_module
modules, blocked = (text.split() for text in sys.stdin.read().split(";"))
sys.modules.update(dict.fromkeys(blocked))
for module in modules:
    import_module(module)
"""


def shipped() -> Iterator[str]:
    """Every module of the wheel."""
    for name in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]:
        place = ROOT / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if path.stem not in NO_MODULES:
                parts = path.relative_to(ROOT).with_suffix("").parts
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def of_development() -> set[str]:
    """What the packages of development are imported as."""
    names = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependency-groups"]["dev"]}
    packages = packages_distributions()
    return {module for module, of in packages.items() if names & {canonicalize_name(one) for one in of}}


def test_every_shipped_module_is_imported_without_the_packages_of_development() -> None:
    blocked = of_development()
    assert {"hypothesis", "pytest", "aiosmtpd"} <= blocked

    given = f"{' '.join(shipped())};{' '.join(blocked)}"
    ran = subprocess.run([sys.executable, "-c", PROGRAM], input=given, cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr[-600:]

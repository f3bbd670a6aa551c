"""Temporal's server and its SQL tool, built from the Go modules that deploy/cluster/ pins."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.faults.programs import ROOT

MODULE: Final = ROOT / "deploy" / "cluster"
PACKAGES: Final = {
    "temporal-server": "go.temporal.io/server/cmd/server",
    "temporal-sql-tool": "go.temporal.io/server/cmd/tools/sql",
}
"""By the names that the official images give them."""
AT_ONCE: Final = 2
"""Packages compiled at one time (ours: others use the machine; each takes up to a gigabyte)."""
SAID: Final = 2_000
"""Characters of what Go said (ours: what is wrong stands at the end)."""
NO_GO: Final = (
    "building Temporal's server needs Go ({version} or later, see deploy/cluster/go.mod) on the PATH, and a module "
    "proxy in reach (GOPROXY)"
)


class CannotBuild(RuntimeError):
    """The server cannot be built here; the text says what is missing, or what Go said."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What was built."""

    server: Path
    sql_tool: Path


def built(say: Callable[[str], None]) -> Programs:
    """The programs for the pinned versions: from the cache, else built now, which takes minutes. Raises CannotBuild."""
    folder = cache() / _version_of(MODULE)
    programs = Programs(*(folder / name for name in PACKAGES))
    if not all(path.exists() for path in (programs.server, programs.sql_tool)):
        say(f"Building Temporal's server from its Go module into {folder}: once, some minutes on two cores.")
        _build(folder)
    return programs


def cache() -> Path:
    """Where they are kept, outside the project: the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "permanence" / "cluster"


def _version_of(module: Path) -> str:
    pinned = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    return hashlib.sha256(pinned).hexdigest()[:16]


def _build(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise CannotBuild(NO_GO.format(version=_wanted()))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, package in PACKAGES.items():
        # Renamed once whole, so that a build that was cut off leaves none behind.
        unfinished = folder / f"{name}.new"
        flags = ("-p", str(AT_ONCE), "-mod=readonly", "-trimpath", "-buildvcs=false")
        words = ("nice", go, "build", *flags, "-o", str(unfinished), package)
        here = os.environ | {"GOWORK": "off"}
        done = subprocess.run(words, cwd=MODULE, env=here, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotBuild(f"{NO_GO.format(version=_wanted())}. Go said: {done.stderr[-SAID:]}")
        unfinished.replace(folder / name)


def _wanted() -> str:
    lines = (MODULE / "go.mod").read_text("utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("go "))

"""Programs built from Go modules that deploy/ pins: Temporal's server with its SQL tool, and what checks deploy/."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.faults.programs import ROOT

AT_ONCE: Final = 2
"""Packages compiled at one time (ours: others use the machine; each takes up to a gigabyte)."""
SAID: Final = 2_000
"""Characters of what Go said (ours: what is wrong stands at the end)."""
NO_GO: Final = (
    "building {what} needs Go ({version} or later, see {folder}/go.mod) on the PATH, and a module proxy in reach "
    "(GOPROXY)"
)


class CannotBuild(RuntimeError):
    """The server cannot be built here; the text says what is missing, or what Go said."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A folder whose go.mod and go.sum pin programs by version and hash; the programs by the names they get."""

    what: str
    folder: Path
    packages: Mapping[str, str]

    @property
    def cached(self) -> Path:
        """Where the programs of these very versions are kept."""
        pinned = b"".join((self.folder / name).read_bytes() for name in ("go.mod", "go.sum"))
        return cache() / hashlib.sha256(pinned).hexdigest()[:16]

    @property
    def needs(self) -> str:
        """What building needs, in words."""
        lines = (self.folder / "go.mod").read_text("utf-8").splitlines()
        version = next(line.split()[1] for line in lines if line.startswith("go "))
        return NO_GO.format(what=self.what, version=version, folder=self.folder.relative_to(ROOT))


SERVER: Final = Pinned(
    "Temporal's server",
    ROOT / "deploy" / "cluster",
    {
        "temporal-server": "go.temporal.io/server/cmd/server",
        "temporal-sql-tool": "go.temporal.io/server/cmd/tools/sql",
    },
)
"""By the names that the official images give them."""
CHECKING: Final = Pinned(
    "what checks deploy/",
    ROOT / "deploy" / "checking",
    {"kustomize": "sigs.k8s.io/kustomize/kustomize/v5", "compose-spec": "github.com/compose-spec/compose-go/v2/cmd"},
)
"""Apart from the server, whose dependencies have other versions. `docker compose config` is made of compose-go."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What was built."""

    server: Path
    sql_tool: Path


def built(say: Callable[[str], None]) -> Programs:
    """The server's programs for the pinned versions. Raises CannotBuild."""
    return Programs(*programs_of(SERVER, say).values())


def programs_of(module: Pinned, say: Callable[[str], None]) -> dict[str, Path]:
    """A module's programs by name: from the cache, else built now, which takes minutes. Raises CannotBuild."""
    programs = {name: module.cached / name for name in module.packages}
    if not all(path.exists() for path in programs.values()):
        say(f"Building {module.what} from Go modules into {module.cached}: once, some minutes on two cores.")
        _build(module)
    return programs


def cache() -> Path:
    """Where they are kept, outside the project: the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "permanence" / "cluster"


def _build(module: Pinned) -> None:
    go = shutil.which("go")
    if go is None:
        raise CannotBuild(module.needs)
    module.cached.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, package in module.packages.items():
        # Renamed once whole, so that a build that was cut off leaves none behind.
        unfinished = module.cached / f"{name}.new"
        flags = ("-p", str(AT_ONCE), "-mod=readonly", "-trimpath", "-buildvcs=false")
        words = ("nice", go, "build", *flags, "-o", str(unfinished), package)
        here = os.environ | {"GOWORK": "off"}
        done = subprocess.run(words, cwd=module.folder, env=here, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotBuild(f"{module.needs}. Go said: {done.stderr[-SAID:]}")
        unfinished.replace(module.cached / name)

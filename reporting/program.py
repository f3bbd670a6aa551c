"""What lines and pages are made by, as one word: kept ones are good only while it is the same."""

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

from domain.policy.loading import Policies

HOUSE: Final = Path(__file__).parents[1]
LINES: Final = ("domain", "reporting/lines.py", "reporting/history.py", "reporting/rung_lines.py", "delivery/people.py")
"""What makes the lines of a child."""
PAGES: Final = ("domain", "reporting", "record", "delivery", "desk")
"""What makes a page of the report."""


def made_by(policies: Policies, default_policy: str, files: tuple[str, ...]) -> str:
    """A digest of every policy's text, the library of bank holidays, and the program's own files."""
    texts = [f"{policies.resolve(one).version} {policies.texts.get(one)}" for one in policies.ids()]
    return digest(*texts, default_policy, f"holidays {version('holidays')}", *map(_files, files))


def digest(*said: str) -> str:
    """One short word for some texts."""
    return sha256("\0".join(said).encode()).hexdigest()[:24]


@cache
def _files(under: str) -> str:
    """What a file, or all files of a room, say: read once in a process, which runs on what it has read."""
    place = HOUSE / under
    files = [place] if place.is_file() else sorted(one for one in place.rglob("*") if one.suffix in (".py", ".html"))
    return digest(*(f"{one.relative_to(HOUSE)} {one.read_text('utf-8')}" for one in files))

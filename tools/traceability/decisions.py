"""The page docs/adr/README.md: the decisions, by number and title."""

from pathlib import Path

from tools.traceability.shown_by import ROOT

FOLDER = ROOT / "docs" / "adr"


def decisions() -> list[Path]:
    """The pages of the decisions, in order."""
    return sorted(FOLDER.glob("[0-9]*.md"))


def page() -> str:
    """The page as Markdown."""
    head = (
        "# Decisions\n\nMade by `make docs`; do not edit. Each page has what was decided, why, and what was rejected.\n"
    )
    return head + "".join(f"\n- [{_title(path)}]({path.name})" for path in decisions()) + "\n"


def _title(path: Path) -> str:
    return path.read_text("utf-8").splitlines()[0].lstrip("# ")

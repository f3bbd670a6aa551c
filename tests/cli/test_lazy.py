"""Commands that are loaded when they run: what help says of each before is what it says of itself."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli.app import app
from cli.lazy import LaterCommand
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
HEAVY = ("temporalio", "sqlalchemy", "pydantic")


def later(group: Any, path: str = "") -> list[Any]:
    """Every command that is loaded late, with those of groups within groups."""
    commands: list[Any] = []
    for name, command in group.commands.items():
        if isinstance(command, LaterCommand):
            loaded = command.load()
            commands.append(pytest.param(command, loaded, id=f"{path}{name}"))
            if hasattr(loaded, "commands"):
                commands += later(loaded, f"{path}{name} ")
    return commands


@pytest.mark.parametrize(("command", "loaded"), later(get_command(app)))
def test_the_line_of_a_command_is_how_its_own_help_begins(command: LaterCommand, loaded: Any) -> None:
    own = " ".join(loaded.help.split("\n\n")[0].split())
    assert own.startswith(command.at.line) if hasattr(loaded, "commands") else own == command.at.line


def test_help_loads_no_command() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from cli.app import app; "
        "print(CliRunner().invoke(app, ['--help']).exit_code, [n for n in sys.argv[1:] if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code, *HEAVY], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.strip() == "0 []", ran.stderr


UNUSED = (
    *("alembic", "email_validator", "fastapi", "jinja2", "limits", "psutil", "pygments", "structlog"),
    *("delivery.case_now", "domain.policy.loading", "temporalio.worker"),
)
"""What `caseload` does without while nothing is wrong and its rows are up to date."""


def test_a_list_of_children_is_shown_without_the_rules_and_libraries_that_it_has_no_use_for() -> None:
    code = "import sys, cli.app, cli.caseload; print([name for name in sys.argv[1:] if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code, *UNUSED], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]", ran.stderr


def test_a_mistyped_command_is_told_what_was_meant(run: Run) -> None:
    result = run("simulat")
    assert result.exit_code == 2
    assert "Did you mean 'simulate'?" in " ".join(result.stderr.split())

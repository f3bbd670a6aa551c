"""The command, run in the test's own process on files of the test."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from tests.delivery.offices import OFFICE

Run = Callable[..., Result]
Write = Callable[[Iterable[object]], str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("PERMANENCE_POLICIES", raising=False)
    monkeypatch.delenv("PERMANENCE_DEBUG", raising=False)
    monkeypatch.delenv("PERMANENCE_DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(app, arguments, prog_name="permanence", **options)

    return invoke


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def one_a_line(values: Iterable[object]) -> str:
        path = tmp_path / "events.jsonl"
        lines = (value if isinstance(value, str) else json.dumps(value) for value in values)
        path.write_text("\n".join(lines), "utf-8")
        return str(path)

    return one_a_line


@pytest.fixture
def without_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a directory, where no service runs."""
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    monkeypatch.setenv("PERMANENCE_DELIVERY_DIRECTORY", str(tmp_path / "directory.toml"))
    for name in ("PERMANENCE_DATABASE_URL", "TEMPORAL_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "directory.toml").write_text(OFFICE, "utf-8")
    return tmp_path

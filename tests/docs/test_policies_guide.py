"""The guide's way from a sentence to a rule: every step of it runs as it is written there."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run

__all__ = ["run"]

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "policies.md").read_text("utf-8")
WAY = GUIDE[: GUIDE.index("## What a file says")]
STEPS = re.compile(r"```(sh|toml|json|text)\n(.*?)```", re.DOTALL)
APPENDED_TO = {"toml": "policy.toml", "json": "events.jsonl"}


def offline(line: str) -> list[str] | None:
    """The arguments of a command that needs neither a service nor a shell."""
    words = shlex.split(line, comments=True)
    if words[0] != ".venv/bin/permanence" or words[1:3] == ["policy", "adopt"] or "|" in words:
        return None
    if words[1:3] == ["policy", "preview"] and not any(word.endswith(".jsonl") for word in words):
        return None
    return words[1 : words.index(">")] if ">" in words else words[1:]


def test_each_step_from_the_sentence_to_the_rule_runs_and_shows_what_is_shown(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    ran, said = [], ""
    for kind, text in STEPS.findall(WAY):
        if kind in APPENDED_TO:
            path = Path("newtown") / APPENDED_TO[kind]
            path.write_text(path.read_text("utf-8") + text, "utf-8")
        elif kind == "text":
            assert " ".join(text.split()) in " ".join(said.split())
        else:
            for command in filter(None, map(offline, text.splitlines())):
                result = run(*command)
                assert (result.exit_code, result.stderr) == (0, ""), command
                ran.append(" ".join(command[:2]) if command[0] == "policy" else command[0])
                said = result.stdout
    assert ran == ["policy new", "policy check", "agenda", "simulate", "agenda", "explain", "policy preview"]

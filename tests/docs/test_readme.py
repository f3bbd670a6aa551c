"""What the README shows is what the command prints."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def shown_blocks() -> list[str]:
    return re.findall(r"```text\n(.*?)```", README, re.DOTALL)


def offline_commands() -> list[str]:
    return [line for line in README.splitlines() if re.match(r"\.venv/bin/permanence (agenda|simulate|explain)", line)]


@pytest.mark.parametrize("line", offline_commands())
def test_every_offline_command_of_the_readme_runs(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, shlex.split(line)[1:], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert "initial-ppm" in result.stdout or "Initial permanency planning meeting" in result.stdout


def test_the_readme_shows_what_simulate_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    line = next(line for line in offline_commands() if "simulate" in line)
    printed = CliRunner().invoke(app, shlex.split(line)[1:], env={"COLUMNS": "80"}).stdout
    shown = next(block for block in shown_blocks() if "escalation 1" in block)
    compact = [" ".join(text.split()) for text in (shown, printed)]
    assert compact[0] in compact[1]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"permanence ([a-z][a-z0-9-]+)", README))))
def test_every_command_the_readme_names_is_there(name: str) -> None:
    assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_every_file_the_readme_points_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_page_of_the_docs_can_be_found_from_the_first() -> None:
    """docs/README.md leads to each, by what its reader wants to know; and nowhere else."""
    docs = ROOT / "docs"
    links = {docs / link for link in re.findall(r"\]\(([^)#:]+)\)", (docs / "README.md").read_text("utf-8"))}
    pages = {
        *docs.glob("*.md"),
        *docs.glob("procedures/*.md"),
        *docs.glob("catalogue/*.md"),
        *docs.glob("upstream/*.md"),
    }
    assert links == {*pages, docs / "adr" / "README.md"} - {docs / "README.md"}


def test_the_docs_name_every_setting_there_is() -> None:
    from service.settings import variables

    text = "".join((ROOT / "docs" / guide).read_text("utf-8") for guide in ("operating.md", "delivery.md"))
    assert [name for name in variables() if f"PERMANENCE_{name}" not in text] == []


def test_the_policy_of_the_guide_is_a_policy(tmp_path: Path) -> None:
    from domain.policy.loading import Policies

    guide = (ROOT / "docs" / "policies.md").read_text("utf-8")
    (tmp_path / "newtown.toml").write_text(re.findall(r"```toml\n(id = .*?)```", guide, re.DOTALL)[0], "utf-8")
    policy = Policies.load(tmp_path).resolve("newtown")
    first = policy.obligation("first-review")
    assert first is not None
    assert first.has_statutory_limit

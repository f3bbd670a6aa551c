"""`policy preview` on a file of events, and what `policy adopt` refuses before it asks the service."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.domain.story import CASES, law

CASE = str(CASES / "adoption-ppm-procedure.jsonl")
AT = ("--policy", "ppm-procedure", "--at", "2026-01-05")
OWN = Path(__file__).parents[2] / "domain" / "policy" / "ppm-procedure.toml"


@pytest.fixture
def second(tmp_path: Path) -> str:
    """The procedure as its next version: three weeks for the initial meeting."""
    text = (
        OWN.read_text("utf-8")
        .replace('version = "2"', 'version = "3"')
        .replace("[{ weeks = 2, not_after", "[{ weeks = 3, not_after", 1)
    )
    (tmp_path / "second.toml").write_text(text, "utf-8")
    return str(tmp_path / "second.toml")


def plain(text: str) -> str:
    return " ".join(text.split())


def test_a_preview_names_child_obligation_and_both_dates(run: Run, second: str) -> None:
    result = run("policy", "preview", second, CASE, *AT)
    assert (result.exit_code, result.stderr) == (0, "")
    said = plain(result.stdout)
    assert f"ppm-procedure@3+{law()}: 1 journey looked at, 1 would change. Nothing has been changed." in said
    assert "CLA-1001 Initial permanency planning meeting 7 Jan 2026 7 days later → 14 Jan 2026" in said


def test_a_preview_as_json(run: Run, second: str) -> None:
    [change] = json.loads(run("policy", "preview", second, CASE, *AT, "--weeks", "1", "--json").stdout)
    [moved] = change["moved"]
    assert (moved["obligation"], moved["due"], moved["new_due"], moved["days"]) == (
        "initial-ppm",
        "2026-01-07",
        "2026-01-14",
        7,
    )
    assert change["open_before"] == change["open_after"]
    times = {(one["role"], one["obligation"]): (one["times"], one["new_times"]) for one in change["told"]}
    assert times[("iro", "initial-ppm")] == (1, 0), "rung 1 of 8 January comes a week later, on the 15th"


def test_a_preview_says_who_is_told_more_or_less_often(run: Run, second: str) -> None:
    said = plain(run("policy", "preview", second, CASE, *AT, "--weeks", "1").stdout)
    assert "In the next 1 week, if nothing more were recorded" in said
    assert "social worker Initial permanency planning meeting" in said
    same = plain(run("policy", "preview", "ppm-procedure", CASE, *AT).stdout)
    assert "Nobody would be told anything more or less often." in same


def test_what_the_guide_would_change(run: Run) -> None:
    said = plain(run("policy", "preview", "quick-guide", CASE, *AT, env={"COLUMNS": "100"}).stdout)
    assert "Initial permanency planning meeting 7 Jan 2026 no longer open: the policy does not ask for it" in said
    assert "Permanency planning meeting or 1 Apr 2026 opens discussion with specialist" in said


def test_a_policy_not_yet_in_force_is_said_to_be(run: Run, second: str) -> None:
    text = Path(second).read_text("utf-8").replace("2020-01-01", "2026-04-01")
    Path(second).write_text(text, "utf-8")
    result = run("policy", "preview", second, CASE, *AT)
    assert result.exit_code == 0
    assert "ppm-procedure version 3 is in force from 1 April 2026" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("preview", "nonsense", CASE, *AT), "policy 'nonsense' is unknown"),
        (("preview", "none.toml", CASE, *AT), "none.toml: it cannot be read"),
        (("preview", "quick-guide", CASE), "--policy and --at are needed"),
        (("preview", "quick-guide", CASE, *AT, "--caseload"), "exclude each other"),
        (("preview", "quick-guide", "--at", "2026-01-05"), "--at goes with a file"),
        (("preview", "quick-guide", "--stage", "limbo"), "accepted: pre_proceedings, looked_after"),
        (("adopt", "quick-guide", "--by", "x", "--reason", "y"), "say which journeys"),
        (("adopt", "quick-guide", "--by", "x", "--reason", "y", "--all", "--team", "North"), "say which journeys"),
        (("adopt", "quick-guide", "--by", " ", "--reason", "y", "--all"), "who decided it, and why"),
    ],
)
def test_what_is_refused(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    result = run("policy", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr

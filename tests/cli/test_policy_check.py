"""`policy check`: problems on their lines, warnings beside the law, and how it ends."""

import json
from pathlib import Path

import pytest

from delivery.policy_versions import keep_versions
from domain.policy.loading import Policies
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.domain.test_policy_check import OWN, SOUND

PPM = str(next(path for path in OWN if path.stem == "ppm-procedure"))


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "newtown.toml"
    path.write_text(SOUND.replace('"iro"', '"boss"', 1).replace("first_care_review", "first_care_revew"), "utf-8")
    return str(path)


def test_problems_are_named_with_file_and_line_and_nothing_else_is_printed(run: Run, bad: str) -> None:
    result = run("policy", "check", bad, PPM)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "2 problems:" in result.stderr
    owner = SOUND[: SOUND.index('owner = "iro"')].count("\n") + 1
    assert f"{bad}:{owner}: first-review: owner: 'boss' is no role" in result.stderr
    assert "did you mean first_care_review?" in result.stderr


def test_a_rule_later_than_the_law_is_a_warning_and_a_failure_if_asked(run: Run) -> None:
    result = run("policy", "check", PPM, "--year", "2026", env={"COLUMNS": "100"})
    assert (result.exit_code, result.stderr) == (0, "")
    said = plain(result.stdout)
    assert "Warning permanence-plan-agreed (S1 §2, §4, §7) beside second-review (CPPCR reg 33(2))" in said
    assert "1,010 of 1,825 cases" in said
    assert "on its due day █ ░ ▒ ▒ ▓ █ █ ▓ █ █ ▓ ░ 280 of 365" in said
    assert "Worst: entry Sun 25 Jan 2026, review held Fri 6 Feb 2026" in said
    assert "19 days later." in said
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert run("policy", "check", PPM, "--year", "2026", "--strict").exit_code == 2


def test_as_json(run: Run, bad: str) -> None:
    result = run("policy", "check", PPM, bad, "--year", "2026", "--json")
    assert result.exit_code == 2
    shown = json.loads(result.stdout)
    assert [one["file"] for one in shown["problems"]] == [bad, bad]
    [beside] = shown["beside_the_law"]
    assert (beside["rule"], beside["law"], beside["later"]) == ("permanence-plan-agreed", "second-review", 1010)
    assert beside["worst"]["later"] == 19


def test_a_file_may_extend_another_that_is_given(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SOUND.replace("england-statutory", "county"), "utf-8")
    (tmp_path / "b.toml").write_text(SOUND.replace('id = "newtown"', 'id = "county"'), "utf-8")
    assert run("policy", "check", str(tmp_path / "a.toml")).exit_code == 2
    assert run("policy", "check", str(tmp_path / "a.toml"), str(tmp_path / "b.toml")).exit_code == 0
    assert run("policy", "check", str(tmp_path / "a.toml"), "--policies", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("none.toml",), "none.toml: it cannot be read"), ((PPM, "--year", "1"), "--year: 1 is not")],
)
def test_what_is_refused(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    result = run("policy", "check", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr


def test_a_text_changed_without_a_new_version_is_a_warning_where_the_service_keeps_the_old_one(
    run: Run, tmp_path: Path
) -> None:
    policy = tmp_path / "newtown.toml"
    policy.write_text(SOUND, "utf-8")
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}")
    keep_versions(record.engine, Policies.load(tmp_path))
    record.close()
    here = {"PERMANENCE_DATABASE_URL": f"sqlite:///{tmp_path / 'record.db'}"}
    assert run("policy", "check", str(policy), "--year", "2026", env=here).stderr == ""
    policy.write_text(SOUND.replace("working_days = 10", "working_days = 9"), "utf-8")
    result = run("policy", "check", str(policy), "--year", "2026", env=here)
    assert (result.exit_code, "other there: first-review (due). Raise its version" in plain(result.stderr)) == (0, True)
    assert run("policy", "check", str(policy), "--year", "2026", "--strict", env=here).exit_code == 2
    shown = json.loads(run("policy", "check", str(policy), "--year", "2026", "--json", env=here).stdout)
    assert [words.partition(":")[0] for words in shown["version_not_raised"]] == ["newtown"]
    refused = run("policy", "adopt", str(policy), "--all", "--by", "me", "--reason", "it is time", env=here)
    assert (refused.exit_code, "Raise its version" in refused.stderr) == (2, True)

"""`permanence import-903 --dry-run`, which needs no service."""

import csv
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from synthetic.__main__ import main as write_synthetic
from tests.cli.conftest import Run

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("returns")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["synthetic", "--today", str(TODAY), "--count", "12", "--returns", str(folder)])
        write_synthetic()
    with (folder / "2026-reviews.csv").open("a") as file:
        file.write("CLA-9999,01/01/2020,05/05/2026,PN1\n")
    return folder


def test_what_it_prints_for_programs(run: Run, returns: Path) -> None:
    result = run("import-903", str(returns), "--policy", "ppm-procedure", "--dry-run", "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert list(data) == ["children", "journeys", "events", "doubts", "files", "changes"]
    assert data["journeys"] >= data["children"] - 1 >= 10
    [doubt] = [each for each in data["doubts"] if each["child"] == "CLA-9999"]
    assert list(doubt) == ["child", "rule", "table", "line", "message", "action", "key", "team"]
    assert (doubt["rule"], doubt["table"]) == ("no-birth", "2026-reviews.csv")


def test_what_it_prints_for_people(run: Run, returns: Path, tmp_path: Path) -> None:
    listed = tmp_path / "doubts.csv"
    result = run("import-903", str(returns), "--policy", "ppm-procedure", "--dry-run", "--doubts", str(listed))
    assert result.exit_code == 0
    assert "periods of care" in result.stdout
    assert "no-birth" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    with listed.open(encoding="utf-8-sig") as file:
        assert [row["child"] for row in csv.DictReader(file)] == ["CLA-9999"]


def test_the_events_can_be_kept_and_simulated(run: Run, returns: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    run("import-903", str(returns), "--policy", "ppm-procedure", "--dry-run", "--events", str(events))
    result = run("agenda", str(events), "--policy", "ppm-procedure", "--at", str(TODAY), "--json")
    assert result.exit_code == 0
    assert any(row["obligation"] == "first-review" for row in json.loads(result.stdout))


def test_no_return_at_all(run: Run, tmp_path: Path) -> None:
    result = run("import-903", str(tmp_path), "--policy", "ppm-procedure", "--dry-run")
    assert result.exit_code == 2
    assert "no table found" in result.stderr
    assert result.stdout == ""


def test_an_unknown_policy(run: Run, returns: Path) -> None:
    result = run("import-903", str(returns), "--policy", "nobodys", "--dry-run")
    assert result.exit_code == 2
    assert "nobodys" in result.stderr


def test_the_report_says_first_which_files_were_read_and_which_not(run: Run, returns: Path, tmp_path: Path) -> None:
    folder = tmp_path / "returns"
    shutil.copytree(returns, folder)
    (folder / "2026-Episodes.xlsx").write_bytes(b"PK")
    said = run("import-903", str(folder), "--policy", "ppm-procedure", "--dry-run").stdout
    assert "/2027: speaks for 1 Apr 2026 to " in said
    assert "Not read: 2026-Episodes.xlsx: a workbook is not read" in said
    assert said.index("Not read") < said.index("periods of care")
    assert "no service runs" in said


def test_a_doubt_once_settled_does_not_come_again(run: Run, returns: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "doubts.csv", tmp_path / "again.csv"
    ask = ("import-903", str(returns), "--policy", "ppm-procedure", "--dry-run")
    run(*ask, "--doubts", str(first))
    result = run(*ask, "--settled", str(first), "--doubts", str(again))
    assert "Settled, and left out: 1" in result.stdout
    assert "No doubts." in result.stdout
    assert len(again.read_text("utf-8-sig").splitlines()) == 1
    refused = run(*ask, "--settled", str(returns / "2026-header.csv"))
    assert (refused.exit_code, "it has no column key" in refused.stderr) == (2, True)


def test_a_day_to_come_is_no_day_it_was_drawn(run: Run, returns: Path) -> None:
    refused = run("import-903", str(returns), "--policy", "ppm-procedure", "--dry-run", "--as-at", "2099-01-01")
    assert (refused.exit_code, "--as-at: 2099-01-01 has not come" in refused.stderr) == (2, True)

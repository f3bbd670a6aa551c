"""`permanence sync ssd --dry-run`, which needs no service."""

import json
from datetime import date
from pathlib import Path

import pytest

from synthetic.__main__ import main as write_synthetic
from tests.cli.conftest import Run

TODAY = date(2026, 11, 22)
POLICY = ("--policy", "ppm-procedure", "--dry-run")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("ssd") / "ssd.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["synthetic", "--today", str(TODAY), "--count", "12", "--ssd", str(file)])
        write_synthetic()
    return f"sqlite:///{file}"


def test_what_it_prints_for_programs(run: Run, url: str) -> None:
    result = run("sync", "ssd", url, *POLICY, "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    assert list(data) == [
        "source", "until", "stale", "rows", "children", "journeys", "events", "doubts", "changes",
    ]  # fmt: skip
    assert data["children"] == len(data["changes"]) == data["rows"]["ssd_person"] == 12
    assert all(change["starts"] for change in data["changes"])
    assert data["doubts"] == []


def test_what_it_prints_for_people(run: Run, url: str) -> None:
    result = run("sync", "ssd", url, *POLICY)
    assert result.exit_code == 0
    assert "12 children are new" in result.stdout
    assert "It speaks until" in result.stdout
    assert "Putting together: 12 of 12" in result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_address_may_stand_in_the_environment_and_no_help_shows_it(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERMANENCE_SSD_URL", url)
    assert run("sync", "ssd", *POLICY).exit_code == 0
    secret = "postgresql+psycopg://reader:s3cret@127.0.0.1:1/ssd"
    monkeypatch.setenv("PERMANENCE_SSD_URL", secret)
    for arguments in (("sync", "ssd", "--help"), ("sync", "ssd", *POLICY), ("--debug", "sync", "ssd", *POLICY)):
        result = run(*arguments)
        assert "s3cret" not in result.output + result.stderr


def test_an_unknown_policy_and_what_is_no_ssd(run: Run, url: str, tmp_path: Path) -> None:
    refused = run("sync", "ssd", url, "--policy", "nobodys", "--dry-run")
    assert (refused.exit_code, "nobodys" in refused.stderr) == (2, True)
    missing = run("sync", "ssd", f"sqlite:///{tmp_path / 'none.db'}", *POLICY)
    assert (missing.exit_code, "there is no such file" in missing.stderr) == (2, True)
    assert not (tmp_path / "none.db").exists()


def test_a_day_to_come_is_no_day_it_was_filled(run: Run, url: str) -> None:
    refused = run("sync", "ssd", url, *POLICY, "--as-at", "2099-01-01")
    assert (refused.exit_code, "--as-at: 2099-01-01 has not come" in refused.stderr) == (2, True)

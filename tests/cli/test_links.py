"""`acknowledge` and `calendar link`, as far as they need no running service (tests/local/test_up.py has that)."""

from pathlib import Path

import pytest

from delivery.tokens import Tokens, key_in
from tests.cli.conftest import Run
from tests.delivery.offices import OFFICE


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / "directory.toml").write_text(OFFICE, "utf-8")
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    monkeypatch.setenv("PERMANENCE_LINKS_URL", "https://permanence.example/")
    monkeypatch.setenv("PERMANENCE_DELIVERY_DIRECTORY", str(tmp_path / "directory.toml"))
    return tmp_path


def test_a_calendar_has_an_address_that_says_nothing_and_can_be_read_back(run: Run, settings: Path) -> None:
    shown = run("calendar", "link", "s-worker")
    assert shown.exit_code == 0, shown.stderr
    address = shown.stdout.strip()
    assert address.startswith("https://permanence.example/calendar/")
    assert "Worker" not in address
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert Tokens([key_in(settings)]).read_calendar(token) == ("s-worker", 1)


def test_the_key_is_made_once_and_only_its_owner_reads_it(settings: Path) -> None:
    assert key_in(settings) == key_in(settings)
    assert (settings / "links.key").stat().st_mode & 0o077 == 0


def test_an_unknown_person_is_refused(run: Run, settings: Path) -> None:
    refused = run("calendar", "link", "nobody")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "nobody is called 'nobody'" in refused.stderr


@pytest.mark.parametrize("setting", ["PERMANENCE_LINKS_URL", "PERMANENCE_DELIVERY_DIRECTORY"])
def test_a_setting_that_is_missing_is_named(
    run: Run, settings: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.delenv(setting)
    refused = run("calendar", "link", "s-worker")
    assert refused.exit_code == 2
    assert setting in refused.stderr


def test_without_a_case_record_there_is_nothing_to_acknowledge(run: Run, settings: Path) -> None:
    failed = run("acknowledge", "K7QX-2MPA-V4TD", "--by", "s-worker")
    assert failed.exit_code == 1
    assert "there is no case record" in failed.stderr

"""A setting that cannot be used is named, with what would be accepted, whatever the command."""

import os
import time
from pathlib import Path

import pytest

from cli.failures import in_words
from record.failures import RecordUnavailable
from service.not_settings import not_settings
from service.settings import variables
from tests.cli.conftest import Run
from tests.system.forked import Forked

WRONG = [
    ("PERMANENCE_LOG_LEVEL", "loud", "accepted: DEBUG, INFO, WARNING, ERROR or CRITICAL"),
    ("PERMANENCE_SERVER_PORT", "99999", "less than or equal to 65535"),
    ("PERMANENCE_METRICS_PORT", "99999", "less than or equal to 65535"),
    ("PERMANENCE_INTAKE_PORT", "99999", "less than or equal to 65535"),
    ("PERMANENCE_CACHED_JOURNEYS", "-1", "greater than or equal to 0"),
    ("PERMANENCE_DELIVERY_CHANNELS", "smpt", "PERMANENCE_DELIVERY_CHANNELS: no such channel; did you mean smtp?"),
    ("PERMANENCE_NOTIFY_API_KY", "secret", "no such setting; did you mean PERMANENCE_NOTIFY_API_KEY?"),
    ("PERMANENCE_INTAKE", "{", "accepted: PERMANENCE_INTAKE_HOST and so on"),
    ("PERMANENCE_PAYLOADS_KEYS_FILE", "/no/such/keys", "cannot be read: No such file or directory; accepted: a file"),
    ("TEMPORAL_PROFILE", "gone", "Profile 'gone' not found"),
    ("TEMPORAL_ADDRESS", "temporal.example:99999", "accepted: one such as temporal.example:7233"),
    ("TEMPORAL_TLS_CLIENT_CERT_PATH", "/no/such.pem", "/no/such.pem cannot be read: No such file or directory"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_it_is_named_by_a_command(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", "/no/such.key")
    if "TLS" not in name:
        monkeypatch.delenv("TEMPORAL_TLS_CLIENT_KEY_PATH")
    monkeypatch.setenv(name, value)

    refused = run("health")

    assert refused.exit_code != 0
    assert words in refused.stderr
    assert name.removesuffix("_CLIENT_CERT_PATH") in refused.stderr


@pytest.mark.parametrize(("name", "value", "words"), WRONG[8:10])
def test_it_is_named_by_a_worker_and_no_traceback_is_shown(tmp_path: Path, name: str, value: str, words: str) -> None:
    given = {"PERMANENCE_HOME": str(tmp_path), "TEMPORAL_ADDRESS": "127.0.0.1:1", name: value}
    worker = Forked("worker", env={**os.environ, **given}, log=tmp_path / "said")

    assert worker.wait(60) == 1
    said = (tmp_path / "said").read_text("utf-8")
    assert "Traceback" not in said
    assert words in said


def test_a_setting_whose_name_has_a_slip_is_said_at_the_start_and_its_value_is_not(tmp_path: Path) -> None:
    """On 29 November 2026 a night's source by a name with a letter too few was never read, and nothing said so."""
    given = {"PERMANENCE_HOME": str(tmp_path), "TEMPORAL_ADDRESS": "127.0.0.1:1", "PERMANENCE_SYNC_SOUCE": "secret"}
    (log := tmp_path / "said").touch()
    worker = Forked("worker", env={**os.environ, **given, "PERMANENCE_DEBUG": "1"}, log=log)
    try:
        until = time.monotonic() + 60
        while "did you mean" not in log.read_text("utf-8") and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        worker.kill()
        worker.wait(60)
    said = log.read_text("utf-8")
    assert "PERMANENCE_SYNC_SOUCE: no such setting; did you mean PERMANENCE_SYNC_SOURCE?" in said
    assert "secret" not in said
    assert "PERMANENCE_DEBUG" not in said


@pytest.mark.parametrize(
    ("slip", "meant"), [("SYNC_SOUCE", "SYNC_SOURCE"), ("smtp_user", "SMTP_USERNAME"), ("SSD_URL", ""), ("NEXT", "")]
)
def test_what_was_meant_is_named_where_it_can_be_told(monkeypatch: pytest.MonkeyPatch, slip: str, meant: str) -> None:
    for name in variables():
        monkeypatch.setenv(f"PERMANENCE_{name}", "x")
    assert not_settings() == []
    monkeypatch.setenv(f"PERMANENCE_{slip}", "x")
    assert [words.rpartition("PERMANENCE_")[2] for words in not_settings()] == ([f"{meant}?"] if meant else [])


def test_a_profile_that_cannot_be_read_is_not_quoted(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text('[profile.default]\napi_key = "a-secret\n', "utf-8")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))

    refused = run("health")

    assert "at line 2" in refused.stderr
    assert "a-secret" not in refused.stderr


def test_a_record_that_cannot_be_reached_is_told_in_words() -> None:
    assert in_words(RecordUnavailable("the case record cannot be used: the disk is full")) == (
        "the case record cannot be used: the disk is full",
        1,
    )

"""Settings come from PERMANENCE_..., the connection from temporalio's own profiles and TEMPORAL_..."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from delivery.channels.registry import settings_groups
from local.server import EmbeddedServer
from service.connection import TemporalSettingsRefused, connect, how_to_connect
from service.locate import NoService, find_service, named_address
from service.ports import own_port
from service.settings import Settings, SettingsRefused, settings_of_environment, variables

OURS = ("HOME", "DATABASE_URL", "DEFAULT_POLICY", "POLICIES", "METRICS_PORT", "METRICS_HOST", "LOG_LEVEL",
        "CACHED_JOURNEYS", "REQUESTS_FOR_WORK", "RECONCILE_SOURCE", "BACKUPS", "SERVER_PORT", "UI_PORT",
        "SYNC", "SYNC_POLICY", "SYNC_AT", "BUILD_ID", "WORKER_SERVES")  # fmt: skip
SECRET = ("SYNC_SOURCE",)
"""An address may hold a password."""
GROUPS = ("INTAKE_", "DELIVERY_", "LINKS_", "PAYLOADS_", "DESK_", *(f"{group.upper()}_" for group in settings_groups()))


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in OURS:
        monkeypatch.delenv(f"PERMANENCE_{name}", raising=False)
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "no-such.toml"))


def profile(folder: Path, name: str, address: str) -> str:
    path = folder / "temporal.toml"
    path.write_text(f'[profile.{name}]\naddress = "{address}"\nnamespace = "default"\n', "utf-8")
    return str(path)


def test_without_anything_set_all_is_under_one_folder() -> None:
    settings = Settings()
    assert settings.home == Path(".permanence")
    assert settings.record_url == "sqlite:///.permanence/case-record.db"
    assert settings.demo_home == Path(".permanence/demo")
    assert settings.default_policy == "england-statutory"


def test_the_environment_sets_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "HOME": str(tmp_path),
        "DATABASE_URL": "postgresql+psycopg://someone@db/cases",
        "DEFAULT_POLICY": "quick-guide",
        "POLICIES": str(tmp_path / "policies"),
        "SERVER_PORT": "7999",
        "UI_PORT": "8999",
        "METRICS_PORT": "9999",
        "METRICS_HOST": "0.0.0.0",
        "LOG_LEVEL": "DEBUG",
        "CACHED_JOURNEYS": "5",
        "REQUESTS_FOR_WORK": "3",
        "RECONCILE_SOURCE": str(tmp_path / "returns"),
        "BACKUPS": str(tmp_path / "backups"),
        "SYNC": "apply",
        "SYNC_POLICY": "quick-guide",
        "SYNC_AT": "02:30:00",
        "BUILD_ID": "2026.11-1",
        "WORKER_SERVES": "journeys",
    }
    assert set(values) == set(OURS)
    for name, value in values.items():
        monkeypatch.setenv(f"PERMANENCE_{name}", value)

    settings = Settings()

    assert settings.record_url == values["DATABASE_URL"]
    assert {name: str(getattr(settings, name.lower())) for name in OURS} == values
    assert {name for name in variables() if not name.startswith(GROUPS)} == {*OURS, *SECRET}


def test_what_is_read_every_night_may_hold_a_password_and_its_hour_is_one_that_every_night_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERMANENCE_SYNC_SOURCE", "postgresql+psycopg://reader:pw-4711@db/ssd")
    settings = Settings()
    assert (settings.sync, "pw-4711" in repr(settings)) == ("propose", False)
    for typed in ("01:30", "04:00:30"):
        monkeypatch.setenv("PERMANENCE_SYNC_AT", typed)
        with pytest.raises(ValidationError, match="hour and minute in London"):
            Settings()


def test_a_group_is_set_by_its_name_and_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "INTAKE_PORT" in variables()
    monkeypatch.setenv("PERMANENCE_INTAKE_PORT", "8001")
    assert Settings().intake.port == 8001
    monkeypatch.setenv("PERMANENCE_DELIVERY_CHANNELS", "smtp, webhook")
    assert Settings().delivery.channels == ("smtp", "webhook")
    monkeypatch.setenv("PERMANENCE_NOTIFY_TEMPLATES", '{"default": "0d5f"}')
    assert Settings().channels["notify"].model_dump()["templates"] == {"default": "0d5f"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("METRICS_PORT", "many"), ("CACHED_JOURNEYS", "lots"), ("SMTP_PORT", "a"), ("DELIVERY_CHANNELS", "x")],
)
def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PERMANENCE_{name}", value)
    with pytest.raises(ValidationError, match=name.lower().partition("_")[2]):
        Settings()


def test_no_address_is_named_by_default() -> None:
    assert named_address() is None


def test_an_address_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    assert named_address() == "temporal.example:7233"


def test_an_address_is_named_by_a_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", profile(tmp_path, "county", "county.example:7233"))
    assert named_address() is None
    monkeypatch.setenv("TEMPORAL_PROFILE", "county")
    assert named_address() == "county.example:7233"
    monkeypatch.setenv("TEMPORAL_ADDRESS", "nearer.example:7233")
    assert named_address() == "nearer.example:7233"


@pytest.mark.server
async def test_it_connects_by_address_by_environment_and_by_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        assert (await connect(server.address)).service_client.config.target_host == server.address
        monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
        assert (await (await connect()).count_workflows()).count == 0
        assert (await (await find_service(Settings(home=tmp_path))).count_workflows()).count == 0
        monkeypatch.delenv("TEMPORAL_ADDRESS")
        monkeypatch.setenv("TEMPORAL_CONFIG_FILE", profile(tmp_path, "default", server.address))
        assert named_address() == server.address
        client = await find_service(Settings(home=tmp_path))
        assert client.service_client.config.target_host == server.address
        assert client.namespace == "default"


async def test_no_service_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(NoService, match=r"no service runs in .*Start one with `permanence up`"):
        await find_service(Settings(home=tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    with pytest.raises(NoService, match=r"nothing answers at 127.0.0.1:1"):
        await find_service(Settings(home=tmp_path))


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TEMPORAL_TLS_CLIENT_KEY_PATH": "{file}"}, "go together: TEMPORAL_TLS_CLIENT_CERT_PATH is not set"),
        ({"TEMPORAL_TLS_CLIENT_CERT_PATH": "{file}"}, "go together: TEMPORAL_TLS_CLIENT_KEY_PATH is not set"),
        (
            {"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "{folder}/none.pem"},
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH: {folder}/none.pem cannot be read: No such file or directory",
        ),
        ({"TEMPORAL_PROFILE": "nobodys"}, "TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE: Profile 'nobodys' not found"),
    ],
)
def test_how_to_connect_is_refused_by_the_name_of_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    (tmp_path / "some.pem").write_text("a certificate", "utf-8")
    places = {"file": str(tmp_path / "some.pem"), "folder": str(tmp_path)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(**places))
    with pytest.raises(TemporalSettingsRefused) as refused:
        how_to_connect()
    assert said.format(**places) in str(refused.value)


def test_wrong_settings_are_told_by_their_names_and_never_with_what_stands_in_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PERMANENCE_PAYLOADS_KEYS", "c2VjcmV0")
    monkeypatch.setenv("PERMANENCE_PAYLOADS_KEYS_FILE", str(tmp_path))
    with pytest.raises(SettingsRefused, match=r"^PERMANENCE_PAYLOADS: accepted: keys, or keys_file, not both$"):
        settings_of_environment()

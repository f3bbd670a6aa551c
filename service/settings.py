"""Settings, from the environment (PERMANENCE_...). Where Temporal is, its own TEMPORAL_... variables say."""

import logging
import os
import re
from datetime import time
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, create_model, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from delivery.channels.kind import SettingsGroup
from delivery.channels.registry import settings_groups
from delivery.settings import DeliverySettings, LinksSettings
from delivery.tokens import key_in
from service.payload_keys import KEY_FILE, KeyRing, keys_in

CLOSE: Final = 0.8
"""How like a setting's name another is (ours: one letter of five may differ)."""

Port = Annotated[int, Field(ge=0, le=65535)]


class SettingsRefused(ValueError):
    """A setting of the environment that cannot be used; the text names the variable and says what is accepted."""


class IntakeSettings(BaseModel):
    """How events are taken over HTTP: PERMANENCE_INTAKE_PORT and so on."""

    host: str = Field(default="127.0.0.1", description="where to listen; TLS is for a proxy")
    port: Port = Field(default=8464, description="the next free one if it is taken")
    shared: bool = Field(default=False, description="several processes listen at this very port (Linux)")
    credentials: Path | None = Field(default=None, description="who may call; absent: credentials.toml in home")
    max_body: int = Field(default=1_000_000, gt=0, description="bytes of one request")
    max_events: int = Field(default=500, gt=0, description="events of one request")
    rate: str = Field(default="1200/minute", description="requests of one credential")
    failures: str = Field(default="20/minute", description="wrong credentials and links from one address (ours)")
    failures_in_all: str = Field(default="600/minute", description="from all addresses (ours)")
    proxies: str = Field(
        default="", description="addresses or networks whose X-Forwarded-For is believed; absent: nobody's"
    )
    connections: int = Field(default=500, gt=0, description="at one time (ours: half the usual limit of open files)")
    head_seconds: float = Field(default=10, gt=0, description="for the head of a request to arrive")
    body_seconds: float = Field(default=10, gt=0, description="for the body of a request to arrive")
    answer_seconds: float = Field(default=2, ge=0, description="to wait for journeys before answering `received`")
    read_seconds: float = Field(default=30, gt=0, description="for an answer to be read by its caller")

    @field_validator("rate", "failures", "failures_in_all")
    @classmethod
    def _a_rate(cls, text: str) -> str:
        # Slow to load, and every command has settings; ours are right, and are not checked.
        import limits

        try:
            limits.parse(text)
        except ValueError:
            raise ValueError("accepted: like 20/second or 1200/minute") from None
        return text

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, text: str) -> str:
        try:
            for each in filter(None, text.split(",")):
                ip_network(each.strip())
        except ValueError:
            raise ValueError("accepted: addresses or networks, like 10.0.0.7 or 10.0.0.0/24, with commas") from None
        return text


class PayloadsSettings(BaseModel):
    """What Temporal's payloads are sealed with: PERMANENCE_PAYLOADS_KEYS and so on (docs/sealing.md)."""

    keys: SecretStr | None = Field(
        default=None, description="several with commas between, the newest last; the same for every program"
    )
    keys_file: Path | None = Field(
        default=None, description="instead: one a line, the newest last; absent: `payloads.key` in home, made there"
    )

    @model_validator(mode="after")
    def _one_place(self) -> "PayloadsSettings":
        if self.keys and self.keys_file:
            raise ValueError("accepted: keys, or keys_file, not both")
        return self

    def ring(self, home: Path) -> KeyRing:
        """The keys of an installation with this home. Raises KeysRefused, NotOurs, OSError."""
        if self.keys:
            return KeyRing.given(self.keys.get_secret_value())
        return KeyRing.of_file(self.keys_file) if self.keys_file else keys_in(home)

    def ring_if_any(self, home: Path) -> KeyRing | None:
        """The same, for who comes to a service that is there: none is made. Raises KeysRefused, NotOurs, OSError."""
        begun = self.keys or self.keys_file or (home / KEY_FILE).exists()
        return self.ring(home) if begun else None


CLOCKS_CHANGE: Final = 1
"""The hour, in London, that the last Sunday of March lacks and that of October has twice."""
RELEASE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
"""What stands in Temporal's search attributes and its commands (the length is ours)."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def is_safe(url: str) -> bool:
    """Whether what goes to an address is hidden from the network: by TLS, or since it stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


class DeskSettings(BaseModel):
    """How people sign in to the desk: PERMANENCE_DESK_ISSUER and so on (docs/desk.md)."""

    issuer: str | None = Field(default=None, description="the OpenID provider; absent: no signing in by one")
    client_id: str | None = Field(default=None, description="as the provider knows the desk")
    client_secret: SecretStr | None = Field(default=None, description="absent: a public client, by PKCE alone")
    scope: str = Field(default="openid", description="asked of the provider, with spaces between")
    person_claim: str = Field(default="sub", description="what `sign_in` in the directory holds (Entra: oid)")
    roles_claim: str = Field(default="roles", description="where the provider lists a person's roles")
    idle_minutes: int = Field(
        default=60, gt=0, description="without a page (ours: a visit's length; what was typed is kept)"
    )
    longest_hours: int = Field(default=12, gt=0, description="of a session in all (ours: a working day)")

    names_file: Path | None = Field(
        default=None, description="what the desk calls children: CSV with the columns `child` and `label`"
    )
    names_database: SecretStr | None = Field(default=None, description="where the query below is asked, read-only")
    names_query: str | None = Field(
        default=None, description="a SELECT of a reference and a label, for references IN :children"
    )
    views_kept_years: int = Field(
        default=6,
        ge=1,
        description="of the log of views (ours: for so long a claim about a misuse may be brought, Limitation Act 1980 "
        "s2; less than one the database itself refuses)",
    )
    case_link: str | None = Field(
        default=None, description="a child in the case system: an address with {child}, such as https://cases/{child}"
    )

    @model_validator(mode="after")
    def _one_source_of_names(self) -> "DeskSettings":
        if (self.names_database is None) != (self.names_query is None):
            raise ValueError("names_database and names_query go together: a database, and what is asked of it")
        if self.names_file and self.names_query:
            raise ValueError("accepted: names_file, or names_database with names_query, not both")
        return self

    @field_validator("names_query")
    @classmethod
    def _reads_only(cls, query: str | None) -> str | None:
        if query is not None and not (query.lstrip().lower().startswith("select") and ":children" in query):
            raise ValueError("accepted: a SELECT of a reference and a label, with IN :children")
        return query

    @field_validator("case_link")
    @classmethod
    def _of_a_child(cls, url: str | None) -> str | None:
        if url is not None and not (is_safe(url.replace("{child}", "x")) and url.count("{child}") == 1):
            raise ValueError("accepted: an address with https:// and {child} once")
        return url

    @field_validator("issuer")
    @classmethod
    def _hidden(cls, url: str | None) -> str | None:
        if url is not None and not is_safe(url):
            raise ValueError("accepted: an address with https://, or of this machine")
        return url.rstrip("/") if url else url


if TYPE_CHECKING:
    _Channels = BaseSettings
else:
    _Channels = create_model(
        "_Channels",
        __base__=BaseSettings,
        **{group: (model, Field(default_factory=model)) for group, model in settings_groups().items()},
    )
    """A group for each channel that the registry has."""


class Settings(_Channels):
    """How this installation runs."""

    # PERMANENCE_INTAKE_PORT is the port of the group `intake`.
    model_config = SettingsConfigDict(
        env_prefix="PERMANENCE_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    home: Path = Field(default=Path(".permanence"), description="folder of the embedded server and the case record")
    database_url: str | None = Field(default=None, description="case record; absent: a SQLite file in home")
    default_policy: str = Field(default="england-statutory", description="for journeys whose events name none")
    policies: Path | None = Field(default=None, description="folder of the authority's own policy files")
    server_port: Port | None = Field(default=None, description="of the embedded server; absent: 7233 or the next free")
    ui_port: Port | None = Field(default=None, description="of its web UI; absent: 8233 or the next free")
    metrics_port: Port = Field(default=9464, description="Prometheus metrics of the worker, on loopback")
    metrics_host: str = "127.0.0.1"
    log_level: str = "INFO"
    build_id: str | None = Field(
        default=None, description="the release that a worker is: `code` for a hash of its own, or a name; absent: none"
    )
    worker_serves: Literal["all", "journeys", "background"] = Field(
        default="all", description="what a worker does: wake journeys, or what takes long, such as nights; or both"
    )
    cached_journeys: int = Field(default=2_000, ge=0, description="journeys a worker keeps in memory; others replay")
    requests_for_work: int = Field(default=5, ge=2, description="requests for each kind of work a worker has waiting")

    reconcile_source: str | None = Field(
        default=None, description="what the journeys are compared with every night: a file of events or a 903 folder"
    )

    sync: Literal["apply", "propose"] = Field(
        default="propose", description="whether what a night reads is sent to the journeys, or only reported"
    )
    sync_source: SecretStr | None = Field(
        default=None, description="what is read every night: a 903 folder, or an SSD database as an SQLAlchemy URL"
    )
    sync_policy: str | None = Field(default=None, description="for the journeys it starts; absent: the default policy")
    sync_at: time = Field(
        default=time(4),
        description="when it is read, London time (ours: after midnight's refresh of reporting databases, five hours "
        "before anybody is told)",
    )

    backups: Path | None = Field(default=None, description="folder that backups are written to, whose age is watched")

    intake: IntakeSettings = Field(default_factory=IntakeSettings)
    delivery: DeliverySettings = Field(default_factory=DeliverySettings)
    links: LinksSettings = Field(default_factory=LinksSettings)
    payloads: PayloadsSettings = Field(default_factory=PayloadsSettings)
    desk: DeskSettings = Field(default_factory=DeskSettings)

    @field_validator("build_id")
    @classmethod
    def _a_name(cls, name: str | None) -> str | None:
        if name is not None and not RELEASE_NAME.fullmatch(name):
            raise ValueError("accepted: `code`, or up to 60 letters, digits, dots, dashes and underscores")
        return name

    @field_validator("log_level")
    @classmethod
    def _a_level(cls, level: str) -> str:
        if level.upper() not in logging.getLevelNamesMapping():
            raise ValueError("accepted: DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return level

    @field_validator("sync_at")
    @classmethod
    def _on_the_minute(cls, at: time) -> time:
        if at.second or at.tzinfo or at.hour == CLOCKS_CHANGE:
            raise ValueError(
                "accepted: hour and minute in London, like 04:00; not between 01:00 and 02:00, an hour that one night "
                "lacks and another has twice"
            )
        return at

    @property
    def channels(self) -> dict[str, SettingsGroup]:
        """The settings of the channels: `smtp` is PERMANENCE_SMTP_..., and so on."""
        return {group: getattr(self, group) for group in settings_groups()}

    @property
    def demo_home(self) -> Path:
        """The folder of the demo's own server and case record."""
        return self.home / "demo"

    @property
    def credentials_file(self) -> Path:
        """The file that says who may call the intake."""
        return self.intake.credentials or self.home / "credentials.toml"

    @property
    def record_url(self) -> str:
        """Where the case record is."""
        return self.database_url or f"sqlite:///{self.home / 'case-record.db'}"

    @property
    def link_keys(self) -> list[str]:
        """What links are signed with, the newest last."""
        given = self.links.keys.get_secret_value() if self.links.keys else key_in(self.home)
        return [key for key in (part.strip() for part in given.split(",")) if key]


def settings_of_environment() -> Settings:
    """The settings of this process's environment. Raises SettingsRefused naming the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsRefused("; ".join(map(_what_is_wrong, error.errors()))) from None
    except SettingsError:  # a group of settings was set as if it were one
        groups = {name.upper(): _fields(field) for name, field in Settings.model_fields.items() if _fields(field)}
        whole = {f"PERMANENCE_{name}": fields for name, fields in groups.items() if f"PERMANENCE_{name}" in os.environ}
        raise SettingsRefused(
            "; ".join(
                f"{name}: no setting by itself; accepted: {name}_{fields[0]} and so on"
                for name, fields in whole.items()
            )
        ) from None


def _what_is_wrong(with_one: ErrorDetails) -> str:
    # Which of a list's entries it is, is no part of the variable's name.
    name = "_".join(place for place in with_one["loc"] if isinstance(place, str)).upper()
    unknown = with_one["type"] == "extra_forbidden"
    return f"PERMANENCE_{name}: {no_setting(name) if unknown else with_one['msg'].removeprefix('Value error, ')}"


def meant_by(name: str) -> str | None:
    """The setting whose name is like one that is none; None where no other is (names without PERMANENCE_)."""
    return next(iter(get_close_matches(name, variables(), n=1, cutoff=CLOSE)), None)


def no_setting(name: str) -> str:
    """That a name is no setting's, and which may have been meant."""
    meant = meant_by(name)
    return "no such setting" + (f"; did you mean PERMANENCE_{meant}?" if meant else "")


def variables() -> list[str]:
    """The names of all settings in the environment, without PERMANENCE_."""
    names = []
    for name, field in Settings.model_fields.items():
        inner = _fields(field)
        names += [f"{name}_{one}" for one in inner] if inner else [name]
    return [name.upper() for name in names]


def _fields(group: FieldInfo) -> list[str]:
    """The fields of a group of settings; none of what is a setting itself."""
    kind = group.annotation
    return (
        [name.upper() for name in kind.model_fields] if isinstance(kind, type) and issubclass(kind, BaseModel) else []
    )

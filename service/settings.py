"""Settings, from the environment (PERMANENCE_...). Where Temporal is, its own TEMPORAL_... variables say."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How this installation runs."""

    model_config = SettingsConfigDict(env_prefix="PERMANENCE_", extra="ignore")

    home: Path = Field(default=Path(".permanence"), description="folder of the embedded server and the case record")
    database_url: str | None = Field(default=None, description="case record; absent: a SQLite file in home")
    default_policy: str = Field(default="england-statutory", description="for journeys whose events name none")
    policies: Path | None = Field(default=None, description="folder of the authority's own policy files")
    metrics_port: int = Field(default=9464, description="Prometheus metrics of the worker, on loopback")
    metrics_host: str = "127.0.0.1"
    log_level: str = "INFO"
    cached_journeys: int = Field(default=2_000, description="journeys a worker keeps in memory; others replay")

    @property
    def demo_home(self) -> Path:
        """The folder of the demo's own server and case record."""
        return self.home / "demo"

    @property
    def record_url(self) -> str:
        """Where the case record is."""
        return self.database_url or f"sqlite:///{self.home / 'case-record.db'}"

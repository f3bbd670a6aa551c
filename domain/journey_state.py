"""A journey as data: what must survive from one run to the next."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class JourneyState(BaseModel):
    """Everything of a journey that must survive: the events known and what cannot be recomputed from them."""

    model_config = ConfigDict(hide_input_in_errors=True)

    child: str
    events: list[tuple[datetime, dict[str, Any]]] = Field(default_factory=list)
    numbers: dict[int, dict[str, dict[str, int]]] = Field(default_factory=dict)
    waived: dict[int, list[tuple[str, int, str]]] = Field(default_factory=dict)
    watched: list[tuple[str, int, date, datetime, datetime]] = Field(default_factory=list)
    stood: list[tuple[str, int, date, datetime, datetime]] = Field(default_factory=list)
    settled: list[str] = Field(default_factory=list)
    quiet: tuple[datetime, datetime] | None = None
    periods: dict[str, int] = Field(default_factory=dict)

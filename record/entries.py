"""What a journey gives the case record to keep, and takes back from it when it begins anew.

These models stand in histories: later fields need defaults.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.clocks.actions import Action


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class KnownEvent(_Said):
    """An event as taken: when the service has known it from, and the JSON object it came as."""

    known_at: datetime
    event: dict[str, Any]


class Terms(_Said):
    """What a journey runs under that its events do not say; in the case record, so that it can start again from there.

    `policy`: where the events name none. `quiet`: from when until when nothing is told, and the `load` that asked so.
    """

    policy: str | None = None
    quiet: tuple[datetime, datetime] | None = None
    load: str | None = None


class Rejected(_Said):
    """Something that reached the journey and could not be taken: kept with the reason, and shown."""

    at: datetime
    source: str
    reason: str
    payload: Any = None


class RecordEntry(_Said):
    """What one wake of a journey adds to the case record. Writing it again changes nothing."""

    child: str
    decided_at: datetime
    """The real instant of the decision; each action's `at` is its nominal one."""
    events: list[KnownEvent] = Field(default_factory=list)
    actions: list[Action] = Field(default_factory=list)
    skipped: list[Action] = Field(default_factory=list)
    rejected: list[Rejected] = Field(default_factory=list)
    load: str | None = None
    """The load of many histories whose first messages these are: they go in one summary, not each by itself."""
    terms: Terms | None = None
    settled: list[str] = Field(default_factory=list)
    """Keys of actions that are over and done with: those that the record lacks, since it was lost, are noted there."""

"""What a message says, before and after it is written: facts for the templates, and words for the channels.

Nothing personal is in either: the case by its reference, people by their roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.clocks.schedule import Kind


@dataclass(frozen=True, slots=True)
class Message:
    """One action, told to one person: what the templates `reminder`, `escalation`, `notice` and `breach` get.

    `now` is when it is written, and what is said of days left or late is true then, however long it had to wait.
    """

    kind: Kind
    rung: int
    child: str
    """The case's reference."""
    what: str
    """The obligation's title, or of a notice or breach what it says."""
    obligation: str
    occurrence: int
    due: date | None
    clause: str
    at: datetime
    """The action's nominal instant."""
    now: datetime
    role: str
    """The role it is for, as a code."""
    why_you: str
    """Why it comes to this person where it is not plain, as a sentence; else empty."""
    told: tuple[str, ...]
    """All the roles that this action tells, as codes."""
    reference: str
    journey_url: str | None
    acknowledge_url: str | None
    booked_for: date | None = None
    """The day that it was booked for when this was decided, and not held by then."""
    record_url: str | None = None
    """Where whoever signs in records, books or explains it; None of a notice, which asks for nothing of its own."""


@dataclass(frozen=True, slots=True)
class Written:
    """A message in words, as channels take it. The subject holds nothing of the case."""

    template: str
    """Which template wrote it: by this name a provider's own template is found in the settings."""
    subject: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)
    """The message's facts by name, for a provider's own template or a machine."""
    html: str | None = None
    """Only where plain text cannot say it (a digest's table)."""

"""Messages for tests."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from delivery.message import Message

REMINDER = Message(
    kind="reminder",
    rung=2,
    child="CLA-1001",
    what="Initial permanency planning meeting",
    obligation="initial-ppm",
    occurrence=1,
    due=date(2026, 1, 7),
    clause="S1 §2, §5",
    at=datetime(2026, 1, 6, 9, tzinfo=UTC),
    now=datetime(2026, 1, 6, 9, tzinfo=UTC),
    role="social_worker",
    why_you="",
    told=("social_worker",),
    reference="K7QX-2MPA-V4TD",
    journey_url="https://temporal.example/namespaces/default/workflows/child-CLA-1001",
    acknowledge_url=None,
)


def letter(**changes: Any) -> Message:
    """The reminder, changed."""
    return replace(REMINDER, **changes)

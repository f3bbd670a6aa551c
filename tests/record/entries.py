"""Made-up entries for tests of the case record and the activities around it."""

from datetime import UTC, date, datetime
from typing import Any

from domain.case.words import Role
from domain.clocks.actions import Action
from record.entries import KnownEvent, RecordEntry, Rejected

CANARY_NAME = "Canary-Contact-Zebedee"
CANARY_BIRTH = "2019-07-23"
CANARIES = (CANARY_NAME, CANARY_BIRTH, "Quagga")
KNOWN = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)


def entry_event(child: str = "c1", **more: Any) -> dict[str, Any]:
    return {
        "type": "became_looked_after",
        "id": f"{child}-in",
        "child": child,
        "on": "2026-01-05",
        "recorded_at": "2026-01-05T10:15:00+00:00",
        "date_of_birth": CANARY_BIRTH,
        "legal_status": "C2",
        "people": {"social_worker": CANARY_NAME},
        **more,
    }


def known(event: dict[str, Any], at: datetime = KNOWN) -> KnownEvent:
    return KnownEvent(known_at=at, event=event)


def action(obligation: str = "initial-ppm", **more: Any) -> Action:
    values: dict[str, Any] = {
        "at": datetime(2026, 1, 12, 9, tzinfo=UTC),
        "child": "c1",
        "obligation": obligation,
        "occurrence": 1,
        "kind": "escalation",
        "rung": 1,
        "to": (Role.IRO, Role.SOCIAL_WORKER),
        "due": date(2026, 1, 19),
        "clause": "S1 §2",
        "message": "c1: initial-ppm is overdue",
        **more,
    }
    return Action(**values)


def rejected(reason: str = "type: unknown", payload: Any = None) -> Rejected:
    return Rejected(at=KNOWN, source="signal case_events", reason=reason, payload=payload)


def whole_entry(child: str = "c1") -> RecordEntry:
    """An entry with something of everything."""
    return RecordEntry(
        child=child,
        decided_at=datetime(2026, 1, 12, 9, 0, 7, tzinfo=UTC),
        events=[known(entry_event(child))],
        actions=[action(child=child)],
        skipped=[action(child=child, kind="reminder", rung=1)],
        rejected=[rejected(payload={"note": "Quagga"})],
    )

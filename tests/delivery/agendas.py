"""Rows of a journey's agenda."""

from datetime import date
from typing import Any

from domain.agenda import AgendaRow
from domain.case.words import Role


def row(obligation: str, due: date, **more: Any) -> AgendaRow:
    """An obligation that is open and overdue."""
    told: dict[str, Any] = {
        "child": "CLA-1",
        "obligation": obligation,
        "occurrence": 1,
        "title": obligation,
        "clause": "S1 §2",
        "owner": Role.SOCIAL_WORKER,
        "opened_on": date(2025, 12, 24),
        "due": due,
        "limits": (),
        "status": "overdue",
        "met_on": None,
        "forecast": False,
        "next": None,
    }
    return AgendaRow(**(told | more))


def met(obligation: str, due: date) -> AgendaRow:
    """The same, met late."""
    return row(obligation, due, status="met_late", met_on=date(2026, 1, 8))

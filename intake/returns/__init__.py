"""SSDA903, the yearly return of children looked after in England: its tables into events, and what is doubtful."""

from datetime import date
from pathlib import Path

from domain.policy import Policies
from intake.returns.events import Imported, events_of
from intake.returns.tables import ReturnRefused, read_returns

__all__ = ["Imported", "ReturnRefused", "events_of_returns"]


def events_of_returns(folder: Path, policies: Policies, policy: str, today: date) -> Imported:
    """What the returns in a folder say as events, under a policy, as known on a day; and what is doubtful in them.

    Raises ReturnRefused naming the file and column that are missing, PolicyRefused for an unknown policy.
    """
    return events_of(read_returns(folder), policies.resolve(policy), policies.ids(), today)

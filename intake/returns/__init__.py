"""SSDA903, the yearly return of children looked after in England: its tables into events, and what is doubtful."""

from datetime import date
from pathlib import Path

from domain.policy.loading import Policies
from intake.returns.events import Imported, events_of
from intake.returns.tables import ReturnRefused, read_returns

__all__ = ["CARRIED", "Imported", "ReturnRefused", "events_of_returns"]

CARRIED = frozenset(
    {
        "adm_decision_made",
        "adoption_order_made",
        "adoption_placement_ended",
        "became_looked_after",
        "ceased_to_be_looked_after",
        "child_arrangements_order_made",
        "legal_status_changed",
        "matched",
        "placed_for_adoption",
        "placement_consent_given",
        "placement_order_made",
        "placement_order_revoked",
        "review_held",
        "special_guardianship_order_made",
    }
)
"""The types of event that a return can tell of; of meetings, plans and proceedings it knows nothing."""


def events_of_returns(folder: Path, policies: Policies, policy: str, today: date) -> Imported:
    """What the returns in a folder say as events, under a policy, as known on a day; and what is doubtful in them.

    Raises ReturnRefused naming the file and column that are missing, PolicyRefused for an unknown policy.
    """
    return events_of(read_returns(folder), policies.resolve(policy), policies.ids(), today)

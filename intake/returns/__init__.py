"""SSDA903, the yearly return of children looked after in England: its tables into events, and what is doubtful."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from domain.policy.loading import Policies
from intake.returns.care import SOURCE
from intake.returns.days import with_days
from intake.returns.events import events_of
from intake.returns.kept import beside, children_of, extracts_of, newly_said, why_not
from intake.returns.rows import Return, ReturnRefused
from intake.returns.tables import FileListed, read_folder, read_returns
from intake.sources.imported import Imported
from record.extracts import Extract, Extracts
from record.store import CaseRecord

__all__ = ["CARRIED", "SOURCE", "ReturnRefused", "Returns", "events_of_returns", "returns_in"]

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


@dataclass(frozen=True, slots=True)
class Returns:
    """The returns in a folder, each with the days it speaks for, and what became of every file."""

    returns: list[Return]
    files: list[FileListed]
    stale: list[Extract] = field(default_factory=list)
    """What earlier readings of the same years said until later days, which therefore counts."""
    lost: str = ""
    """Which tables hold so little beside what was read before that nothing is taken, in words. Else empty."""

    def beside(self, record: CaseRecord, *, even_so: bool = False) -> "Returns":
        """The same, with what earlier readings said of these children. Raises RecordUnavailable.

        `even_so`: they are taken though a table has lost most of its rows.
        """
        kept = Extracts(record.engine).latest(SOURCE, children_of(self.returns))
        together, stale = beside(self.returns, kept)
        return Returns(together, self.files, stale, "" if even_so else why_not(self.returns, kept))

    def keep(self, record: CaseRecord, read_at: datetime) -> None:
        """Keep what they say of each child, where it is not what was said before. Raises RecordUnavailable."""
        kept = Extracts(record.engine)
        before = kept.latest(SOURCE, children_of(self.returns))
        kept.keep(newly_said(extracts_of(self.returns, read_at), before))

    def imported(
        self, policies: Policies, policy: str, today: date, progress: Callable[[int, int], None] = lambda done, of: None
    ) -> Imported:
        """What they say as events, under a policy, as known on a day. Raises PolicyRefused for an unknown policy."""
        imported = events_of(self.returns, policies.resolve(policy), policies.ids(), today, progress)
        return imported.without_what_it_says() if self.lost else imported


def returns_in(folder: Path, today: date, as_at: date | None = None) -> Returns:
    """The returns in a folder; `as_at`: the day they were drawn, if somebody knows it. Raises ReturnRefused."""
    read = read_folder(folder)
    return Returns(with_days(read.returns, today, as_at), read.files)

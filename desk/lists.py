"""Lists of children as somebody sees them: read from the caseload's tables, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Select

from delivery.people import CasePeople
from desk.scope import Relation, Viewer, relations
from desk.sights import Whose, relevant, sights
from desk.viewers import Viewers
from domain.case.words import Role
from record.caseload_reading import CaseloadPart, CaseloadReading, ChildAhead
from record.protections import OPEN, Protections

PAGE = 50
"""Children of one page of a list (ours: twice the children of one worker)."""
EVERY = CaseloadPart()


class ChildInScope(NamedTuple):
    """A child in a list, and by which relations somebody sees them."""

    child: ChildAhead
    relations: frozenset[Relation]


class Lists:
    """What one person sees at one instant. Everything raises RecordUnavailable."""

    def __init__(self, reading: CaseloadReading, viewers: Viewers, viewer: Viewer, protections: Protections) -> None:
        self.reading = reading
        self.directory = viewers.directory
        self._viewers = viewers
        self._viewer = viewer
        self._protections = protections

    def part(self, whose: Whose = "all", of: CaseloadPart = EVERY) -> CaseloadPart:
        """What they see of a part. Every list and every number is made of this."""
        return replace(of, seen=sights(self.directory, self._viewer, whose), hidden_from=self._viewer.key)

    def children(
        self, whose: Whose = "all", of: CaseloadPart = EVERY, limit: int | None = PAGE, offset: int = 0
    ) -> list[ChildInScope]:
        """The children of a list, the most urgent first; each put to the one decision on scope."""
        return [
            one
            for one in self._decided(self.reading.children(self.part(whose, of), limit, offset))
            if relevant(one.relations, whose)
        ]

    def count(self, whose: Whose = "all", of: CaseloadPart = EVERY) -> int:
        """How many children a list has."""
        return self.reading.count(self.part(whose, of))

    def lately(
        self, latest: Select[Any], whose: Whose, limit: int | None = None, offset: int = 0
    ) -> tuple[list[str], int]:
        """Those of a list of whom there is something, the latest first, and their number (CaseloadReading.lately)."""
        return self.reading.lately(latest, self.part(whose), limit, offset)

    def left_out(self, whose: Whose = "all", of: CaseloadPart = EVERY) -> list[str]:
        """Those who would be in a list, by their references, could the case record be read of them."""
        return self.reading.left_out(self.part(whose, of))

    def ever(self, whose: Whose = "all") -> frozenset[str]:
        """All of a list by their references, with those who have left care."""
        return self.reading.ever(self.part(whose))

    def any_of(self, whose: Whose) -> bool:
        """Whether a list has any child, or would have."""
        return bool(self.reading.references(self.part(whose), limit=1) or self.left_out(whose))

    def _decided(self, children: Sequence[ChildAhead]) -> Iterator[ChildInScope]:
        protections = self._protections.of_all([child.child for child in children] if len(children) <= PAGE else None)
        for child in children:
            contacts = {Role(role): contact for role, contact in child.contacts.items()}
            workers = self._viewers.workers(CasePeople(contacts, child.team))
            yield ChildInScope(child, relations(self._viewer, workers, protections.get(child.child, OPEN)))

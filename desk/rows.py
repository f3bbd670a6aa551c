"""Children in a list, a row each: their colour, and the step that puts them in their place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from desk.steps import DueStep, last_soon, step_ahead
from domain.agenda import Rag
from record.caseload_reading import ChildAhead

COLOUR_CLASSES: Final[dict[Rag, str]] = {
    "red": "govuk-tag--red",
    "amber": "govuk-tag--yellow",
    "green": "govuk-tag--green",
}


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A child, and what is most urgent of them."""

    child: ChildAhead
    step: DueStep | None

    @property
    def colour_class(self) -> str:
        """The colour of the tag, whose word is the colour's name."""
        return COLOUR_CLASSES[self.child.colour]


def rows_of(children: Iterable[ChildAhead], today: date) -> list[ChildRow]:
    """A row for each child, in the same order."""
    last = last_soon(today)
    return [
        ChildRow(child, step_ahead(child.most_urgent, today, last) if child.most_urgent else None) for child in children
    ]

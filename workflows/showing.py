"""A run shows how its journey stands: search attributes, where they changed."""

from collections.abc import Mapping
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import ways
    from workflows.search_attributes import BESIDE, changes
    from workflows.view import Shown


class RunShown:
    """What a run has shown of itself so far. For the run's own thread, never in a validator or a query."""

    def __init__(self) -> None:
        # A new run has the search attributes of the one before.
        self.written: dict[Any, Any] = {pair.key: pair.value for pair in workflow.info().typed_search_attributes}
        self._times = 0
        self._people = False

    def show(self, shown: Shown) -> None:
        """Show a journey as it stands."""
        values = dict(shown.search_attributes())
        beside = {key: values.pop(key) for key in BESIDE}
        if self._shows_people(beside):
            values |= beside
        if changed := changes(self.written, values):
            workflow.upsert_search_attributes(changed)
            self.written |= values

    def _shows_people(self, beside: Mapping[Any, Any]) -> bool:
        """Whether the run writes what began to be shown on 27 November 2026, once there is any of it to write."""
        # A run of the 20th has shown itself four times when the program is renewed on the 28th. Asked for under one
        # name, the patch would be refused at the first showing, and with it for good: its IRO's list would lack the
        # child until the next run, perhaps for a year. So each showing asks by its number: the four of before have no
        # marker and go without, the fifth leaves one, and every replay goes the same way.
        self._times += 1
        if not self._people and changes(self.written, beside):
            self._people = ways.goes_since(f"{ways.PEOPLE_SHOWN} {self._times}")
        return self._people

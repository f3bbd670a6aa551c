"""One row that cannot be read is one child's: whoever reads many leaves out that child, and verifying names the row."""

import pytest

from record.entries import RecordEntry, Terms
from record.failures import Unreadable
from record.pasts import past, pasts
from record.store import CaseRecord
from record.verifying import verify
from tests.record.entries import KNOWN, entry_event, known
from tests.spoilt import SPOILT, spoil

OF_EVENTS = "terms of a later version"
"""Terms are read beside the events, by whoever needs them."""


def test_children_whose_rows_cannot_be_read_are_left_out_alone_and_the_rows_are_named(record: CaseRecord) -> None:
    ways = {f"C-{place}": how for place, how in enumerate(SPOILT[record.engine.dialect.name])}
    well = [f"W-{place}" for place in range(20)]
    for child in (*ways, *well):
        events = [known(entry_event(child))]
        record.write(RecordEntry(child=child, decided_at=KNOWN, events=events, terms=Terms(policy="quick-guide")))
    for child, how in ways.items():
        spoil(record, child, how)

    assert {fault.child for fault in verify(record.engine).faults} == ways.keys()
    read = pasts(record, [*ways, *well])
    unreadable = {child for child, how in ways.items() if how != OF_EVENTS}
    assert set(read.unreadable) == unreadable
    assert read.known.keys() == {*ways, *well} - unreadable
    for child in unreadable:
        with pytest.raises(
            Unreadable, match=rf"case record of {child} cannot be read: `permanence record verify {child}`"
        ):
            past(record, child)
    assert pasts(record, []) == ({}, [])

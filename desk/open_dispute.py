"""The formal disputes that go on: of which children, since when, and how far up."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, select

from domain.case.dispute import disputes
from domain.case.facts import Known
from domain.case.life import periods_of_care
from domain.clocks.dispute_words import dispute_in_words
from record.caseload_reading import Child
from record.pasts import pasts
from record.store import CaseRecord
from record.tables import EventRow

OPENED: Final = "dispute_opened"


class OpenDispute(NamedTuple):
    """One that is not resolved: the child, the day it was opened, and how it stands."""

    child: str
    opened_on: date
    said: str


def ever_in_dispute() -> Select[Any]:
    """The latest day on which a dispute of a child was opened; voided ones are among them still."""
    return select(func.max(EventRow.on)).where(EventRow.child == Child.child, EventRow.type == OPENED)


def open_disputes(record: CaseRecord, children: Iterable[str], now: datetime) -> list[OpenDispute]:
    """Those that go on, the one opened first at the top: it has been without an answer longest."""
    listed = [one for child, known in pasts(record, list(children)).known.items() for one in _of(child, known, now)]
    return sorted(listed, key=lambda one: (one.opened_on, one.child))


def _of(child: str, known: list[Known], now: datetime) -> Iterator[OpenDispute]:
    for facts in periods_of_care(child, known, now)[-1:]:
        going_on = (one for one in disputes(facts) if one.resolved_on is None and facts.ended_on is None)
        yield from (OpenDispute(child, one.opened_on, dispute_in_words(one)) for one in going_on)

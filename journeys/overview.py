"""The caseload as people are shown it: what the case record says, beside what the server says runs.

Each child has a row, however little is known: one that the record does not list yet stands with what the server shows
of its journey, and one whose journey does not run is said to have none.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from temporalio.client import Client

from delivery.account import last_told
from delivery.account_line import AccountLine
from delivery.directory import Directory, plain_team
from delivery.holding import Whose, whose
from delivery.people import People
from domain.case.words import Role
from journeys.caseload import CaseloadRow, caseload
from record.caseload_list import CaseloadList, ListedChild
from record.caseload_reading import CaseloadPart
from record.store import CaseRecord

if TYPE_CHECKING:
    from delivery.caseload import CaseloadKeeper

FRESH: Final = 200
"""Children worked out before the list is shown, if news of them has just come in (ours: about two seconds' work)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A child in the list: as the record has it, and as the server lists its journey; one of the two at least."""

    child: str
    ahead: ListedChild | None = None
    journey: CaseloadRow | None = None
    whose: Whose | None = None
    """Who is to do what is most urgent."""
    told_last: AccountLine | None = None

    @property
    def stuck(self) -> bool:
        """Whether its journey stands still."""
        return self.journey is not None and self.journey.stuck is not None


@dataclass(frozen=True, slots=True)
class Overview:
    """The rows asked for, the most urgent first, and where record and server differ about all children."""

    now: datetime
    rows: tuple[Listed, ...] = ()
    of_all: int = 0
    """How many children's journeys are under way, asked for or not."""
    outdated: int = 0
    """Children with news that is not worked out yet: what is shown of them may be old."""
    unlisted: tuple[str, ...] = ()
    """Children of whom the record cannot say yet how they stand."""
    not_running: tuple[str, ...] = ()
    """Children whose period of care is open and whose journey does not run, as far as the server lists it."""
    not_in_record: tuple[str, ...] = ()
    """Children whose journey runs and of whom the record lists nothing."""
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseloadRecord:
    """What the record has."""

    record: CaseRecord
    keeper: "Callable[[], CaseloadKeeper]"
    """Asked for only where there is news: it reads all policies."""
    directory: Directory | None
    now: datetime


async def overview(client: Client | None, known: CaseloadRecord | None, part: CaseloadPart) -> Overview:
    """The caseload, or a part of it; without a server as the record has it, without a record as the server has it.

    Raises RPCError, RecordUnavailable.
    """
    running, of_record = await asyncio.gather(
        caseload(client) if client else _nothing(), asyncio.to_thread(_of_record, known, part) if known else _none()
    )
    journeys = {row.child: row for row in running}
    if of_record is None:
        rows = [Listed(row.child, journey=row) for row in running if _fits(row, part)]
        return Overview(datetime.now().astimezone(), tuple(rows), of_all=len(running))
    return _beside(of_record, journeys, part, server=client is not None)


async def _nothing() -> list[CaseloadRow]:
    return []


async def _none() -> None:
    return None


@dataclass(frozen=True, slots=True)
class _OfRecord:
    view: Overview
    under_way: frozenset[str]
    worked_out: frozenset[str]


def _of_record(known: CaseloadRecord, part: CaseloadPart) -> _OfRecord:
    reading = CaseloadList(known.record.engine, known.now)
    if reading.outdated():
        known.keeper().renew_outdated(FRESH)
    children = reading.listed(part)
    people = People(known.directory) if known.directory else None
    latest = last_told(known.record.engine, [child.child for child in children])
    rows = tuple(
        Listed(child.child, child, None, _whose(child, people, reading), latest.get(child.child)) for child in children
    )
    return _OfRecord(
        Overview(
            known.now,
            rows,
            outdated=reading.outdated(),
            unlisted=tuple(reading.unknown()),
            teams=tuple(reading.teams()),
        ),
        reading.under_way(),
        reading.worked_out(),
    )


def _whose(child: ListedChild, people: People | None, reading: CaseloadList) -> Whose | None:
    step = child.most_urgent
    return whose(child, Role(step.owner), people, reading.today) if step else None


def _beside(known: _OfRecord, journeys: Mapping[str, CaseloadRow], part: CaseloadPart, *, server: bool) -> Overview:
    """The record's rows with the server's beside them, and those that only the server has in front."""
    only_server = sorted(journeys.keys() - known.worked_out)
    extra = [Listed(child, journey=journeys[child]) for child in only_server if _fits(journeys[child], part)]
    rows = [replace(row, journey=journeys.get(row.child)) for row in known.view.rows]
    stuck_first = sorted([*extra, *rows], key=lambda row: not row.stuck)
    return replace(
        known.view,
        rows=tuple(stuck_first),
        of_all=len({*known.under_way, *only_server}),
        not_running=tuple(sorted(known.under_way - journeys.keys())) if server else (),
        not_in_record=tuple(only_server),
    )


def _fits(row: CaseloadRow, part: CaseloadPart) -> bool:
    """Whether a journey that the record does not list belongs to a part, as far as can be said: whose it is cannot."""
    team = plain_team(row.team) if row.team else None
    wanted: tuple[tuple[Collection[str], str | None], ...] = (
        (part.children, row.child),
        (part.teams, team),
        (part.stages, row.stage),
        (part.colours, row.rag),
        (part.policies, row.policy),
    )
    return all(not values or value in values for values, value in wanted)

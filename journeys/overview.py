"""The caseload as people are shown it: what the case record says, beside what the server says runs.

Each child has a row, however little is known: one that the record does not list yet stands with what the server shows
of its journey, and one whose journey does not run is said to have none.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from temporalio.client import Client

from delivery.account import ToldLately, last_told
from delivery.directory import Directory, plain_team
from delivery.holding import Whose, whose
from delivery.people import People
from domain.case.words import Role
from journeys.caseload import CaseloadRow, Differences, caseload, differences
from record.caseload_list import CaseloadList, ListedChild
from record.caseload_reading import CaseloadPart
from record.store import CaseRecord

if TYPE_CHECKING:
    from delivery.caseload import CaseloadKeeper

FRESH: Final = 200
"""Children worked out before the list is shown, if news of them has just come in (ours: about two seconds' work)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A child in the list: as the record has it, or as the server lists its journey."""

    child: str
    ahead: ListedChild | None = None
    journey: CaseloadRow | None = None
    """There where the record does not list the child, and where the journey stands still."""
    running: bool = False
    """Its journey, as far as a server could be asked."""
    whose: Whose | None = None
    """Who is to do what is most urgent."""
    told_last: ToldLately | None = None

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
    left_out: tuple[str, ...] = ()
    """Children whose case cannot be worked out from the record."""
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
    if known is None:
        running = await caseload(client) if client else []
        rows = [Listed(row.child, journey=row, running=True) for row in running if _fits(row, part)]
        return Overview(datetime.now().astimezone(), tuple(rows), of_all=len(running))
    reading = CaseloadList(known.record.engine, known.now)
    under_way = await asyncio.to_thread(_under_way, known, reading)
    of_server, of_record = await asyncio.gather(
        differences(client, under_way) if client else _nothing(under_way),
        asyncio.to_thread(_of_record, known, reading, part),
    )
    return _beside(of_record, under_way, of_server, part, server=client is not None)


async def _nothing(children: frozenset[str]) -> Differences:
    return Differences({}, children)


def _under_way(known: CaseloadRecord, reading: CaseloadList) -> frozenset[str]:
    if reading.outdated():
        known.keeper().renew_outdated(FRESH)
    return reading.under_way()


@dataclass(frozen=True, slots=True)
class _OfRecord:
    view: Overview
    worked_out: frozenset[str]


def _of_record(known: CaseloadRecord, reading: CaseloadList, part: CaseloadPart) -> _OfRecord:
    children = reading.listed(part)
    people = People(known.directory) if known.directory else None
    latest = last_told(known.record.engine, [child.child for child in children])
    rows = tuple(
        Listed(child.child, child, whose=_whose(child, people, reading), told_last=latest.get(child.child))
        for child in children
    )
    return _OfRecord(
        Overview(
            known.now,
            rows,
            outdated=reading.outdated(),
            unlisted=tuple(reading.unknown()),
            left_out=tuple(reading.left_out()),
            teams=tuple(reading.teams()),
        ),
        reading.worked_out(),
    )


def _whose(child: ListedChild, people: People | None, reading: CaseloadList) -> Whose | None:
    step = child.most_urgent
    return whose(child, Role(step.owner), people, reading.today) if step else None


def _beside(
    known: _OfRecord, under_way: frozenset[str], of_server: Differences, part: CaseloadPart, *, server: bool
) -> Overview:
    """The record's rows with the server's beside them, and those that only the server has in front."""
    journeys = of_server.journeys
    only_server = sorted(journeys.keys() - known.worked_out)
    extra = [
        Listed(child, journey=journeys[child], running=True) for child in only_server if _fits(journeys[child], part)
    ]
    rows = [
        replace(row, journey=journeys.get(row.child), running=row.child not in of_server.not_running)
        for row in known.view.rows
    ]
    stuck_first = sorted([*extra, *rows], key=lambda row: not row.stuck)
    return replace(
        known.view,
        rows=tuple(stuck_first),
        of_all=len({*under_way, *only_server}),
        not_running=tuple(sorted(of_server.not_running)) if server else (),
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

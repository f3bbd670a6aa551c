"""The demo's desk: its people, and a choice of whom to be."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from socket import socket
from typing import Final

from sqlalchemy import Engine, select

from delivery.case_now import CaseNow, Cases, CasesNow
from delivery.people import case_people
from desk.app import desk
from desk.steps import steps_of
from desk.ways_in import Persona, WaysIn
from domain.case.calendar import local_date
from domain.case.words import Role
from intake.reach import Reach
from intake.running import intake
from local.demo import DEFAULT_POLICY
from local.running import Running
from record.engine import readers
from record.tables import ActionRow
from service.settings import Settings
from synthetic.office import DUTY, SERVICE_MANAGER, directory, manager_of
from synthetic.story import TEAMS

LATELY: Final = timedelta(days=14)
"""The ten working days whose escalations the desk shows, at the least."""


@asynccontextmanager
async def demo_desk(service: Running, settings: Settings, listener: socket) -> AsyncIterator[str]:
    """Serve the desk where `listener` listens, over a demo whose children are there; its address."""
    folder, now = settings.demo_home, datetime.now(UTC)
    today, cases = local_date(now), CasesNow(service.record, Cases(service.policies, DEFAULT_POLICY))
    current = await asyncio.to_thread(cases.current, now)
    worker, other = _busiest(current, today, Role.SOCIAL_WORKER, 2)
    people = folder / "people.toml"
    people.write_text(directory(other, worker, today), "utf-8")
    delivery = settings.delivery.model_copy(update={"directory": people, "ui_url": service.ui_url})
    settings = settings.model_copy(update={"home": folder, "delivery": delivery})
    climbed = await asyncio.to_thread(_escalated, service.record.engine, now - LATELY)
    [reviewer] = _busiest(current, today, Role.IRO, 1, climbed)
    manager = _of_largest_team(current, today)
    ways = WaysIn(links=False, personas=_personas(worker, other, reviewer, manager))
    reach = Reach(settings, service.client, service.record)
    async with intake(reach, service.keeper, [desk(ways)], listener) as url:
        yield url


def _personas(worker: str, other: str, reviewer: str, manager: str) -> Sequence[Persona]:
    return (
        Persona(worker, "Social worker", f"{worker}, who holds a caseload and covers for {other} today"),
        Persona(reviewer, "IRO", f"{reviewer}, who chairs reviews"),
        Persona(manager, "Team manager", f"{manager}, with a team"),
        Persona(SERVICE_MANAGER, "Service manager", "sees every child, and sets restrictions"),
        Persona("operator", "Operator", "runs the service: clocks and references, and no child"),
    )


def _escalated(engine: Engine, since: datetime) -> frozenset[str]:
    """Of whom something escalated since then: whoever reviews one of them has escalations to look at."""
    query = select(ActionRow.child).where(ActionRow.kind == "escalation", ActionRow.decided_at >= since)
    with readers(engine).connect() as connection:
        return frozenset(connection.scalars(query))


def _of_largest_team(cases: Sequence[CaseNow], today: date) -> str:
    """Who manages the team with most children, by key of the demo's directory."""
    teams = Counter(team for case in cases if (team := case_people(case.known, today).team) in TEAMS)
    return manager_of(teams.most_common(1)[0][0] if teams else TEAMS[0])


def _busiest(
    cases: Sequence[CaseNow], today: date, role: Role, number: int, foremost: Collection[str] = ()
) -> list[str]:
    """Whose children have most that is late, and so who has most to see; by key of the demo's directory.

    Whoever has one of the foremost children comes before all others.
    """
    late: Counter[str] = Counter()
    for case in cases:
        contact = case_people(case.known, today).contacts.get(role, DUTY)
        late_steps = sum(step.days_late > 0 for step in steps_of(case, today))
        late[contact.partition("@")[0]] += 1 + 5 * late_steps + 1000 * (case.child in foremost)
    busiest = [key for key, _ in late.most_common() if key != DUTY][:number]
    return busiest + [DUTY] * (number - len(busiest))

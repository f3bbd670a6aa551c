"""The demo's desk: its people, and a choice of whom to be."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

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
from service.settings import Settings
from synthetic.office import DUTY, SERVICE_MANAGER, directory, manager_of
from synthetic.story import TEAMS


@asynccontextmanager
async def demo_desk(service: Running, settings: Settings) -> AsyncIterator[str]:
    """Serve the desk over a demo whose children are there; its address."""
    folder, now = settings.demo_home, datetime.now(UTC)
    today, cases = local_date(now), CasesNow(service.record, Cases(service.policies, DEFAULT_POLICY))
    current = await asyncio.to_thread(cases.current, now)
    worker, other = _busiest(current, today, Role.SOCIAL_WORKER, 2)
    people = folder / "people.toml"
    people.write_text(directory(other, worker, today), "utf-8")
    delivery = settings.delivery.model_copy(update={"directory": people, "ui_url": service.ui_url})
    settings = settings.model_copy(update={"home": folder, "delivery": delivery})
    [reviewer] = _busiest(current, today, Role.IRO, 1)
    manager = _of_largest_team(current, today)
    ways = WaysIn(links=False, personas=_personas(worker, other, reviewer, manager))
    reach = Reach(settings, service.client, service.record)
    async with intake(reach, service.keeper, [desk(ways)]) as url:
        yield url


def _personas(worker: str, other: str, reviewer: str, manager: str) -> Sequence[Persona]:
    return (
        Persona(worker, "Social worker", f"{worker}, with children of their own, who covers for {other} today"),
        Persona(reviewer, "IRO", f"{reviewer}, who chairs reviews"),
        Persona(manager, "Team manager", f"{manager}, with a team"),
        Persona(SERVICE_MANAGER, "Service manager", "sees every child, and sets restrictions"),
        Persona("operator", "Operator", "runs the service: clocks and references, and no child"),
    )


def _of_largest_team(cases: Sequence[CaseNow], today: date) -> str:
    """Who manages the team with most children, by key of the demo's directory."""
    teams = Counter(team for case in cases if (team := case_people(case.known, today).team) in TEAMS)
    return manager_of(teams.most_common(1)[0][0] if teams else TEAMS[0])


def _busiest(cases: Sequence[CaseNow], today: date, role: Role, number: int) -> list[str]:
    """Whose children have most that is late, and so who has most to see; by key of the demo's directory."""
    late: Counter[str] = Counter()
    for case in cases:
        contact = case_people(case.known, today).contacts.get(role, DUTY)
        late[contact.partition("@")[0]] += 1 + 5 * sum(step.days_late > 0 for step in steps_of(case, today))
    busiest = [key for key, _ in late.most_common() if key != DUTY][:number]
    return busiest + [DUTY] * (number - len(busiest))

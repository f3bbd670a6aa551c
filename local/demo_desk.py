"""The demo's desk: its people, and a choice of whom to be."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from desk.app import desk
from desk.ways_in import Persona, WaysIn
from domain.case.calendar import local_date
from domain.case.words import Role
from intake.reach import Reach
from intake.running import intake
from local.running import Running
from service.settings import Settings
from synthetic.office import DUTY, SERVICE_MANAGER, directory


@asynccontextmanager
async def demo_desk(service: Running, settings: Settings) -> AsyncIterator[str]:
    """Serve the desk over a demo whose children are there; its address."""
    folder, today = settings.demo_home, local_date(datetime.now(UTC))
    worker, other = _busiest(service, Role.SOCIAL_WORKER, 2)
    people = folder / "people.toml"
    people.write_text(directory(other, worker, today), "utf-8")
    delivery = settings.delivery.model_copy(update={"directory": people})
    settings = settings.model_copy(update={"home": folder, "delivery": delivery})
    [reviewer], [manager] = _busiest(service, Role.IRO, 1), _busiest(service, Role.TEAM_MANAGER, 1)
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


def _busiest(service: Running, role: Role, number: int) -> list[str]:
    """Who was told most about their children, and so has most to see; by key of the demo's directory."""
    counts: Counter[str] = Counter()
    for child in service.record.children():
        sent = len(service.record.actions(child))
        for known in service.record.history(child):
            contact = known.event.get("people", {}).get(role.value)
            if contact:
                counts[contact.partition("@")[0]] += sent
    busiest = [key for key, _ in counts.most_common(number)]
    return busiest + [DUTY] * (number - len(busiest))

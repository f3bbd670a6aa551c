"""`permanence send`: a file's events to the journeys they concern."""

import asyncio
from dataclasses import asdict

from cli import words
from cli.offline import print_json
from cli.progress import progress_bar
from cli.tables import console, plain_table
from domain.events import Event
from domain.simulation import Line
from service.locate import find_service
from service.sending import Delivery, NotTaken, addressed, deliver
from service.settings import Settings

AT_ONCE = 20


async def send_lines(settings: Settings, lines: list[Line], *, as_json: bool) -> list[str]:
    """Send each child's events as one batch, show what each journey answered, and return the refusals."""
    client = await find_service(settings)
    children = sorted((await addressed(client, lines)).items())
    limit = asyncio.Semaphore(AT_ONCE)
    done = 0
    with progress_bar("Sending") as progress:

        async def one(child: str, own: list[Event]) -> Delivery:
            nonlocal done
            async with limit:
                try:
                    delivery = await deliver(client, child, own)
                except NotTaken as not_taken:
                    delivery = Delivery(child, refusal=str(not_taken))
            done += 1
            progress(done, len(children))
            return delivery

        deliveries = await asyncio.gather(*(one(child, own) for child, own in children))
    if as_json:
        print_json([_as_data(delivery) for delivery in deliveries])
    else:
        _show(deliveries)
    return [f"{d.child}: {d.refusal}" for d in deliveries if d.refusal]


def _as_data(delivery: Delivery) -> dict[str, object]:
    answer = delivery.answer.model_dump(mode="json") if delivery.answer else None
    return asdict(delivery) | {"answer": answer}


def _show(deliveries: list[Delivery]) -> None:
    shown = plain_table("Child", "Stage", "Rag", "Taken", "Known", "Opened", "Met")
    for delivery in deliveries:
        answer = delivery.answer
        if answer is not None:
            shown.add_row(
                answer.child,
                words.stage(answer.stage),
                answer.rag,
                str(len(answer.taken)),
                str(len(answer.known)),
                ", ".join(f"{ref.obligation} by {words.day(ref.due)}" for ref in answer.opened),
                ", ".join(ref.obligation for ref in answer.met),
            )
    console().print(shown)

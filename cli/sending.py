"""`permanence send`: a file's events to the journeys they concern."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

from temporalio.client import Client
from temporalio.service import RPCError

from cli import words
from cli.configured import who_is_meant
from cli.errors import CommandFailed, Refused
from cli.options import File, Json, QuietUntil, day_given
from cli.output import print_json
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console, plain_table
from domain.case.calendar import local_date
from domain.case.events import Event
from domain.case.facts import Known
from domain.study.simulation import EventLine
from intake.files import read_events
from journeys.loading import Loaded, News, first_messages_at, load_histories, load_of
from journeys.sending import AGAIN, CannotTake, Load, NotTaken, Reply, addressed, send_batch
from journeys.stuck import no_worker, pollers, problem_of
from service.locate import find_service, record_beside
from service.settings import Settings

AT_ONCE = 20
UNSURE = "no answer in time; whether it was taken is not known"

A_LOAD = 100
"""Children from which on a file is loaded: more answers than that nobody reads (ours)."""


def send(*, file: File, quiet_until: QuietUntil = None, as_json: Json = False) -> None:
    """Send events to the journeys they concern; a child's first entry starts the journey.

    Of what is overdue already when a history starts a journey, each person gets one summary.
    """
    quiet = day_given("--quiet-until", quiet_until) if quiet_until else None
    lines = read_events(file)
    refused = asyncio.run(send_lines(settings(), lines, quiet, as_json=as_json))
    if refused:
        raise Refused("\n".join(["not everything was taken:", *refused]))


async def send_lines(
    settings: Settings, lines: list[EventLine], quiet_until: date | None, *, as_json: bool
) -> list[str]:
    """Send each child's events as one batch, show what each journey answered, and return the refusals.

    Raises CommandFailed where a journey gave no answer in time, saying what was taken for certain and what to do.
    """
    client = await find_service(settings)
    children = sorted((await addressed(client, lines)).items())
    now = datetime.now(UTC)
    if len(children) > A_LOAD:
        load = Load(f"send-{local_date(now)}", first_messages_at(quiet_until, now))
        return await load_children(settings, dict(children), load, _all, as_json=as_json)
    replies, unanswered = await _send_each(client, dict(children), quiet_until, now)
    if as_json:
        print_json([_as_data(reply) for reply in (*replies, *(Reply(c, refusal=UNSURE) for c in unanswered))])
    else:
        _show(replies)
    refusals = {reply.child: reply.refusal for reply in replies if reply.refusal}
    asked = who_is_meant(*refusals) if refusals else {}
    refused = [f"{child}: {refusal}{asked[child]}" for child, refusal in refusals.items()]
    if unanswered:
        sent = {child: own for child, own in children if child in unanswered}
        unsure = await _what_is_certain(client, settings, sent, unanswered)
        raise CommandFailed("\n".join(["not every journey answered:", *refused, *unsure]))
    return refused


async def _send_each(
    client: Client, children: Mapping[str, list[Event]], quiet_until: date | None, now: datetime
) -> tuple[list[Reply], dict[str, str]]:
    """What each journey answered; and those that gave no answer in time, with why where that is known."""
    limit, done, unanswered = asyncio.Semaphore(AT_ONCE), 0, dict[str, str]()
    with progress_bar("Sending") as progress:

        async def one(child: str, own: list[Event]) -> Reply | None:
            nonlocal done
            async with limit:
                try:
                    reply = await send_batch(client, child, own, load=load_of(own, "send", now, quiet_until))
                except (NotTaken, RPCError) as silent:
                    reply = None
                    unanswered[child] = str(silent) if isinstance(silent, CannotTake) else ""
            done += 1
            progress(done, len(children))
            return reply

        replies = await asyncio.gather(*(one(child, own) for child, own in children.items()))
    return [reply for reply in replies if reply], unanswered


async def _what_is_certain(
    client: Client, settings: Settings, sent: Mapping[str, list[Event]], why: Mapping[str, str]
) -> list[str]:
    """Of children whose journeys gave no answer: what the case record has of what was sent, and what to do."""
    record = await record_beside(client, settings)
    try:
        there = record.ids_of(sorted(sent))
    finally:
        record.close()
    lines = []
    for child, own in sent.items():
        taken = ", ".join(event.id for event in own if event.id in there[child]) or "nothing"
        open_yet = ", ".join(event.id for event in own if event.id not in there[child])
        unknown = f"; not known: {open_yet}, which may be taken yet" if open_yet else ""
        lines.append(f"{child}: taken for certain, by the case record: {taken}{unknown}")
    if not await pollers(client):
        return [*lines, AGAIN, str(no_worker())]
    return [*lines, AGAIN, *[said for child in sent if (said := str(await problem_of(client, child) or why[child]))]]


async def load_children(
    settings: Settings, children: Mapping[str, Sequence[Event]], load: Load, news: News, *, as_json: bool
) -> list[str]:
    """Load many histories, say what became of them, and return the refusals. Raises CommandFailed if no worker runs."""
    client = await find_service(settings)
    record = await record_beside(client, settings)
    try:
        with progress_bar("Loading") as progress:
            loaded = await load_histories(client, record, children, load, news, progress)
    except RPCError:
        raise CommandFailed(
            "the Temporal server gave out in the middle; nothing is lost, and the same command goes on from there"
        ) from None
    finally:
        record.close()
    if not as_json:
        _show_loaded(loaded, load)
    if loaded.waiting:
        raise CommandFailed(
            f"{loaded.waiting} journeys are started and wait for a worker; nothing is lost. Start one with "
            "`permanence up` (or `python -m worker`), and send again to see that all is taken"
        )
    return loaded.refusals


def _all(events: Sequence[Event], known: Iterable[Known]) -> Sequence[Sequence[Event]]:
    """A file's events that a journey does not have; by their ids, so that one sent with other content is refused."""
    there = {k.event.id: k.event for k in known}
    fresh = [event for event in events if there.get(event.id) != event]
    return [fresh] if fresh else []


def _show_loaded(loaded: Loaded, load: Load) -> None:
    out = console()
    out.print(f"{loaded.started:,} journeys started, {loaded.added_to:,} added to, {loaded.unchanged:,} knew all of it")
    if loaded.restarted:
        out.print(f"{loaded.restarted:,} did not run though they must, and go on from the case record")
    if load.quiet_until:
        out.print(
            f"Nothing is told before {words.day(local_date(load.quiet_until))}, then one summary for each person."
        )


def _as_data(reply: Reply) -> dict[str, object]:
    answer = reply.answer.model_dump(mode="json") if reply.answer else None
    return asdict(reply) | {"answer": answer}


def _show(replies: list[Reply]) -> None:
    """What became of each batch that was taken; no table where none was."""
    if not any(reply.answer for reply in replies):
        return
    shown = plain_table("Child", "Stage", "Rag", "Taken", "Known", "Opened", "Met")
    for reply in replies:
        answer = reply.answer
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

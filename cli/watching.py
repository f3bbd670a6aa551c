"""`permanence status`: a journey as the service has it."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.text import Text
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from cli import words
from cli.errors import CommandFailed
from cli.offline import agenda_row
from cli.options import Json
from cli.output import print_json
from cli.running import settings
from cli.screen import COLOURS, console
from cli.tables import agenda_table, plan_table
from delivery.account import account
from delivery.account_line import AccountLine
from delivery.account_words import as_data
from delivery.account_words import last_told as told_last
from domain.agenda import AgendaRow
from domain.case.calendar import local_date
from domain.case.words import LegalStatus
from domain.clocks.wording import booked_for_day, coded, in_words
from journeys.no_journey import NoJourney
from journeys.stuck import Trouble, problem_of, unanswered, unreadable
from record.failures import RecordUnavailable
from service.locate import find_service, record_beside
from service.settings import Settings
from workflows.child_journey import ChildJourney
from workflows.protocol import JourneyView, workflow_id

PATIENCE: Final = timedelta(seconds=20)
"""For a journey to answer (ours: one that must be replayed first takes a second or two, on a busy machine ten)."""


def status(
    *,
    child: Annotated[str, typer.Argument(metavar="CHILD", help="The child's reference.")],
    as_json: Json = False,
) -> None:
    """One child's journey as the service has it: stage, what is next, and the agenda."""
    asyncio.run(show_status(settings(), child, as_json=as_json))


async def show_status(settings: Settings, child: str, *, as_json: bool) -> None:
    """One child's journey. Raises NoJourney for a child without one."""
    client = await find_service(settings)
    problem = await _problem(client, child)
    if problem and problem.kind in ("failing", "no_worker"):  # it would not answer, and be waited for in vain
        _tell(problem, child, as_json=as_json)
    handle = client.get_workflow_handle_for(ChildJourney.run, workflow_id(child))
    try:
        view = await handle.query(ChildJourney.journey, rpc_timeout=PATIENCE)
        rows = await handle.query(ChildJourney.agenda, rpc_timeout=PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NoJourney(child) from None
        _tell(problem or await _problem(client, child) or unanswered(child), child, as_json=as_json)
    except WorkflowQueryFailedError:
        _tell(problem or unreadable(child), child, as_json=as_json)
    if view is None:
        raise NoJourney(child, f"the journey of {child!r} has taken no event yet")
    lines = await _account(client, settings, child)
    went = [] if isinstance(lines, RecordUnavailable) else [line for line in lines if line.went]
    if as_json:
        shown = {"journey": view.model_dump(mode="json"), "agenda": [_with_booking(row) for row in rows]}
        last = max(went, key=lambda line: line.when, default=None)
        print_json(
            shown | {"problem": asdict(problem) if problem else None, "last_told": as_data(last) if last else None}
        )
        return
    if problem:
        console().print(Text(str(problem), style="bold red"))
    _show_journey(
        view, rows, f"not known: {lines}" if isinstance(lines, RecordUnavailable) else told_last(went), console()
    )


async def _account(client: Client, settings: Settings, child: str) -> Sequence[AccountLine] | RecordUnavailable:
    """Who was told what about a child; or why nobody can say, if the record is away: the journey itself is here."""
    try:
        record = await record_beside(client, settings)
        try:
            return account(record.engine, child=child)
        finally:
            record.close()
    except RecordUnavailable as away:
        return away


def _with_booking(row: AgendaRow) -> dict[str, Any]:
    """A row of the agenda for programs, and what the contract's row has no field for."""
    return agenda_row(row) | {"booked_for": row.booked_for.isoformat() if row.booked_for else None}


async def _problem(client: Client, child: str) -> Trouble | None:
    try:
        return await problem_of(client, child)
    except RPCError as error:
        raise CommandFailed(f"the service did not answer ({error.message}); is the Temporal server busy?") from None


def _tell(problem: Trouble, child: str, *, as_json: bool) -> NoReturn:
    """Say what is wrong instead of how the journey stands. Raises CommandFailed."""
    if as_json:
        print_json({"journey": None, "agenda": [], "problem": {"child": child, **asdict(problem)}})
    raise CommandFailed(str(problem))


def _show_journey(view: JourneyView, rows: list[AgendaRow], last: str, out: Console) -> None:
    out.print(
        Text.assemble((view.child, "bold"), "  ", (view.rag.upper(), COLOURS[view.rag]), "  ", words.stage(view.stage))
    )
    for line in _about(view):
        out.print(line)
    out.print(f"Last told: {last}")
    for breach in view.unexplained:
        out.print(
            Text(
                f"Unexplained: {breach.title}, {in_words(breach.on)} ({breach.clause}). "
                f"Record lateness_explained with obligation {breach.rule}.",
                style="red",
            )
        )
    if len(view.plan_history) > 1:
        out.print()
        out.print(plan_table(view.plan_history))
    if rows:
        out.print()
        out.print(agenda_table(rows, _today(view)))
    for rejected in view.rejected:
        out.print(Text(f"Rejected {words.moment(rejected.at)}: {rejected.reason}", style="red"))


def _today(view: JourneyView) -> date:
    """The day on which it is looked at. Its own clock stands where it last woke, which may be weeks ago.

    What was due on 6 October and last reminded of on 11 November is 53 days late on 28 November, and not 36. A
    journey whose clock was moved forward is ahead of us.
    """
    return local_date(max(view.clock, datetime.now(UTC)))


def _about(view: JourneyView) -> list[str]:
    lines = [
        f"Policy {view.policy_version or view.policy}; "
        f"legal status {coded(LegalStatus(view.legal_status)) if view.legal_status else '-'}; team {view.team or '-'}"
    ]
    lines += [f"Booked: {one.what} for {booked_for_day(one.booked_for, _today(view))}" for one in view.bookings]
    if view.primary_plan:
        contingency = f", contingency {words.spaced(view.contingency_plan)}" if view.contingency_plan else ""
        lines.append(f"Plan: {words.spaced(view.primary_plan)}{contingency}")
    if view.plan_churn:
        days = ", ".join(map(words.day, view.plan_churn))
        lines.append(f"The plan does not hold: changed {len(view.plan_churn)} times within six months ({days})")
    if view.return_home:
        lines += words.return_home(view.return_home)
    lines += view.disputes
    if view.siblings:
        lines.append(_siblings(view))
    if view.entered_on:
        ended = f", ended {in_words(view.ended_on)}" if view.ended_on else ""
        events = "1 event" if view.events == 1 else f"{view.events} events"
        lines.append(f"Looked after since {in_words(view.entered_on)}{ended}; {events} known")
    if view.next_change and view.next_change_at:
        lines.append(f"Wakes next on {words.moment(view.next_change_at)}: {view.next_change}")
    return lines


def _siblings(view: JourneyView) -> str:
    """Who they are; who was left out of a joint meeting; who could not be told that this child is placed."""
    said = f"Brothers and sisters: {', '.join(view.siblings)}"
    if view.siblings_without_plan:
        said += f"; without a plan from the joint meeting: {', '.join(view.siblings_without_plan)}"
    missed = sorted({one.child for one in view.siblings_told if not one.reached})
    return said + (f"; no journey could be told of the placement: {', '.join(missed)}" if missed else "")

"""The commands that work on files alone: `agenda`, `simulate`, `policy list`, `policy show`."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.errors import Refused
from cli.known import did_you_mean
from cli.notice_words import at_once_data
from cli.options import File, Folder, Json, PolicyId, day_given
from cli.output import print_json, say_json
from cli.policy_words import as_data, header
from cli.screen import console
from cli.tables import show_actions, show_agendas, show_policies, show_policy
from domain.agenda import AgendaRow
from domain.agenda import agenda as agenda_of
from domain.case.calendar import end_of, local_date
from domain.case.events import LONDON
from domain.clocks.actions import Action
from domain.clocks.judgement import Said
from domain.policy.loading import Policies
from domain.study.simulation import Simulated, Simulation
from intake.files import read_events

AS_MANY_AS_HELP: Final = 20


def agenda(
    *,
    file: File,
    policy: PolicyId,
    at: Annotated[str, typer.Option("--at", metavar="DATE", help="At the end of this day, YYYY-MM-DD.")],
    child: Annotated[str | None, typer.Option("--child", metavar="REF", help="This child only.")] = None,
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """What must happen by when for each child, how it stands, and what is told next."""
    today = day_given("--at", at)
    simulated = simulated_from(file, policy, policies, today)
    if child is not None:
        simulated = {child: only(child, simulated, file, today)}

    agendas = [(one.journey, agenda_of(one.journey, end_of(today))) for one in simulated.values()]
    if as_json:
        print_json([agenda_row(row) for _, rows in agendas for row in rows])
        return

    show_agendas(agendas, today, console())


def simulate(
    *,
    file: File,
    policy: PolicyId,
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Up to the end of this day, as YYYY-MM-DD.")],
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """Who would be told what and when, from the first event up to a day."""
    last = day_given("--until", until)
    simulated = simulated_from(file, policy, policies, last)
    actions = sorted((a for one in simulated.values() for a in one.actions), key=lambda a: a.order)
    if as_json:
        print_lines(actions)
        return

    show_actions(actions, load_policies(policies).titles(), last, console())


def policy_list(*, policies: Folder = None, as_json: Json = False) -> None:
    """The policies there are."""
    known = load_policies(policies)
    if as_json:
        print_json([header(known.file(one)) for one in known.ids()])
        return

    show_policies(known, console())


def policy_show(
    *,
    policy: Annotated[str, typer.Argument(metavar="ID", help="The policy's id, as `policy list` gives it.")],
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """What a policy asks, in words: by when, of whom, what meets it, who is told, which rulings are ours."""
    known = load_policies(policies)
    resolved, today = known.resolve(policy), local_date(datetime.now(UTC))
    if as_json:
        print_json(as_data(known, resolved, today) | at_once_data(known, resolved, today))
        return

    show_policy(known, resolved, today, console())


# What commands are given


def load_policies(folder: Path | None) -> Policies:
    """The project's policies and those of an authority's folder. Raises Refused or PolicyRefused."""
    if folder is None:
        return Policies.load()
    if not folder.is_dir():
        raise Refused(f"--policies: {folder} is no folder; give one with policy files (*.toml)")
    try:
        return Policies.load(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"--policies: a file of {folder} cannot be read: {error}") from None


def simulated_from(file: str, policy: str, folder: Path | None, until: date) -> dict[str, Simulated]:
    """Every child's journey of a file at the end of a day. Raises Refused, FileRefused or PolicyRefused."""
    simulation = Simulation(load_policies(folder), policy)
    return simulation.run(read_events(file), until)


def only(child: str, simulated: dict[str, Simulated], file: str, today: date) -> Simulated:
    """The one child asked for. Raises Refused naming those there are."""
    if child in simulated:
        return simulated[child]
    known = ", ".join(list(simulated)[:AS_MANY_AS_HELP]) or "no child"
    more = ", ..." if len(simulated) > AS_MANY_AS_HELP else ""
    asked = did_you_mean(child, simulated)
    raise Refused(f"--child: nothing is known of {child!r} in {file} by {today}; known: {known}{more}{asked}")


# What programs read: contract section 6


def agenda_row(row: AgendaRow) -> dict[str, Any]:
    """A row of the agenda as its JSON object."""
    ahead = row.next
    said = {"said": [_said(each) for each in row.said]} if row.said else {}
    return {
        "child": row.child,
        "obligation": row.obligation,
        "occurrence": row.occurrence,
        "title": row.title,
        "clause": row.clause,
        "owner": row.owner,
        "opened_on": row.opened_on.isoformat(),
        "due": row.due.isoformat(),
        "limits": [{"due": limit.due.isoformat(), "clause": limit.clause} for limit in row.limits],
        "status": row.status,
        "met_on": row.met_on.isoformat() if row.met_on else None,
        "forecast": row.forecast,
        "next": {"at": _in_london(ahead.at), "kind": ahead.kind, "rung": ahead.rung, "to": sorted(ahead.to)}
        if ahead
        else None,
        **said,
    }


def _said(said: Said) -> dict[str, Any]:
    """What was said of an obligation, as its JSON object; the contract's row has it only where there is something."""
    until = said.until.isoformat() if said.until else None
    return {"kind": said.kind, "on": said.on.isoformat(), "until": until, "by": said.by, "reason": said.reason}


def action_line(action: Action) -> dict[str, Any]:
    """An action as its JSON object."""
    return {
        "at": _in_london(action.at),
        "child": action.child,
        "obligation": action.obligation,
        "occurrence": action.occurrence,
        "kind": action.kind,
        "rung": action.rung,
        "to": sorted(action.to),
        "due": action.due.isoformat() if action.due else None,
        "clause": action.clause,
        "message": action.message,
    }


def _in_london(at: datetime) -> str:

    return at.astimezone(LONDON).isoformat()


def print_lines(actions: Iterable[Action]) -> None:
    """One action a line, in UTF-8 whatever the terminal's encoding."""
    say_json(*map(action_line, actions))

"""`permanence outbox`: what is to be told, what became of it, and having it tried again. It needs no service."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli import words
from cli.configured import case_record
from cli.errors import Refused
from cli.known import must_be_known
from cli.options import Json
from cli.output import print_json
from cli.tables import console, plain_table
from delivery.again import bounced as take
from delivery.again import try_again
from delivery.ledger import Attempt, ChannelState, Ledger
from delivery.outbox import Outbox, OutboxState, Queued
from delivery.references import read_reference
from domain.case.events import LONDON
from service.logs import configure_logs

SHOWN: Final = ("pending", "uncertain", "failed")
"""What wants looking at; `--state` has the rest."""
STATES: Final = (*SHOWN, "sent", "held", "gathered", "closed", "superseded")
ALARMING: Final = ("uncertain", "failed")
MOST: Final = 200
"""Rows of a table; `--json` has them all."""

outbox = typer.Typer(invoke_without_command=True, help="Messages that wait or went wrong, and trying them again.")
Child = Annotated[str | None, typer.Option("--child", metavar="REF", help="Only this child's.")]
By = Annotated[str, typer.Option("--by", metavar="WHO", help="Who decides it; kept in the children's chains.")]


@outbox.callback()
def list_outbox(
    context: typer.Context,
    *,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help=f"Only these: {', '.join(STATES)}.")
    ] = None,
    child: Child = None,
    as_json: Json = False,
) -> None:
    """What is on its way, is uncertain or failed; and how the channels stand."""
    if context.invoked_subcommand is not None:
        return

    wanted = _states(state or list(SHOWN))
    with case_record() as record:
        queue = Outbox(record.engine)
        rows = [row for one in wanted for row in queue.rows(child, one)]
        if child and not rows:
            must_be_known(record, child)
        counts, channels = queue.counts(), list(Ledger(record.engine).channels().values())
    if as_json:
        print_json(
            {"rows": [_row(row) for row in rows], "counts": counts, "channels": [_channel(one) for one in channels]}
        )
        return
    _show(rows, counts, channels)


@outbox.command()
def retry(*, by: By, child: Child = None) -> None:
    """Try at once all that waits, is uncertain or failed: each address anew, and channels that were stopped.

    What is uncertain may have arrived already: it is then sent a second time.
    """
    configure_logs("ERROR")
    with case_record() as record:
        if child:
            must_be_known(record, child)
        rows = try_again(Ledger(record.engine), Outbox(record.engine), datetime.now(UTC), child=child, by=by)
    console().print(f"{rows} {'message' if rows == 1 else 'messages'} will be tried again.")


@outbox.command()
def bounced(
    *,
    reference: Annotated[str, typer.Argument(metavar="REF", help="The reference in the message that came back.")],
    person: Annotated[
        str | None, typer.Option("--person", metavar="KEY", help="To whom it went, as the directory calls them.")
    ] = None,
) -> None:
    """Say that a message came back undelivered: it goes to the next address, or to the fallback."""
    configure_logs("ERROR")
    read = read_reference(reference)
    if read is None:
        raise Refused(f"{reference!r} is no reference; accepted: one like K7QX-2MPA-V4TD, as the message has it")
    with case_record() as record:
        taken = take(Ledger(record.engine), Outbox(record.engine), read, person, datetime.now(UTC))
    if not taken:
        raise Refused(f"nothing with the reference {read} was sent{f' to {person}' if person else ''}")
    console().print(f"{taken} messages count as not delivered, and go another way.")


@outbox.command()
def ledger(*, child: Annotated[str, typer.Argument(metavar="CHILD")], as_json: Json = False) -> None:
    """Every attempt to tell somebody something about a child, in order."""
    with case_record() as record:
        attempts = Ledger(record.engine).of_child(child)
        if not attempts:
            must_be_known(record, child)
    if as_json:
        print_json([_attempt(one) for one in attempts])
        return

    if not attempts:
        console().print(f"Nobody has been told anything about {child}.")
        return
    console().print(_attempts_table(attempts))


def _states(given: list[str]) -> list[OutboxState]:
    states: list[OutboxState] = [one for one in STATES if one in given]
    unknown = [one for one in given if one not in STATES]
    if unknown:
        raise Refused(f"--state: {unknown[0]!r} is not accepted; accepted: {', '.join(STATES)}")
    return states


def _row(row: Queued) -> dict[str, Any]:
    return {
        "child": row.child,
        "obligation": row.action.obligation,
        "occurrence": row.action.occurrence,
        "kind": row.action.kind,
        "rung": row.action.rung,
        "due": row.action.due and row.action.due.isoformat(),
        "at": row.action.at.isoformat(),
        "role": row.role,
        "state": row.state,
        "next_at": row.next_at and row.next_at.isoformat(),
        "why": row.why,
    }


def _channel(one: ChannelState) -> dict[str, Any]:
    data = one._asdict()
    return data | {name: data[name] and data[name].isoformat() for name in ("since", "next_try")}


def _attempt(one: Attempt) -> dict[str, Any]:
    names = ("action_key", "role", "person", "via", "channel", "attempt", "outcome", "reference", "provider", "words")
    instants = ("at", "began", "ended")
    data: dict[str, Any] = {name: getattr(one, name) for name in names}
    return data | {name: (value := getattr(one, name)) and value.isoformat() for name in instants}


def _show(rows: list[Queued], counts: dict[OutboxState, int], channels: Iterable[ChannelState]) -> None:

    out = console()
    for one in channels:
        if one.state != "up":
            next_try = f"; tried next {_when(one.next_try)}" if one.next_try else ""
            said = f"{one.channel} is {one.state} since {_when(one.since)}: {one.words}{next_try}"
            out.print(Text(said, style="red"))
    if rows:
        shown = plain_table("When", "Child", "Action", "To", "State")
        for row in rows[:MOST]:
            about = f"{words.action(row.action.kind, row.action.rung)}\n{row.action.obligation}"
            state = Text(row.state, style="red" if row.state in ALARMING else "")
            state.append(_more(row), style="not bold dim")
            shown.add_row(words.moment(row.action.at), row.child, about, words.spaced(row.role), state)
        out.print(shown)
        if len(rows) > MOST:
            out.print(f"and {len(rows) - MOST} more; --json has them all")
    out.print(", ".join(f"{number} {state}" for state, number in counts.items() if number) or "The outbox is empty.")


def _more(row: Queued) -> str:
    again = f"\nagain {_when(row.next_at)}" if row.state == "pending" and row.next_at else ""
    return (f"\n{row.why}" if row.why else "") + again


def _when(at: datetime) -> str:

    local = at.astimezone(LONDON)
    return f"{words.day(local.date())} {local:%H:%M}"


def _attempts_table(attempts: list[Attempt]) -> Any:

    shown = plain_table("When", "Reference", "What", "Who", "Outcome")
    for one in attempts:
        via = "" if one.via == "holder" else f" ({one.via})"
        by = "" if one.channel == "-" else f" by {one.channel}, attempt {one.attempt}"
        shown.add_row(
            _when(one.began),
            one.reference,
            _about(one.action_key) if one.action_key else "digest",
            f"{one.person}{via}\nas {words.spaced(one.role or '-')}",
            words.spaced(one.outcome) + by + (f"\n{one.words}" if one.words else ""),
        )
    return shown


def _about(action_key: str) -> str:
    """An action by its key: the obligation, and which reminder or rung."""
    _, obligation, *_, kind, rung = action_key.split("/")
    return f"{obligation}\n{words.action(kind, int(rung))}"

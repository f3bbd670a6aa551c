"""`permanence outbox`: what is to be told, what became of it, and having it tried again. It needs no service.

What is shown of who was told is the account (delivery/account.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from cli import words
from cli.configured import case_record
from cli.errors import Refused
from cli.known import must_be_known
from cli.options import Json
from cli.output import print_json
from cli.screen import console, plain_table
from delivery.account import account, waiting
from delivery.account_line import OF_ROW, AccountLine
from delivery.account_words import as_data, what, who
from delivery.account_words import stands as words_of
from delivery.again import bounced as take
from delivery.again import try_again
from delivery.ledger import ChannelState, Ledger
from delivery.outbox import Outbox, OutboxState, Queued
from delivery.references import read_reference
from domain.case.events import LONDON
from domain.case.words import AccountState
from domain.clocks.wording import spaced
from service.logs import configure_logs

STATES: Final = tuple(dict.fromkeys(OF_ROW.values()))
"""What a row of the outbox may be, in the words of the account; the stored names are accepted as well."""
SHOWN: Final = (AccountState.PLANNED, AccountState.UNCERTAIN, AccountState.FAILED)
"""What wants looking at; `--state` has the rest."""
ALARMING: Final = (AccountState.UNCERTAIN, AccountState.FAILED)
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
        rows = [row for stored, means in OF_ROW.items() if means in wanted for row in queue.rows(child, stored)]
        if child and not rows:
            must_be_known(record, child)
        lines = [] if as_json else [one for one in waiting(record.engine, wanted, child) if one.state in wanted]
        counts, channels = queue.counts(), list(Ledger(record.engine).channels().values())
    if as_json:
        print_json(
            {"rows": [_row(row) for row in rows], "counts": counts, "channels": [_channel(one) for one in channels]}
        )
        return
    _show(lines, counts, channels)


@outbox.command()
def retry(*, by: By, child: Child = None) -> None:
    """Try at once all that waits, is uncertain or failed: each address anew, and channels that were stopped.

    What is uncertain may have arrived already: it is then sent a second time. Of the summary of a load the whole is
    tried again, for those whom it did not reach.
    """
    configure_logs("ERROR")
    with case_record() as record:
        if child:
            must_be_known(record, child)
        rows = try_again(record.engine, datetime.now(UTC), child=child, by=by)
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
        taken = take(Ledger(record.engine), read, person, datetime.now(UTC))
    if not taken:
        raise Refused(f"nothing with the reference {read} was sent{f' to {person}' if person else ''}")
    console().print(f"{taken} messages count as not delivered, and go another way.")


@outbox.command()
def ledger(*, child: Annotated[str, typer.Argument(metavar="CHILD")], as_json: Json = False) -> None:
    """Who was told what about a child, when and how, and what became of it; with the attempts that came to nothing."""
    with case_record() as record:
        lines = account(record.engine, child=child)
        if not lines:
            must_be_known(record, child)
    if as_json:
        print_json([as_data(line) for line in lines])
        return

    shown = [line for line in lines if line.state is not AccountState.PASSED_OVER]
    if not any(line.may_have_gone for line in shown):
        console().print(f"Nobody has been told anything about {child}{', yet:' if shown else '.'}")
    if shown:
        console().print(_account_table(shown))
    if over := len({line.action_key for line in lines} - {line.action_key for line in shown}):
        console().print(f"{over} more were passed over: a later one said more, or they came too late (--json has them)")


def _states(given: Sequence[str]) -> list[AccountState]:
    named: dict[str, AccountState] = {state.value: state for state in STATES} | {**OF_ROW}
    unknown = [one for one in given if one not in named]
    if unknown:
        raise Refused(f"--state: {unknown[0]!r} is not accepted; accepted: {', '.join(STATES)}")
    return list(dict.fromkeys(named[one] for one in given))


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
        "stands": OF_ROW[row.state].value,
        "next_at": row.next_at and row.next_at.isoformat(),
        "why": row.why,
    }


def _channel(one: ChannelState) -> dict[str, Any]:
    data = one._asdict()
    return data | {name: data[name] and data[name].isoformat() for name in ("since", "next_try")}


def _show(lines: list[AccountLine], counts: dict[OutboxState, int], channels: Iterable[ChannelState]) -> None:

    out = console()
    for one in channels:
        if one.state != "up":
            next_try = f"; tried next {_when(one.next_try)}" if one.next_try else ""
            said = f"{one.channel} is {one.state} since {_when(one.since)}: {one.words}{next_try}"
            out.print(Text(said, style="red"))
    if lines:
        shown = plain_table("When", "Child", "Action", "To", "How it stands")
        for line in lines[:MOST]:
            stands = Text(words_of(line), style="red" if line.state in ALARMING else "")
            shown.add_row(words.moment(line.at), line.child, _about(line), who(line), stands)
        out.print(shown)
        if len(lines) > MOST:
            out.print(f"and {len(lines) - MOST} more; --json has them all")
    counted = Counter[AccountState]()
    for stored, number in counts.items():
        counted[OF_ROW[stored]] += number
    out.print(", ".join(f"{counted[one]} {spaced(one)}" for one in STATES if counted[one]) or "The outbox is empty.")


def _when(at: datetime) -> str:

    local = at.astimezone(LONDON)
    return f"{words.day(local.date())} {local:%H:%M}"


def _account_table(lines: Sequence[AccountLine]) -> Table:
    """A row for each message and action: whoever reads a summary for several roles stands there once."""
    shown = plain_table("Decided", "Reference", "What", "Who", "How it stands")
    messages: dict[tuple[object, ...], list[AccountLine]] = {}
    for line in lines:
        messages.setdefault((line.action_key, line.person or line.role, line.via, words_of(line)), []).append(line)
    for first, *more in messages.values():
        stands = Text(words_of(first), style="red" if first.state in ALARMING else "")
        for one in first.attempts[:-1]:
            stands.append(f"\nattempt {one.attempt} {_when(one.began)}: {spaced(one.outcome)}", style="not bold dim")
            stands.append(f" ({one.words})" if one.words else "", style="not bold dim")
        whom = who(first, (one.role for one in more))
        shown.add_row(_when(first.decided), first.carried_by or first.reference, _about(first), whom, stands)
    return shown


def _about(line: AccountLine) -> str:
    """An action: which reminder or rung, and of what."""
    return f"{what(line)}\n{line.obligation}"

"""`permanence inbox`: what arrived and waits or was rejected, and repairing it."""

import json
import textwrap
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from cli import words
from cli.configured import case_record
from cli.errors import Refused
from cli.known import did_you_mean
from cli.options import File, Json
from cli.output import print_json, say
from cli.screen import console, plain_table
from intake.files import read_events
from intake.inbox import WORST_FIRST, CannotAmend, Inbox, InboxState, Item

SHOWN: Final = ("received", "pending", "rejected")
WIDEST: Final = 240
"""Characters of a reason in the table; `--json` has all of it."""
STATES: Final = (*SHOWN, "taken", "known")

inbox = typer.Typer(invoke_without_command=True, help="Events that wait or were rejected, with the reasons.")


@inbox.callback()
def list_inbox(
    context: typer.Context,
    *,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help=f"Only these: {', '.join(STATES)}.")
    ] = None,
    child: Annotated[str | None, typer.Option("--child", metavar="REF", help="Only this child's.")] = None,
    documents: Annotated[
        bool, typer.Option("--documents", help="Show the events themselves, which may hold what is personal.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Events that are not with their journeys: on their way, pending until one starts, or rejected."""
    if context.invoked_subcommand is not None:
        return

    with case_record() as record:
        items = Inbox(record.engine).listed(_states(state or list(SHOWN)), child)
        asked = did_you_mean(child, record.children()) if child and not items else ""
    if as_json:
        print_json([as_data(item, documents=documents) for item in items])
    else:
        _show(items, asked, documents=documents)


@inbox.command()
def retry(
    *,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="NUMBER...", help="Rows of the inbox.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every rejected row.")] = False,
) -> None:
    """Try rejected events again: once what they lacked has come, or a newer version can read them."""
    if bool(numbers) == everything:
        raise Refused("give the numbers of rows, as `permanence inbox` lists them, or --all")
    with case_record() as record:
        box = Inbox(record.engine)
        wanted = numbers or [item.number for item in box.listed(["rejected"])]
        tried = box.retry(wanted, datetime.now(UTC))
    left = [str(number) for number in numbers or [] if number not in tried]
    say(f"{len(tried)} tried again; `permanence inbox` shows what becomes of them.")
    if left:
        raise Refused(f"not tried: {', '.join(left)}; only rejected rows that can be read as events are")


@inbox.command()
def amend(
    *,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The row, as `permanence inbox` lists it.")],
    file: File,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who amends it.")],
    because: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
) -> None:
    """Put another event in the place of one that waits or was rejected. The original is kept, and points to it."""
    lines = read_events(file)
    if len(lines) != 1:
        raise Refused(f"one event takes the place of one; the file has {len(lines)}")
    with case_record() as record:
        try:
            new = Inbox(record.engine).amend(number, lines[0].event, by, because, datetime.now(UTC))
        except CannotAmend as cannot:
            raise Refused(str(cannot)) from None
    say(f"Row {new} stands in the place of row {number}, which is kept.")


def _states(asked: list[str]) -> list[InboxState]:

    unknown = sorted(set(asked) - set(STATES))
    if unknown:
        raise Refused(f"--state: {', '.join(unknown)} is unknown; accepted: {', '.join(STATES)}")
    return [state for state in WORST_FIRST if state in asked]


def as_data(item: Item, *, documents: bool = False) -> dict[str, Any]:
    """A row for programs."""
    data: dict[str, Any] = {
        "number": item.number,
        "event": item.event_id,
        "type": item.type,
        "child": item.child,
        "state": item.state,
        "reasons": item.reasons,
        "received_at": item.received_at.isoformat(),
        "credential": item.credential,
        "amends": item.amends,
        "children": [{"child": d.child, "state": d.state, "reason": d.reason} for d in item.deliveries],
    }
    return data | ({"document": item.document} if documents else {})


def _show(items: list[Item], asked: str, *, documents: bool) -> None:

    out = console()
    if not items:
        out.print(f"Nothing waits in the inbox, and nothing was rejected{asked or '.'}")
        return
    shown = plain_table("Number", "Received", "State", "Child", "Event and why")
    for item in items:
        lines = [f"{item.event_id or 'no id'} ({item.type or 'no event type'})"]
        lines += [textwrap.shorten(reason, WIDEST, placeholder=" ...") for reason in item.reasons]
        lines += [json.dumps(item.document, ensure_ascii=False)] if documents else []
        received = words.moment(item.received_at)
        shown.add_row(str(item.number), received, item.state, item.child or "", "\n".join(lines))
    out.print(shown)

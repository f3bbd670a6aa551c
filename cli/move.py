"""`permanence move`: the journeys of another server brought to this one, by the record."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from temporalio.client import Client
from temporalio.service import RPCError

from cli.errors import CommandFailed, Refused
from cli.options import Json
from cli.output import print_json, say
from cli.progress import progress_bar
from cli.running import settings
from cli.screen import console, plain_table
from journeys.moving import Brought, MoveRefused, Relocation, RelocationSide
from journeys.unmovable import refusals
from local.server import EmbeddedServer
from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.connection import DEFAULT_ADDRESS, by_certificates, connect
from service.elsewhere import Elsewhere, PlaceRefused, elsewhere
from service.folder import ServerFolder
from service.keeping import Say
from service.keys_used import all_at_hand, join_in
from service.locate import NoService, named_address
from service.payload_keys import KEY_FILE, KeyRing
from worker import policies_of

SHOWN = 100
"""Children shown to people; `--json` has all."""
WORDS = {
    "differs": "differs in",
    "failed": "could not be begun",
    "unread": "gave no answer where it was; it goes on from the record, and nothing was compared",
    "went on": "has taken further events since; it has all that it had",
    "ended": "has ended: its period of care is over by now",
    "left": "has no journey here: its case record cannot be read; once it can, `permanence record restart CHILD`",
}


def move(
    *,
    place: Annotated[
        Path,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="The home folder of an embedded service, or a file with the settings of another (NAME=value lines).",
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and change nothing.")] = False,
    even_so: Annotated[
        bool,
        typer.Option("--even-so", help="Also where the record of some cannot be read: they are named."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring every open journey of another server to the one that the environment names, with every clock.

    By the record: it is taken into this installation's database, where it is another, and each journey goes on from
    it, knowing what was told, waived, booked, acknowledged and adopted. Where they were, nothing is told or begun any
    more. Stop the workers and intakes there first, and start the workers here. A move that was cut off, at any point,
    goes on when this is run again: nothing is told twice, and nothing is lost. At the end both sides are compared,
    child by child. Exit 1 if any differs.
    """
    try:
        done = asyncio.run(_move(elsewhere(place), partial(say, err=as_json), dry_run=dry_run, even_so=even_so))
    except PlaceRefused as refused:
        raise Refused(f"--from: {refused}") from None
    except (MoveRefused, RecordUnavailable) as error:
        raise CommandFailed(str(error)) from None
    if done is None:
        return
    if as_json:
        print_json({"children": [{"child": one.child, "became": one.became, "how": one.how} for one in done]})
    else:
        _show(done)
    if wrong := [one for one in done if one.became in ("differs", "failed", "unread", "left")]:
        raise CommandFailed(f"{len(wrong):,} of {len(done):,} journeys are not known to be as they were")


async def _move(there: Elsewhere, tell: Say, *, dry_run: bool, even_so: bool) -> list[Brought] | None:
    async with _source(there) as source, _target() as target:
        planned = Relocation(source, target, even_so=even_so)
        children, _ = await asyncio.to_thread(planned.children)
        _say_plan(planned, len(children), tell)
        standing = await refusals(planned)
        if standing:
            raise MoveRefused("; and ".join(standing) + ". Nothing was changed")
        if dry_run:
            tell("Nothing stands in the way. Nothing was changed.")
            return None
        await planned.fence()
        tell(f"Nothing is told or begun any more from {source.words}.")
        with progress_bar("The record") as progress:
            rows = await planned.bring_record(progress)
        if rows:
            tell(f"{rows:,} rows of the record are here.")
        with progress_bar("Journeys") as progress:
            return await planned.bring_journeys(progress)


def _say_plan(planned: Relocation, children: int, tell: Say) -> None:
    tell(f"{children:,} open journeys, from {planned.source.words} to {planned.target.words}.")
    if planned.one_record:
        tell("Both have one record, which stays where it is.")
    elif planned.record_is_there:
        tell("The record is here already: the move was begun before, and goes on.")


@asynccontextmanager
async def _source(there: Elsewhere) -> AsyncIterator[RelocationSide]:
    """The installation that is left, its embedded server started where none runs."""
    home = there.settings.home
    ring = there.settings.payloads.ring_if_any(home)
    record = there.record()
    try:
        async with _address_of(there) as address:
            client = await _connected(there.client(address, ring), f"the source's Temporal server at {address}")
            if ring is not None:
                await all_at_hand(client, ring)
            yield RelocationSide(client, record, home, policies_of(there.settings), there.settings.default_policy)
    finally:
        record.close()


@asynccontextmanager
async def _address_of(there: Elsewhere) -> AsyncIterator[str]:
    if address := there.address:
        yield address
        return
    folder = ServerFolder(there.settings.home)
    occupant = folder.occupant()
    if occupant and occupant.owner_lives:  # else it ends just now, with the move that was killed: it is waited for
        yield occupant.address
        return
    if not folder.database.exists():
        raise MoveRefused(f"{there.settings.home} has no Temporal server of its own: name its settings in a file")
    async with EmbeddedServer(there.settings.home, ui=False) as server:
        yield server.address


@asynccontextmanager
async def _target() -> AsyncIterator[RelocationSide]:
    """The installation of this process's environment."""
    here = settings()
    address = named_address() or _embedded(here.home) or DEFAULT_ADDRESS
    ring = here.payloads.ring_if_any(here.home)
    if ring is None:
        raise MoveRefused(
            f"there are no keys to seal with in {here.home / KEY_FILE}: give the ones that the target's workers have "
            "(PERMANENCE_PAYLOADS_KEYS or a file)"
        )
    client = await _connected(connect(address, ring=ring), f"the target's Temporal server at {address}")
    await _keys_agree(client, ring)
    record = CaseRecord.open(here.record_url)
    try:
        yield RelocationSide(client, record, here.home, policies_of(here), here.default_policy)
    finally:
        record.close()


def _embedded(home: Path) -> str | None:
    occupant = ServerFolder(home).occupant()
    return occupant.address if occupant else None


async def _keys_agree(client: Client, ring: KeyRing) -> None:
    try:
        await join_in(client, ring)
    except RPCError as error:
        raise NoService(f"the target's namespace {client.namespace} cannot be looked at: {error.message}") from None


async def _connected(connecting: Awaitable[Client], what: str) -> Client:
    try:
        return await connecting
    except RuntimeError:
        raise NoService(f"nothing answers for {what}{by_certificates()}") from None


def _show(done: Sequence[Brought]) -> None:
    out = console()
    named = [one for one in done if one.became != "moved"]
    if named:
        table = plain_table("Child", "What")
        for one in named[:SHOWN]:
            table.add_row(one.child, f"{WORDS[one.became]}{f' {one.how}' if one.how else ''}")
        out.print(table)
    if len(named) > SHOWN:
        out.print(f"... and {len(named) - SHOWN:,} more; --json has all")
    counts = Counter(one.became for one in done)
    differ, without = counts["differs"], counts["failed"] + counts["left"]
    out.print(f"{len(done) - without:,} journeys moved, {f'{differ:,} differ' if differ else 'none differs'}.")

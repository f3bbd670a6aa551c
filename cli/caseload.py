"""`permanence caseload`: whom to see to first, whose they are and who was last told; as a table, CSV or JSON."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from rich.text import Text
from temporalio.client import Client

from cli.caseload_table import as_csv_text, as_data, differences, show
from cli.configured import case_record
from cli.errors import CommandFailed, Refused
from cli.family import show_family
from cli.left_out import left_out_in_words
from cli.options import Json
from cli.output import print_json, say
from cli.running import settings
from cli.screen import console
from delivery.directory import Directory, DirectoryRefused
from delivery.directory_file import DirectoryFile
from delivery.holding import NobodyCalledSo, holding, key_of, teams_called
from domain.agenda import Rag
from domain.case.calendar import local_date
from domain.case.stages import STAGES
from domain.case.words import Role
from journeys.overview import CaseloadRecord, overview
from journeys.stuck import no_worker, pollers
from record.caseload_reading import CaseloadPart
from record.failures import RecordUnavailable
from service.locate import NoService, find_service, record_beside
from service.settings import Settings

if TYPE_CHECKING:
    from delivery.caseload import CaseloadKeeper
    from record.store import CaseRecord


def caseload(
    *,
    siblings: Annotated[
        str | None, typer.Option(metavar="CHILD", help="Only this child and brothers and sisters: who lacks a plan.")
    ] = None,
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Only children of this team.")] = None,
    worker: Annotated[
        str | None, typer.Option(metavar="WHO", help="Only children of this social worker: key, name or address.")
    ] = None,
    iro: Annotated[
        str | None, typer.Option(metavar="WHO", help="Only children of this IRO: key, name or address.")
    ] = None,
    policy: Annotated[str | None, typer.Option(metavar="ID", help="Only children under this policy.")] = None,
    stage: Annotated[str | None, typer.Option(metavar="STAGE", help="Only children at this stage.")] = None,
    colour: Annotated[str | None, typer.Option(metavar="COLOUR", help="Only red, amber or green.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    as_json: Json = False,
) -> None:
    """Every child whose journey is under way: the most days late first, then what is due soonest."""
    if as_csv and as_json:
        raise Refused("--csv and --json exclude each other; give one of them")
    here = settings()
    if siblings:
        asyncio.run(show_family(here, siblings, as_json=as_json))
        return
    directory = directory_of(here)
    part = part_of(directory, team=team, worker=worker, iro=iro, policy=policy, stage=stage, colour=colour)
    asyncio.run(show_caseload(here, part, directory, as_json=as_json, as_csv=as_csv))


def directory_of(here: Settings) -> Directory | None:
    """The directory, if there is one. One that cannot stand must not hide the list: it is said, and done without."""
    if here.delivery.directory is None:
        return None
    try:
        return DirectoryFile(here.delivery.directory).current()
    except DirectoryRefused as refused:
        say(f"permanence: whose each child is stands as the case names it, since {refused}", err=True)
        return None


def part_of(directory: Directory | None, **wanted: str | None) -> CaseloadPart:
    """Which children are asked for. Raises Refused where an option names what there is not."""
    held = []
    for option, role in (("worker", Role.SOCIAL_WORKER), ("iro", Role.IRO)):
        if who := wanted.get(option):
            try:
                key = key_of(directory, who)
            except NobodyCalledSo as nobody:
                raise Refused(f"--{option}: {nobody}") from None
            held.append([holding(directory, key, role, local_date(datetime.now(UTC)))])
    team, policy = wanted.get("team"), wanted.get("policy")
    return CaseloadPart(
        teams=teams_called(directory, team) if team else (),
        stages=_one_of("--stage", wanted.get("stage"), STAGES),
        colours=_one_of("--colour", wanted.get("colour"), get_args(Rag)),
        policies=(policy,) if policy else (),
        held=held,
    )


def _one_of(option: str, given: str | None, accepted: Any) -> Any:
    if given is None:
        return ()
    code = given.strip().lower().replace(" ", "_").replace("-", "_")
    if code not in accepted:
        near = get_close_matches(code, accepted, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Refused(f"{option}: {given!r} is not accepted{hint}; accepted: {', '.join(accepted)}")
    return (code,)


async def show_caseload(
    here: Settings,
    part: CaseloadPart | None = None,
    directory: Directory | None = None,
    *,
    as_json: bool,
    as_csv: bool = False,
) -> None:
    """The caseload or a part of it.

    Raises CommandFailed, after it is shown, where the service or record is away, or children cannot be read.
    """
    part, away = part or CaseloadPart(), list[str]()
    with ExitStack() as stack:
        client = await _client(here, away)
        known = await _record(stack, client, here, directory, away)
        if client is None and known is None:
            raise CommandFailed(away[0])
        seen, polling = await asyncio.gather(overview(client, known, part), _is_polled(client))
    if as_json:
        print_json([as_data(row, seen) for row in seen.rows])
    elif as_csv:
        say(as_csv_text(seen).removesuffix("\n"))
    else:
        show(seen, part, console())
        if not polling:
            console().print(Text(str(no_worker()), style="bold red"))
    for line in differences(seen):
        say(f"permanence: {line}", err=True)
    if seen.left_out:
        away.append(left_out_in_words(seen.left_out))
    if away:
        raise CommandFailed("\npermanence: ".join(away))


async def _client(here: Settings, away: list[str]) -> Client | None:
    try:
        return await find_service(here)
    except NoService as none:
        away.append(f"{none}. What is shown is as the case record has it")
        return None


async def _is_polled(client: Client | None) -> bool:
    """Whether a worker is there to wake the journeys, as far as can be asked."""
    return client is None or await pollers(client) > 0


async def _record(
    stack: ExitStack, client: Client | None, here: Settings, directory: Directory | None, away: list[str]
) -> CaseloadRecord | None:
    try:
        if client is None:
            record = stack.enter_context(case_record())
        else:
            record = await record_beside(client, here)
            stack.callback(record.close)
    except (CommandFailed, NoService, RecordUnavailable) as failed:
        away.append(
            f"{failed}. What is shown is as the server lists it: whose, and how many days late, is not known there"
        )
        return None
    return CaseloadRecord(record, lambda: _keeper(record, here), directory, datetime.now(UTC))


def _keeper(record: "CaseRecord", here: Settings) -> "CaseloadKeeper":
    # All rules of the domain: the list is mostly up to date, and then does without.
    from delivery.case_now import Cases
    from delivery.caseload import CaseloadKeeper
    from domain.policy.loading import Policies
    from service.logs import configure_logs

    configure_logs("ERROR")
    policies = Policies.load(*([here.policies] if here.policies else []))
    return CaseloadKeeper(record, Cases(policies, here.default_policy))

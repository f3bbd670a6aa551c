"""Whether journeys may be moved: everything that would stand in the way, looked at before anything is changed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

from sqlalchemy import select
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.policy.loading import PolicyRefused
from journeys.looking import NAMED
from journeys.moving import ANSWERS_WITHIN, WHERE, Relocation, namespace_id
from journeys.stuck import RUNNING, pollers, pollers_of_any_work
from record.chain_tables import ChainRow
from record.engine import readers
from record.failures import in_plain_words
from record.moving import can_be_copied, lacking, lived_in, may_be_moved
from record.store import CaseRecord
from record.tables import EventRow
from service.installation import gone, here_again, of_server
from service.marks import marked
from workflows import search_attributes as sa

NAMES_A_POLICY: Final = ("became_looked_after", "pre_proceedings_started", "policy_adopted")
NO_NAMESPACE: Final = "the target has no namespace {name}: run `permanence namespace prepare` first"
NO_ATTRIBUTES: Final = "the target's namespace {name} lacks search attributes: run `permanence namespace prepare` first"
SAME: Final = "source and target are the same namespace of the same server"
WORKS: Final = (
    "{count} of the source's workers still asked for work within the last 90 seconds, and would go on telling people: "
    "stop them (and its intakes), wait so long, and run this again"
)
NO_WORKER: Final = (
    "no worker of the target has asked for work: start its workers first, which take the journeys up as they come"
)
OTHERS: Final = (
    "the target's namespace {name} has {count} running journeys of another installation: name a namespace of its own"
)
ANOTHER_RECORD: Final = (
    "the target's namespace {name} has {count} running journeys, and the record named is not theirs: name the one that "
    "they have (PERMANENCE_DATABASE_URL)"
)
ELSEWHERE: Final = (
    "a move of these journeys was begun to another namespace, of id {where}: what runs there would be told of twice. "
    "Accepted: that one, to go on with; or, where nothing of it will ever run again, `permanence installation claim` "
    "at the source first"
)
OLDER: Final = (
    "the target's record is an older copy of the source's: of {count} children, such as {child}, it lacks what was "
    "written last. Name an empty database (PERMANENCE_DATABASE_URL)"
)
NO_OWNER: Final = (
    "the user of the {which}'s record does not own its tables, and could not {what}: name one who does, for the move, "
    "in the {which}'s PERMANENCE_DATABASE_URL"
)
UNREADABLE: Final = (
    "the case record of {children} cannot be read, and no journey can be begun from it (`permanence record verify "
    "CHILD` names the rows): have it put right first, or move the others with --even-so"
)
UNCOPIED: Final = "the case record of {children} cannot even be copied: have it put right first"
USED: Final = (
    "the target's record has been used by another service, if only for its daily proof: name an empty database "
    "(PERMANENCE_DATABASE_URL)"
)


async def refusals(move: Relocation) -> list[str]:
    """What stands in the way, in words; none where nothing does. Raises RPCError, RecordUnavailable."""
    if missing := await _unprepared(move.target.client):
        return [missing]
    return [words async for words in _in_the_way(move)]


async def _unprepared(target: Client) -> str:
    try:
        await namespace_id(target)
        await target.count_workflows(" AND ".join(f"{key.name} IS NULL" for key in sa.ALL), rpc_timeout=ANSWERS_WITHIN)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return NO_NAMESPACE.format(name=target.namespace)
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return NO_ATTRIBUTES.format(name=target.namespace)
        raise
    return ""


async def _in_the_way(move: Relocation) -> AsyncIterator[str]:
    source, target = move.source, move.target
    if await namespace_id(source.client) == await namespace_id(target.client):
        yield SAME
        return
    if count := await pollers_of_any_work(source.client, ANSWERS_WITHIN):
        yield WORKS.format(count=count)
    if not await pollers(target.client, ANSWERS_WITHIN):
        yield NO_WORKER
    if (where := await _goes_to(move)) not in ("", await namespace_id(target.client)):
        yield ELSEWHERE.format(where=where)
    theirs = here_again((await of_server(target.client)).identity or "")
    running = (await target.client.count_workflows(RUNNING, rpc_timeout=ANSWERS_WITHIN)).count
    if running and theirs != move.identity:
        yield OTHERS.format(name=target.client.namespace, count=running)
    elif running and not move.record_is_there:
        yield ANOTHER_RECORD.format(name=target.client.namespace, count=running)
    for words in await asyncio.to_thread(lambda: list(_record(move))):
        yield words
    unreadable = await asyncio.to_thread(_unreadable, move)
    if unreadable:
        yield unreadable
        return
    for words in await asyncio.to_thread(lambda: list(_policies(move))):
        yield words


async def _goes_to(move: Relocation) -> str:
    """The id of the namespace that a move begun before goes to; empty where none was, or it was taken back."""
    bears = (await of_server(move.source.client)).identity or ""
    return (await marked(move.source.client, WHERE) or "") if bears == gone(move.identity) else ""


def _record(move: Relocation) -> Iterator[str]:
    """Why the target's record cannot be the one that the journeys go on by."""
    source, target = move.source.record.engine, move.target.record.engine
    if not move.one_record and not may_be_moved(source):
        yield NO_OWNER.format(which="source", what="keep it from taking more")
    if not move.one_record and not may_be_moved(target):
        yield NO_OWNER.format(which="target", what="fill them")
    if not move.record_is_there:
        if lived_in(target):
            yield USED
    elif not move.one_record and (behind := lacking(source, target)):
        yield OLDER.format(count=len(behind), child=behind[0])


def _unreadable(move: Relocation) -> str:
    """Why those whose case record cannot be read keep the others from being moved; empty where they do not."""
    _, children = move.children()
    named = ", ".join(children[:NAMED]) + (f" and {len(children) - NAMED:,} more" if len(children) > NAMED else "")
    if children and not move.even_so:
        return UNREADABLE.format(children=named)
    copied = bool(children) and not move.record_is_there
    return UNCOPIED.format(children=named) if copied and not can_be_copied(move.source.record.engine) else ""


def _policies(move: Relocation) -> Iterator[str]:
    """Policies in use that the target's workers lack, or have in another version."""
    for name in sorted(_in_use(move.source.record) | {move.source.default_policy}):
        try:
            was = move.source.policies.resolve(name).version
        except PolicyRefused:
            continue  # no journey of the source could run by it
        try:
            now = move.target.policies.resolve(name).version
        except PolicyRefused:
            now = "none"
        if now != was:
            yield (
                f"the policy {name} is {was} at the source and {now} at the target: give both the same files "
                "(PERMANENCE_POLICIES); new rules are adopted before a move or after it"
            )


def _in_use(record: CaseRecord) -> set[str]:
    events = select(EventRow.document).where(EventRow.type.in_(NAMES_A_POLICY))
    terms = select(ChainRow.content).where(ChainRow.kind == "terms")
    with in_plain_words(), readers(record.engine).connect() as connection:
        said = [row for query in (events, terms) for row in connection.execute(query).scalars()]
    return {str(one["policy"]) for one in said if isinstance(one, dict) and one.get("policy")}

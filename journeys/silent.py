"""Journeys that sleep and cannot be asked: no task of theirs has failed, since none was due, and the next one will.

Only asking finds them: the look over all journeys does, every night. Its run has the first of them in its words, and
whoever wants to know how it stands now asks these once more.
"""

import re
from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from temporalio.client import Client, WorkflowFailureError

from journeys.bounded import bounded, silently
from journeys.caseload import not_running
from journeys.missing import Silence, known_events
from service.schedules import JOURNEYS
from workflows.scheduled import scheduled_id

NAMED: Final = 20
"""Silent journeys that the words of a look name (ours: `record restart --all --dry-run` names them all)."""
IN_WORDS: Final = re.compile(r"\bdo not answer \(([^)]*)\)")
ENDED: Final = f'WorkflowId STARTS_WITH "{scheduled_id(JOURNEYS.name)}-" AND ExecutionStatus="Completed"'


def silent_in_words(children: Sequence[str]) -> str:
    """What the words of a look say of those that do not answer, after their number."""
    more = ", ..." if len(children) > NAMED else ""
    named = ", ".join(sorted(children)[:NAMED])
    return f"do not answer ({named}{more}): `permanence record restart --all --dry-run` names them all"


def silent_in(words: str) -> list[str]:
    """The children whom the words of a look name so."""
    named = IN_WORDS.search(words)
    return [child for child in named[1].split(", ") if child != "..."] if named else []


async def still_silent(client: Client, but: Collection[str] = ()) -> list[str]:
    """Those that the last look named and that do not answer now either, without some. Raises RPCError."""
    named = [child for child in silent_in(await _last_words(client)) if child not in but]
    answers = await bounded([partial(known_events, client, child) for child in named], silently)
    mute = [
        child for child, answer in zip(named, answers, strict=True) if isinstance(answer, Silence) and answer.broken
    ]
    ended = await not_running(client, mute)  # since that look
    return [child for child in mute if child not in ended]


async def _last_words(client: Client) -> str:
    async for run in client.list_workflows(ENDED, limit=1):
        try:
            return str(await client.get_workflow_handle(run.id, run_id=run.run_id, result_type=str).result())
        except (WorkflowFailureError, ValueError):  # sealed by a key that is gone: the next look says it anew
            return ""
    return ""

"""Refusing in words that fit into one message of the engine, and naming the events for whose sake."""

from temporalio.exceptions import ApplicationError

from domain.refusals import Refusal
from workflows.protocol import REFUSED, RefusedEvent

REASONS_SHOWN = 20
REASONS_NAMED = 200
"""Of a refused batch in its words, and by event (ours: the engine takes 2 MB); the others are told when sent again."""


def refuse(problems: list[str], *details: RefusedEvent) -> None:
    """Refuse for these reasons, if there are any. Raises ApplicationError."""
    if problems:
        more = [f"and {len(problems) - REASONS_SHOWN} more"] * (len(problems) > REASONS_SHOWN)
        refusal = "; ".join([*problems[:REASONS_SHOWN], *more])
        raise ApplicationError(refusal, *details, type=REFUSED, non_retryable=True)


def refuse_events(refused: list[Refusal]) -> None:
    """Refuse a batch for the sake of some of its events, which are named so that the others can be sent again.

    Where the batch as a whole is the reason, none is named: its sender tries them one by one.
    """
    whole = len(refused) > 1 and len({each.reason for each in refused}) == 1 and refused[0].of_batch
    named = [] if whole else refused[:REASONS_NAMED]
    refused_first = refused[:1] if whole else refused
    refuse([str(each) for each in refused_first], *(RefusedEvent(id=each.event.id, reason=str(each)) for each in named))

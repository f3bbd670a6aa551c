"""What a caseload can be searched by in Temporal: nothing personal, since search attributes are never encrypted.

The embedded server registers them at its start. On a server of your own an administrator does so once;
docs and `permanence up` name the commands.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from domain.limits import cut

STAGE = SearchAttributeKey.for_keyword("Stage")
"""The stage the journey has reached."""

RAG = SearchAttributeKey.for_keyword("Rag")
"""green, amber or red."""

NEXT_DUE = SearchAttributeKey.for_datetime("NextDue")
"""The earliest due date that is not yet past."""

NEXT_OBLIGATION = SearchAttributeKey.for_keyword("NextObligation")
"""The obligation which that date belongs to."""

OVERDUE = SearchAttributeKey.for_keyword_list("Overdue")
"""The obligations with a ladder that are overdue."""

LEGAL_STATUS = SearchAttributeKey.for_keyword("LegalStatus")
PRIMARY_PLAN = SearchAttributeKey.for_keyword("PrimaryPlan")
POLICY = SearchAttributeKey.for_keyword("Policy")
TEAM = SearchAttributeKey.for_keyword("Team")

REJECTED_EVENTS = SearchAttributeKey.for_int("RejectedEvents")
"""How many events the journey has kept as rejected."""

SOCIAL_WORKER = SearchAttributeKey.for_keyword("SocialWorker")
"""The key in the directory of whom the case names as its social worker."""

IRO = SearchAttributeKey.for_keyword("Iro")

OLDEST_OVERDUE = SearchAttributeKey.for_datetime("OldestOverdue")
"""Since when something is overdue, with a ladder or without: the due date that has passed first."""

VALUE_BYTES = 2_000
"""Of a value as JSON in ASCII: the server ends a run that sets one of more than 2,048, quotes and commas included."""

MORE = "more"
"""Stands for what of a list has no room; no policy may call an obligation so and have it mean something else."""

PROBLEMS = SearchAttributeKey.for_keyword_list("TemporalReportedProblems")
"""The server's own, registered by nobody: set while a workflow's tasks fail again and again, gone once one succeeds."""

AnyKey = (
    SearchAttributeKey[str] | SearchAttributeKey[int] | SearchAttributeKey[datetime] | SearchAttributeKey[Sequence[str]]
)


def within(value: Any) -> Any:
    """A value as the server takes it: a text cut short, a list with as much as there is room for."""
    # By its own type: in Temporal's sandbox `isinstance` is five calls, and this is asked of each value at each wake.
    if type(value) is str:
        return cut(value, VALUE_BYTES)
    return _as_many_as_fit(value) if type(value) is list else value


def _as_many_as_fit(values: list[str]) -> list[str]:
    sizes = accumulate(len(json.dumps(value)) + 1 for value in values)
    fitting = sum(size <= VALUE_BYTES - len(MORE) for size in sizes)
    return values if fitting == len(values) else [*values[:fitting], MORE]


ALL: tuple[AnyKey, ...] = (
    STAGE,
    RAG,
    NEXT_DUE,
    NEXT_OBLIGATION,
    OVERDUE,
    LEGAL_STATUS,
    PRIMARY_PLAN,
    POLICY,
    TEAM,
    REJECTED_EVENTS,
    SOCIAL_WORKER,
    IRO,
    OLDEST_OVERDUE,
)
"""The contract's, and beside them the last three."""

BESIDE: tuple[AnyKey, ...] = (SOCIAL_WORKER, IRO, OLDEST_OVERDUE)
"""Those that no run had which began before 27 November 2026 in the evening."""


def changes(shown: Mapping[Any, Any], values: Mapping[AnyKey, Any]) -> list[SearchAttributeUpdate[Any]]:
    """What is to be written so that a journey shows these values; None where it is to have none."""
    changed = {key: value for key, value in values.items() if shown.get(key) != value}
    return [key.value_unset() if value is None else key.value_set(value) for key, value in changed.items()]

"""What a caseload can be searched by in Temporal: nothing personal, since search attributes are never encrypted.

The embedded server registers them at its start. On a server of your own an administrator does so once;
docs and `permanence up` name the commands.
"""

from collections.abc import Sequence
from datetime import datetime

from temporalio.common import SearchAttributeKey

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

AnyKey = (
    SearchAttributeKey[str] | SearchAttributeKey[int] | SearchAttributeKey[datetime] | SearchAttributeKey[Sequence[str]]
)

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
)

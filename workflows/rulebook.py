"""Asking for the rules that a journey is to run on."""

from datetime import date, datetime

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.models import LOAD_RULEBOOK, Rulebook, RulebookRequest
    from workflows.effects import run_effect


async def loaded(child: str, policy: str | None, born: date | None, *, relive_at: datetime | None = None) -> Rulebook:
    """The policy of a name, else the one the child's history names, else the service's; and the calendar from a birth.

    `relive_at`: the instant at which a journey begins; what the case record knows of the child comes with it. A policy
    that is not here is answered by the one there would be without it.
    """
    begins = relive_at is not None
    request = RulebookRequest(child=child, policy=policy, born=born, with_history=begins, relive_at=relive_at)
    try:
        answer = await run_effect(LOAD_RULEBOOK, request, RawValue, "load policy and calendar", may_be_long=begins)
    except ApplicationError:
        if policy is None:
            raise
        # The event that names an unknown policy is refused by the rules of the default one.
        return await loaded(child, None, born, relive_at=relive_at)
    return Rulebook.read(answer.payload.data)

"""The rules that a journey is to run on: asked for, and changed by what it takes."""

from datetime import date, datetime

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.models import LOAD_RULEBOOK, Rulebook, RulebookRequest
    from domain.case.events import Event
    from domain.journey import Journey
    from domain.refusals import newly_adopted, policy_after, shapes
    from workflows import ways
    from workflows.effects import run_effect
    from workflows.parsing import entry_facts


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


async def rules_after(
    journey: Journey, book: Rulebook, events: list[Event], now: datetime, started_with: str | None
) -> tuple[Rulebook, list[str]]:
    """The policy and calendar that a journey runs on once it has taken these events; and the ids of the policies.

    `started_with`: the policy that its start named, if any. Only an adoption brings another version of a policy.
    """
    if not any(shapes(e) for e in events):
        return book, book.policies
    _, born = entry_facts(events)
    reach = born or (journey.facts.born if journey.facts else None)
    adopted = newly_adopted(journey, events)
    newest = await loaded(journey.child, adopted, reach) if adopted and ways.goes(ways.ADOPTS_NEWEST) else None
    known = newest.policies if newest else book.policies
    wanted = policy_after(journey, events, now, known) or started_with or book.default_policy
    if newest and wanted == adopted == newest.policy.id:
        return newest, known
    if wanted != book.policy.id:
        return await loaded(journey.child, wanted, reach), known
    if born is not None and not book.holidays.cover(born):
        further = await loaded(journey.child, wanted, reach)
        return further.model_copy(update={"policy": book.policy}), known
    return book, known

"""How a journey ends, and what reaches it afterwards: late events, voidings, another entry."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.case.documents import parse_event
from journeys.sending import send_batch
from tests.domain.story import london
from tests.workflows.house import House, Life, story

pytestmark = pytest.mark.server

ENTRY = "2026-01-05 became_looked_after"
TEN = london("2026-01-05", "10:00")


async def again(life: Life, happened: str, day: str) -> Life:
    """A new run for the same child, later in its own dates."""
    return await life.house.begin(happened, london(day), child=life.child)


async def test_an_adoption_order_ends_it(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-20")

    answer = await life.tell("2026-01-20 adoption_order_made")

    assert (answer.stage, answer.rag) == ("left_care", "green")
    summary = await life.ended()
    assert (summary.child, summary.stage, str(summary.ended_on), summary.events) == (
        life.child,
        "left_care",
        "2026-01-20",
        2,
    )
    assert (await life.handle.describe()).status == WorkflowExecutionStatus.COMPLETED
    assert (await life.attributes())["Stage"] == "left_care"


async def test_the_18th_birthday_ends_it_by_itself(house: House) -> None:
    life = await house.begin(f"{ENTRY} date_of_birth=2008-03-10", TEN)

    await house.clocks.forward_to(life.handle, london("2026-03-10", "00:01") - life.offset)

    summary = await life.ended()
    assert (summary.stage, str(summary.ended_on)) == ("left_care", "2026-03-10")
    view = await life.view()
    assert abs(view.clock - london("2026-03-10", "00:00")) < timedelta(minutes=1)
    assert "initial-ppm/1 escalation 4" in life.sent()


async def test_an_entry_after_the_end_starts_a_new_run_that_knows_the_past(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-05 ppm_held")
    await life.tell("2026-01-05 ceased_to_be_looked_after")
    await life.ended()
    first_run = await life.run_id()

    second = await again(life, "2026-06-01 became_looked_after", "2026-06-01")

    view = await second.view()
    assert await second.run_id() != first_run
    assert (view.stage, view.events, str(view.entered_on)) == ("looked_after", 4, "2026-06-01")
    assert (await second.agenda())["initial-ppm/1"].status == "upcoming"
    await second.forward("2026-06-16")
    assert "initial-ppm/1 escalation 1" in second.sent()
    assert {a.action.period for a in house.record.actions(life.child) if a.action.kind == "escalation"} == {2}


async def test_an_update_with_start_takes_a_late_event_of_an_ended_child(house: House) -> None:
    long_ago = datetime.now(UTC).date() - timedelta(days=60)
    life = await house.begin(f"{long_ago} became_looked_after\n{long_ago} ceased_to_be_looked_after", datetime.now(UTC))
    await life.ended()
    first_run, sent = await life.run_id(), life.sent()

    delivery = await send_batch(
        house.client, life.child, [parse_event(story(life.child, f"{long_ago} ppm_held")[0])], policy="ppm-procedure"
    )

    assert delivery.answer is not None, delivery.refusal
    assert delivery.answer.stage == "left_care"
    assert len(delivery.answer.taken) == 1
    assert await life.run_id() != first_run
    assert (await life.ended()).events == 3
    assert life.sent() == sent
    assert life.recorded() == ["became_looked_after", "ceased_to_be_looked_after", "ppm_held"]


async def test_the_same_event_for_an_ended_child_is_known(house: House) -> None:
    long_ago = datetime.now(UTC).date() - timedelta(days=60)
    events = story("T-known", f"{long_ago} became_looked_after\n{long_ago} ceased_to_be_looked_after")
    parsed = [parse_event(event) for event in events]
    assert (await send_batch(house.client, "T-known", parsed)).answer

    delivery = await send_batch(house.client, "T-known", parsed)

    assert delivery.answer is not None, delivery.refusal
    assert (delivery.answer.taken, len(delivery.answer.known)) == ([], 2)
    assert len(house.record.history("T-known")) == 2


async def test_a_voided_ending_resumes_it_and_nothing_is_sent_again(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.forward("2026-01-20")
    await life.tell("2026-01-20 ceased_to_be_looked_after #end")
    await life.ended()
    sent = life.sent()
    assert "initial-ppm/1 escalation 1" in sent

    second = await again(life, f"2026-01-21 event_voided event={life.child}-end", "2026-01-21")

    view = await second.view()
    assert (view.stage, view.overdue, view.events) == ("looked_after", ["initial-ppm"], 3)
    assert (await second.handle.describe()).status == WorkflowExecutionStatus.RUNNING
    assert second.sent() == sent
    await second.forward("2026-01-26")
    assert sorted(one for one in second.sent() if one not in sent) == [
        "first-review/1 reminder 1",
        "initial-ppm/1 escalation 2",
    ]
    outbox = [(item.action_key, item.role) for item in house.record.outbox() if item.child == life.child]
    assert len(outbox) == len(set(outbox))


async def test_an_ending_on_the_way_is_waited_for_by_updates_at_once(house: House) -> None:
    life = await house.begin(ENTRY, TEN)
    await life.tell("2026-01-05 ppm_held\n2026-01-05 ceased_to_be_looked_after")
    assert (await life.ended()).events == 3
    assert len(life.recorded()) == 3

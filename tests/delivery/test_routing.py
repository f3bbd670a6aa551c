"""What is done next, from what was tried: always something that ends, and never a second message."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.directory import Person
from delivery.ledger import Attempt, ChannelState
from delivery.people import Recipient
from delivery.references import address_hash, delivery_key
from delivery.routing import Clear, Done, GiveUp, Router, Step, Try, Unreachable, Wait
from delivery.settings import DeliverySettings
from record.delivery_tables import Outcome
from tests.delivery.conftest import NINE

PATIENCE = DeliverySettings()
BOTH = Person.model_validate({"email": ["a@example.org", "b@example.org"], "webhook": "https://example.org/a"})


def router(**states: ChannelState) -> Router:
    return Router({"smtp": "leave", "webhook": "resend"}, PATIENCE, states)


def who(entry: Person = BOTH) -> Recipient:
    return Recipient("p", "holder", entry)


def tried(outcome: Outcome, *, channel: str = "smtp", address: str = "a@example.org", number: int = 1) -> Attempt:
    return Attempt(
        delivery=delivery_key("c/k", "p", channel),
        attempt=number,
        child="c",
        action_key="k",
        role="iro",
        person="p",
        via="holder",
        channel=channel,
        address=address_hash(address),
        reference="K7QX-2MPA-V4TD",
        outcome=outcome,
        at=NINE,
        began=NINE,
        ended=NINE,
    )


def down(hours: float) -> ChannelState:
    return ChannelState("smtp", "down", NINE - timedelta(hours=hours), 9, NINE + timedelta(minutes=10), "x", "down")


@pytest.mark.parametrize(
    ("attempts", "step"),
    [
        ([], Try("smtp", "a@example.org", 1)),
        ([tried("sent")], Done("sent")),
        ([tried("refused")], Try("smtp", "b@example.org", 2)),
        ([tried("bounced")], Try("smtp", "b@example.org", 2)),
        ([tried("uncertain")], Done("uncertain")),
        ([tried("begun")], Clear(tried("begun"))),
        ([tried("uncertain"), tried("again", number=2)], Try("smtp", "a@example.org", 3)),
        (
            [tried("refused"), tried("refused", address="b@example.org", number=2)],
            Try("webhook", "https://example.org/a", 1),
        ),
    ],
)
def test_one_thing_leads_to_the_next(attempts: list[Attempt], step: Step) -> None:
    assert router().next_step(who(), attempts, NINE) == step


def test_an_address_that_says_later_is_waited_for_longer_and_longer_and_then_given_up() -> None:
    waits = []
    attempts: list[Attempt] = []
    now, begun = NINE, NINE
    while not isinstance(step := router().next_step(who(), attempts, now), GiveUp):
        if isinstance(step, Wait):
            waits.append((step.until - now).total_seconds() / 60)
            now = step.until
        else:
            assert isinstance(step, Try)
            late = tried("retry", number=step.attempt)
            attempts.append(Attempt(**{n: getattr(late, n) for n in late.__slots__} | {"began": now, "ended": now}))

    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert now - begun >= PATIENCE.give_up_after


def test_a_channel_in_trouble_is_waited_for_and_after_half_a_day_another_one_is_taken() -> None:
    assert isinstance(router(smtp=down(3)).next_step(who(), [], NINE), Wait)
    assert router(smtp=down(4)).next_step(who(), [], NINE) == Try("webhook", "https://example.org/a", 1)
    sent = tried("sent", channel="webhook", address="https://example.org/a")
    assert router(smtp=down(4)).next_step(who(), [sent], NINE) == Done("sent")


def test_those_who_chose_several_channels_are_told_by_each() -> None:
    entry = BOTH.model_copy(update={"channels": ("smtp", "webhook")})

    first = router().next_step(who(entry), [tried("sent")], NINE)
    assert first == Try("webhook", "https://example.org/a", 1)
    both = [tried("sent"), tried("sent", channel="webhook", address="https://example.org/a")]
    assert router().next_step(who(entry), both, NINE) == Done("sent")


ENDINGS: st.SearchStrategy[Outcome] = st.sampled_from(["sent", "refused", "retry", "uncertain", "begun", "down"])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_it_always_ends_and_nothing_is_sent_by_a_channel_again_that_may_have_it(data: st.DataObject) -> None:
    attempts: list[Attempt] = []
    now: datetime = NINE
    for _ in range(400):
        step = router().next_step(who(), attempts, now)
        match step:
            case Done() | Unreachable():
                return
            case Wait():
                assert step.until > now
                now = step.until
            case GiveUp():
                attempts.append(tried("gave_up", channel=step.channel, address=step.address, number=step.attempt))
            case Clear():
                place = attempts.index(step.attempt)
                ours: Outcome = "uncertain" if step.attempt.channel == "smtp" else "retry"
                attempts[place] = _ended(step.attempt, ours, now)
            case Try():
                mine = [a for a in attempts if a.channel == step.channel]
                assert not any(a.outcome in ("sent", "begun") for a in mine)
                assert step.channel != "smtp" or not any(a.outcome == "uncertain" for a in mine)
                fresh = tried("begun", channel=step.channel, address=step.address, number=step.attempt)
                attempts.append(_ended(fresh, data.draw(ENDINGS), now, began=now))
    raise AssertionError("it does not end")


def _ended(attempt: Attempt, outcome: Outcome, now: datetime, began: datetime | None = None) -> Attempt:
    values = {name: getattr(attempt, name) for name in attempt.__slots__}
    return Attempt(**values | {"outcome": outcome, "ended": now, "began": began or attempt.began})

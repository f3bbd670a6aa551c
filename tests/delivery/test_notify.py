"""GOV.UK Notify, by its official client against a stand-in: taken, 400, 403, 429, 500, time-outs, never delivered."""

from collections.abc import Iterator

import pytest

from delivery.channels.channel import ChannelStopped
from delivery.channels.notify import NotifySettings
from delivery.channels.notify_client import NotifyChannel
from tests.delivery.conftest import Office, action
from tests.delivery.notify_stand_in import KEY, TEMPLATE, NotifyStandIn


@pytest.fixture
def notify() -> Iterator[NotifyStandIn]:
    with NotifyStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def posted(office: Office, notify: NotifyStandIn) -> Office:
    office.channels = {"notify": channel(notify)}
    office.child(social_worker="s-worker")
    office.decide(action())
    return office


def channel(notify: NotifyStandIn, **more: object) -> NotifyChannel:
    settings = {"api_key": KEY, "base_url": notify.url, "templates": {"default": TEMPLATE}, "timeout": 1, **more}
    return NotifyChannel(NotifySettings.model_validate(settings))


async def test_it_is_sent_by_template_with_our_key_as_its_reference(posted: Office, notify: NotifyStandIn) -> None:
    await posted.deliver()

    (taken,) = notify.taken
    (attempt,) = posted.attempts()
    assert taken["email_address"] == "s.worker@example.org"
    assert taken["reference"].startswith("permanence-")
    assert taken["personalisation"]["message"].startswith("Initial permanency planning meeting is 1 day overdue.")
    assert taken["personalisation"]["due"] == "2026-01-07"
    assert taken["personalisation"]["acknowledge_url"] == ""
    assert (attempt.outcome, attempt.provider) == ("sent", taken["id"])
    assert notify.asked == []


@pytest.mark.parametrize("answer", ["bad address", "team key"])
async def test_400_for_an_address_goes_to_the_next(posted: Office, notify: NotifyStandIn, answer: str) -> None:
    notify.next_answers = [answer]

    await posted.deliver()

    assert posted.told() == ["s-worker notify refused", "s-worker notify sent"]
    assert notify.count() == {"sam@example.net": 1}


async def test_400_for_a_template_stops_the_channel_until_it_is_mended(posted: Office, notify: NotifyStandIn) -> None:
    posted.channels = {"notify": channel(notify, templates={"default": "another"})}
    await posted.deliver()
    state = posted.ledger.channels()["notify"]
    assert (state.state, state.error) == ("stopped", "400")
    assert posted.states() == {"escalation 1 social_worker": "pending"}

    posted.channels = {"notify": channel(notify)}
    await posted.later(minutes=61)

    assert posted.told() == ["s-worker notify down", "s-worker notify sent"]
    assert notify.count() == {"s.worker@example.org": 1}


@pytest.mark.parametrize(("answer", "state"), [("clock", "stopped"), ("rate", "down")])
async def test_403_stops_the_channel_and_429_pauses_it(
    posted: Office, notify: NotifyStandIn, answer: str, state: str
) -> None:
    notify.next_answers = [answer]

    await posted.deliver()
    assert posted.ledger.channels()["notify"].state == state
    await posted.later(minutes=61)

    assert posted.told() == ["s-worker notify down", "s-worker notify sent"]
    assert notify.count() == {"s.worker@example.org": 1}


async def test_a_wrong_key_stops_the_channel(posted: Office, notify: NotifyStandIn) -> None:
    posted.channels = {"notify": channel(notify, api_key=KEY[:-1] + ("0" if KEY[-1] != "0" else "1"))}

    await posted.deliver()

    assert posted.ledger.channels()["notify"].words == "Notify refuses our key, or this computer's clock is wrong (403)"


# What may have been taken is looked up before it is sent again


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("slow", ["s-worker notify sent"]),
        ("lost", ["s-worker notify retry", "s-worker notify sent"]),
        ("fault", ["s-worker notify retry", "s-worker notify sent"]),
    ],
)
async def test_after_a_doubt_notify_is_asked_before_anything_is_sent_again(
    posted: Office, notify: NotifyStandIn, answer: str, told: list[str]
) -> None:
    notify.next_answers = [answer]

    await posted.deliver()
    assert posted.told() == ["s-worker notify uncertain"]
    assert posted.states() == {"escalation 1 social_worker": "pending"}
    for _ in range(3):
        await posted.later(minutes=1, seconds=1)

    assert posted.told() == told
    assert notify.count() == {"s.worker@example.org": 1}
    assert len(notify.asked) == 1
    assert posted.states() == {"escalation 1 social_worker": "sent"}


async def test_a_mail_that_notify_could_not_deliver_goes_to_the_next_address(
    posted: Office, notify: NotifyStandIn
) -> None:
    await posted.deliver()
    notify.taken[0]["status"] = "permanent-failure"

    await posted.later(minutes=6)

    assert posted.told() == ["s-worker notify bounced", "s-worker notify sent"]
    assert notify.count() == {"s.worker@example.org": 1, "sam@example.net": 1}


async def test_when_notify_is_gone_everything_waits(posted: Office, notify: NotifyStandIn) -> None:
    posted.channels = {"notify": channel(notify, base_url="http://127.0.0.1:1")}

    await posted.deliver()

    assert posted.ledger.channels()["notify"].state == "down"
    assert posted.states() == {"escalation 1 social_worker": "pending"}


def test_a_key_and_a_template_must_be_named() -> None:
    with pytest.raises(ChannelStopped, match="PERMANENCE_NOTIFY_API_KEY"):
        NotifyChannel(NotifySettings())
    with pytest.raises(ChannelStopped, match="PERMANENCE_NOTIFY_TEMPLATES"):
        NotifyChannel(NotifySettings.model_validate({"api_key": KEY}))

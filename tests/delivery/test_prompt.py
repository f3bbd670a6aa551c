"""A message put into the outbox goes at once, although the outbox is hardly looked at while nothing happens."""

import asyncio

import pytest
from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities
from delivery.backlog import Backlog
from delivery.case_now import Cases
from delivery.draining import Drain
from delivery.loads import Loads
from domain.policy.loading import Policies
from record import when_to_look
from record.store import CaseRecord
from tests.delivery.conftest import Office, action
from tests.delivery.test_mail import smtp
from tools.faults.mailserver import MailServer

PATIENCE = 60.0
NEVER = 3600.0


async def test_what_somebody_else_puts_into_an_outbox_at_rest_goes_at_once(
    office: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only that something was committed can have the outbox looked into within the test."""
    monkeypatch.setattr(when_to_look, "AWAKE", 0.1)
    monkeypatch.setattr(when_to_look, "SELDOM", NEVER)
    office.child(social_worker="s-worker")
    office.channels = {"smtp": smtp(mail)}
    looks = watched(drain := office.worker(), monkeypatch)
    backlog = Backlog(Loads(office.record.engine), drain.deliverer, Cases(Policies.load(), "england-statutory"))
    environment = ActivityEnvironment()
    delivering = asyncio.create_task(
        environment.run(DeliveryActivities(drain, backlog, office.record.engine).drain_outbox)
    )
    async with asyncio.timeout(PATIENCE):
        while len(looks) < 2:  # the first, and one for the first count of commits
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)
        assert len(looks) == 2

        elsewhere = Office(office.folder, CaseRecord.open(str(office.record.engine.url)))
        elsewhere.decide(action())
        while not mail.mails:
            await asyncio.sleep(0.05)
    environment.worker_shutdown()
    assert await delivering == 1
    elsewhere.record.close()


def watched(drain: Drain, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is added to at each look into the outbox."""
    looks, look = [], drain.once

    async def once() -> int:
        looks.append(1)
        return await look()

    monkeypatch.setattr(drain, "once", once)
    return looks

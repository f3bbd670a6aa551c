"""The daily proof where it comes no further, or not in time: said so, and nothing is left that would go later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.models import ScheduledRun
from activities.proving import ProvingActivities
from delivery.outbox import Outbox
from delivery.proofs import Proofs, proof_action
from delivery.proving import NO_CHANNEL
from record.store import CaseRecord


@pytest.fixture
def record(database_url: str) -> Iterator[CaseRecord]:
    """On SQLite and on PostgreSQL."""
    opened = CaseRecord.open(database_url)
    yield opened
    opened.close()


DUE = datetime(2026, 11, 27, 7, 30, 10, tzinfo=UTC)
RUN = ScheduledRun(nominal=DUE, begun=DUE)


async def test_with_no_channel_it_is_proved_as_far_as_the_outbox_and_says_so(record: CaseRecord) -> None:
    run = ScheduledRun(nominal=DUE, begun=datetime.now(UTC))
    said = await ActivityEnvironment().run(ProvingActivities(record, NO_CHANNEL).prove, run)
    assert said.startswith("from timer to outbox in ")
    assert "no channel is switched on" in said
    last = Proofs(record.engine).last()
    assert last is not None
    assert (last.reached, last.took < timedelta(seconds=10)) == ("outbox", True)


async def test_what_did_not_arrive_in_time_is_no_proof_and_comes_to_nobody_late(record: CaseRecord) -> None:
    proving = ProvingActivities(record, None, patience=timedelta())
    assert await ActivityEnvironment().run(proving.prove, RUN) == "not proved: it did not arrive in time"
    assert Proofs(record.engine).last() is None
    outbox = Outbox(record.engine)
    assert outbox.claim("worker", DUE, DUE + timedelta(minutes=1), 10) == []
    assert outbox.again() == 0, "trying again what failed is for messages of children"


async def test_begun_again_by_another_worker_it_goes_on_with_the_same_message(record: CaseRecord) -> None:
    for _ in range(2):
        await ActivityEnvironment().run(ProvingActivities(record, NO_CHANNEL).prove, RUN)
    assert len(record.outbox("~proof")) == 1
    assert Proofs(record.engine).standing(proof_action(DUE).key).state == "superseded"

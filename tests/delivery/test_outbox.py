"""The queue and the ledger: one hand at a time, on SQLite and PostgreSQL, and nothing lost with a worker."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from delivery.again import bounced, try_again
from delivery.ledger import Attempt, Ledger, TriedAlready
from delivery.outbox import Outbox
from delivery.references import reference_of
from delivery.settings import DeliverySettings
from record.entries import RecordEntry
from record.store import CaseRecord
from tests.delivery.conftest import NINE, Office, action
from tests.delivery.test_mail import smtp
from tools.faults.mailserver import MailServer

SOON = NINE + timedelta(seconds=60)


def filled(record: CaseRecord, children: int) -> Outbox:
    for number in range(children):
        entry = RecordEntry(child=f"C-{number}", decided_at=NINE, actions=[action(child=f"C-{number}")])
        record.write(entry)
    return Outbox(record.engine)


def test_many_workers_take_each_row_once(record: CaseRecord) -> None:
    outbox = filled(record, 60)

    def work(name: int) -> list[int]:
        taken = []
        while rows := outbox.claim(f"w{name}", NINE, SOON, 7):
            for row in rows:
                assert outbox.settle(f"w{name}", row.number, "sent")
                taken.append(row.number)
        return taken

    with ThreadPoolExecutor(5) as pool:
        taken = [number for some in pool.map(work, range(5)) for number in some]

    assert len(taken) == len(set(taken)) == 60
    assert outbox.counts()["sent"] == 60


def test_a_dead_workers_rows_are_taken_over_when_the_lease_has_run_out(record: CaseRecord) -> None:
    outbox = filled(record, 1)
    (row,) = outbox.claim("dead", NINE, SOON, 10)

    assert outbox.claim("w1", NINE, SOON, 10) == []
    (again,) = outbox.claim("w1", SOON, SOON + timedelta(seconds=60), 10)

    assert again.number == row.number
    assert not outbox.settle("dead", row.number, "failed")
    assert outbox.settle("w1", row.number, "sent")


def test_a_child_in_another_hand_is_left_alone_and_so_its_messages_stay_in_order(record: CaseRecord) -> None:
    outbox = filled(record, 1)
    outbox.claim("w1", NINE, SOON, 10)
    record.write(RecordEntry(child="C-0", decided_at=NINE, actions=[action(child="C-0", rung=2)]))

    assert outbox.claim("w2", NINE, SOON, 10) == []
    outbox.release("w1")
    assert [row.action.rung for row in outbox.claim("w2", NINE, SOON, 10)] == [1, 2]


def test_what_waits_is_not_taken_before_its_time(record: CaseRecord) -> None:
    outbox = filled(record, 1)
    (row,) = outbox.claim("w1", NINE, SOON, 10)
    outbox.settle("w1", row.number, "pending", "later", SOON)

    assert outbox.claim("w1", NINE, SOON, 10) == []
    assert len(outbox.claim("w1", SOON, SOON, 10)) == 1


def test_no_two_workers_make_the_same_attempt(record: CaseRecord) -> None:
    ledger = Ledger(record.engine)
    one = Attempt(
        delivery="C-0/key/s-worker/smtp",
        attempt=1,
        child="C-0",
        action_key="key",
        role="iro",
        person="s-worker",
        via="holder",
        channel="smtp",
        address="a",
        reference="K7QX-2MPA-V4TD",
        outcome="begun",
        at=NINE,
        began=NINE,
    )
    ledger.write(one)

    with pytest.raises(TriedAlready):
        ledger.write(one)
    assert ledger.of_reference("K7QX-2MPA-V4TD") == [one]


# What a person asks for


async def test_what_failed_is_tried_anew_when_a_person_asks(office: Office, mail: MailServer) -> None:
    office.channels = {"smtp": smtp(mail)}
    for address in ("s.worker@example.org", "sam@example.net", "duty@example.org"):
        mail.replies[address] = ["550 5.1.1 No such user"]
    office.child(social_worker="s-worker")
    office.decide(action())
    await office.deliver()

    assert try_again(office.record.engine, office.now, child=None, by="an administrator") == 1
    await office.deliver()

    assert mail.count() == {"s.worker@example.org": 1}
    assert office.told()[-3:] == ["s-worker smtp again", "duty-desk smtp again", "s-worker smtp sent"]


async def test_what_came_back_goes_to_the_next_address(office: Office, mail: MailServer) -> None:
    office.channels = {"smtp": smtp(mail)}
    office.child(social_worker="s-worker")
    office.decide(action())
    await office.deliver()

    reference = reference_of("CLA-1", action().key)
    assert bounced(office.ledger, reference, None, office.now) == 1
    assert bounced(office.ledger, reference, None, office.now) == 0
    await office.deliver()

    assert mail.count() == {"s.worker@example.org": 1, "sam@example.net": 1}
    assert office.told() == ["s-worker smtp bounced", "s-worker smtp sent"]


async def test_who_is_cancelled_in_the_middle_finishes_what_is_under_way_and_puts_back_the_rest(
    office: Office, mail: MailServer
) -> None:
    mail.slowness = 0.1
    office.settings = DeliverySettings(senders=1)
    office.channels = {"smtp": smtp(mail)}
    for number in range(8):
        office.child(f"C-{number}", social_worker="s-worker")
        office.decide(action(child=f"C-{number}"))

    draining = asyncio.create_task(office.worker().once())
    async with asyncio.timeout(20):
        while not mail.mails:
            await asyncio.sleep(0.01)
    draining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await draining

    counts = office.outbox.counts()
    assert counts["sent"] == len(mail.mails) < 8
    assert counts["pending"] == 8 - counts["sent"]
    assert office.ledger.with_outcome("begun") == []
    await office.deliver()
    assert mail.count() == {"s.worker@example.org": 8}

"""A worker killed between saying how a message ended and having it told another way: nothing is lost, nothing twice.

Until 29 November 2026 the two were transactions of their own, and what had been cut off between them was looked at by
no later pass.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from delivery.again import bounced
from delivery.ledger import Attempt, Ledger
from delivery.outbox import Outbox, closed_by_digest
from delivery.references import digest_reference, reference_of
from record.entries import RecordEntry
from record.store import CaseRecord
from tests.delivery.conftest import NINE, Office, action
from tests.delivery.digests import ALL_DAILY, BREACH, DAILY, REMINDER, assigned, by_mail, chosen, digests, held
from tests.domain.story import london
from tools.faults.mailserver import MailServer

AT_ONCE = "[people.s-worker]"


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    return by_mail(office, mail)


@contextmanager
def killed_at_the_row(office: Office, number: int = 1) -> Iterator[None]:
    """Killed as the row of the outbox is to be written, the first time or a later one."""
    seen = 0

    def look(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        nonlocal seen
        seen += statement.startswith("UPDATE outbox")
        if seen == number:
            raise KeyboardInterrupt

    event.listen(office.record.engine, "before_cursor_execute", look)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        event.remove(office.record.engine, "before_cursor_execute", look)


async def twice_more(office: Office) -> None:
    """Digests go as if nothing had happened, and what waits in the outbox; and once more."""
    for _ in range(2):
        digests(office).send()
        await office.later(hours=1)


async def test_an_escalation_that_came_back_goes_to_the_next_address(posted: Office, mail: MailServer) -> None:
    posted.decide(action())
    await posted.deliver()
    reference = reference_of("CLA-1", action().key)

    with killed_at_the_row(posted):
        bounced(posted.ledger, reference, None, posted.now)
    assert posted.told() == ["s-worker smtp sent"]

    assert bounced(posted.ledger, reference, None, posted.now) == 1
    await posted.later(hours=24)
    assert posted.told() == ["s-worker smtp bounced", "s-worker smtp sent"]
    assert mail.count() == {"s.worker@example.org": 1, "sam@example.net": 1}


async def test_a_digest_that_came_back_goes_thing_by_thing_and_each_once(posted: Office, mail: MailServer) -> None:
    posted.child("CLA-2", social_worker="s-worker")
    chosen(posted, ALL_DAILY)
    posted.decide(BREACH, BREACH.model_copy(update={"child": "CLA-2"}))
    await posted.deliver()
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    reference = digest_reference("s-worker", "2026-01-09")

    with killed_at_the_row(posted, number=2):
        bounced(posted.ledger, reference, None, posted.now)
    await posted.later(minutes=1)
    assert mail.count() == {"s.worker@example.org": 2}, "the digest, and of what stood in it the first"

    assert bounced(posted.ledger, reference, None, posted.now) == 1
    assert bounced(posted.ledger, reference, None, posted.now) == 0
    await posted.later(hours=24)
    for child in ("CLA-1", "CLA-2"):
        assert posted.told(child) == ["s-worker - released", "s-worker smtp sent"]
    assert mail.count() == {"s.worker@example.org": 3}


async def test_what_was_held_for_a_digest_that_nobody_reads_any_more_is_told(posted: Office, mail: MailServer) -> None:
    chosen(posted, DAILY)
    await held(posted)
    chosen(posted, AT_ONCE)
    posted.now = london("2026-01-20", "09:00")

    with killed_at_the_row(posted):
        digests(posted).send()
    assert posted.told() == ["s-worker - held"]

    await twice_more(posted)
    assert posted.told() == ["s-worker - released", "s-worker smtp sent"]
    assert mail.count() == {"s.worker@example.org": 1}


async def test_what_was_read_in_a_digest_is_held_no_longer(posted: Office, mail: MailServer) -> None:
    chosen(posted, DAILY)
    await held(posted)
    posted.now = london("2026-01-20", "09:00")

    with killed_at_the_row(posted):
        digests(posted).send()
    digests(posted).send()

    assert posted.told() == ["s-worker - digested"]
    assert posted.states() == {"reminder 1 social_worker": "sent"}
    assert mail.count() == {"s.worker@example.org": 1}


async def test_what_was_read_the_day_before_a_worker_was_killed_is_told_nobody_else(
    posted: Office, mail: MailServer
) -> None:
    """Killed after the digest went, and not begun again that day; then another has the case, or reads no digest."""
    chosen(posted, DAILY)
    await held(posted)
    posted.now = london("2026-01-20", "09:00")
    with killed_at_the_row(posted):
        digests(posted).send()
    assert posted.told() == ["s-worker - held"]

    chosen(posted, AT_ONCE)
    posted.now = london("2026-01-21", "09:00")
    digests(posted).send()
    await posted.deliver()

    assert posted.told() == ["s-worker - digested"]
    assert mail.count() == {"s.worker@example.org": 1}


async def test_what_a_digest_does_not_speak_of_is_let_go_once(posted: Office, mail: MailServer) -> None:
    """Killed between letting it go and having it told."""
    chosen(posted, ALL_DAILY)
    await held(posted)
    assigned(posted, "2026-01-20", "a-patel")
    posted.now = london("2026-01-20", "09:00")

    with killed_at_the_row(posted):
        digests(posted).send()
    assert posted.told() == ["s-worker - held"]
    await twice_more(posted)

    assert posted.told() == ["s-worker - released", "a-patel smtp sent"]
    assert mail.count() == {"a.patel@example.org": 1}


def test_a_row_is_held_as_long_as_somebody_is_to_read_it_and_sent_if_anybody_did(record: CaseRecord) -> None:
    """On SQLite and PostgreSQL."""
    record.write(RecordEntry(child="CLA-1", decided_at=NINE, actions=[REMINDER]))
    outbox, ledger = Outbox(record.engine), Ledger(record.engine)
    [row] = outbox.claim("w1", NINE, NINE + timedelta(minutes=1), 10)
    outbox.settle("w1", row.number, "held")
    first, second = _held("s-worker"), _held("b-osei")
    for one in (first, second):
        ledger.write(one)

    ledger.end(replace(first, outcome="digested"), closed_by_digest("CLA-1", REMINDER.key, "in the digest"))
    assert [row.state for row in outbox.rows()] == ["held"]
    ledger.end(replace(second, outcome="superseded"), closed_by_digest("CLA-1", REMINDER.key, "nothing left"))
    assert [(row.state, row.why) for row in outbox.rows()] == [("sent", "nothing left")]


def _held(person: str) -> Attempt:
    return Attempt(
        delivery=f"CLA-1/{REMINDER.key}/{person}/-",
        attempt=1,
        child="CLA-1",
        action_key=REMINDER.key,
        role="social_worker",
        person=person,
        via="holder",
        channel="-",
        address=None,
        reference=reference_of("CLA-1", REMINDER.key),
        outcome="held",
        at=NINE,
        began=NINE,
    )

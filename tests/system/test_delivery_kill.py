"""A worker killed in the middle of a batch of messages: ledger, mailbox and journeys agree afterwards."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery.ledger import Ledger
from delivery.outbox import Outbox
from delivery.references import delivery_id, delivery_key
from domain.case.calendar import local_date
from domain.case.documents import parse_event
from domain.clocks.actions import Action
from domain.journey import Journey
from domain.policy.loading import Policies
from domain.study.simulation import calendar_for
from local.server import EmbeddedServer
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from service.ports import own_port
from tests.delivery.offices import OFFICE
from tests.fewer import MORE
from tests.system.workers import WorkerProcess
from tools.faults.mailserver import MailServer

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]

CHILDREN = 200 if MORE else 40
KILLS = 4 if MORE else 1
SENDERS = 4


def decide_for(children: int, record: CaseRecord) -> list[Action]:
    """What the journeys of so many children decide when they come into care, by the rules, into the record."""
    policies, born, now = Policies.load(), datetime(2018, 5, 5, tzinfo=UTC).date(), datetime.now(UTC)
    decided: list[Action] = []
    for number in range(children):
        child = f"M-{number}"
        entry = {
            "id": f"{child}-entry",
            "type": "became_looked_after",
            "child": child,
            "on": local_date(now).isoformat(),
            "date_of_birth": born.isoformat(),
            "legal_status": "C2",
            "people": {"social_worker": f"worker-{number % 7}@example.org"},
        }
        journey = Journey(child, policies.resolve("ppm-procedure"), calendar_for(born, born))
        actions = journey.step(now, [parse_event(entry)]).actions
        known = [KnownEvent(known_at=now, event=entry)]
        record.write(RecordEntry(child=child, decided_at=now, events=known, actions=list(actions)))
        decided += actions
    return decided


async def test_every_action_is_one_message_whatever_is_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "people.toml").write_text(OFFICE, "utf-8")
    record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
    decided = decide_for(CHILDREN, record)
    outbox, ledger = Outbox(record.engine), Ledger(record.engine)
    assert len(outbox.rows(state="pending")) == CHILDREN
    with MailServer(slowness=0.01) as mail:
        async with EmbeddedServer(tmp_path / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
            worker = WorkerProcess(
                server.address,
                home,
                PERMANENCE_DELIVERY_CHANNELS="smtp",
                PERMANENCE_DELIVERY_DIRECTORY=str(home / "people.toml"),
                PERMANENCE_DELIVERY_LEASE="PT2S",
                PERMANENCE_DELIVERY_SENDERS=str(SENDERS),
                PERMANENCE_SMTP_HOST="127.0.0.1",
                PERMANENCE_SMTP_PORT=str(mail.port),
                PERMANENCE_SMTP_SECURITY="none",
                PERMANENCE_SMTP_SENDER="permanence@county.example",
            )
            try:
                for kill in range(1, KILLS + 1):
                    worker.start()
                    await until(lambda enough=kill * CHILDREN // (KILLS + 2): len(mail.mails) >= enough)
                    worker.kill()
                    assert outbox.counts()["pending"] > 0
                worker.start()
                await until(lambda: outbox.counts()["pending"] == 0)
            finally:
                worker.kill()

    received = Counter(str(one["Message-ID"]).strip().partition("@")[0].strip("<") for one in mail.mails)
    assert max(received.values()) == 1
    doubtful = 0
    for action in decided:
        (row,) = outbox.rows(action.child)
        attempts = ledger.of_child(action.child)
        known_as = delivery_id(delivery_key(f"{action.child}/{action.key}", attempts[0].person, "smtp"))
        assert (row.action, [attempt.outcome for attempt in attempts]) == (action, [row.state])
        doubtful += row.state == "uncertain"
        assert row.state == "uncertain" or received[known_as] == 1
    assert doubtful <= KILLS * SENDERS
    assert set(outbox.counts().values()) <= {0, doubtful, CHILDREN - doubtful}
    record.close()


async def until(holds: "object", patience: timedelta = timedelta(seconds=300)) -> None:
    """Wait until something holds."""
    assert callable(holds)
    async with asyncio.timeout(patience.total_seconds()):
        while not holds():
            await asyncio.sleep(0.05)

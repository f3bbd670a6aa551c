"""The controls of `make faults`: each thing that may be wrong is planted, and the judge finds it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from sqlalchemy import update

from delivery.ledger import Attempt, Ledger
from delivery.outbox import Outbox, Queued
from delivery.references import delivery_id, delivery_key
from domain.case.documents import parse_event
from domain.clocks.actions import Action
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from record.tables import OutboxRow
from tools.faults.judge import Judge
from tools.faults.lives import KINDS, first_action, fostered, policies
from tools.faults.mailserver import MailServer
from tools.faults.relived import relive
from tools.faults.schedule import schedule
from tools.faults.senders import Answered
from tools.faults.town import POLICY
from tools.faults.verdict import Verdict

CHILD = "F-1"
LIFE = fostered(CHILD, Random(1))
EVENTS = LIFE.past[CHILD]
NINE = first_action(CHILD, EVENTS, "ppm-procedure")
BEFORE = NINE - timedelta(minutes=5)
ANSWERS = [Answered("update", CHILD, event["id"], "taken") for event in EVENTS]


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CaseRecord]:
    opened = CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    yield opened
    opened.close()


def decided() -> tuple[list[Action], list[Action]]:
    """What the rules decide at the start, and at nine."""
    journey = relive(CHILD, [], POLICY).journey
    journey.policy = policies().resolve("ppm-procedure")
    first = journey.step(BEFORE, [parse_event(event) for event in EVENTS]).actions
    return list(first), list(journey.step(NINE).actions)


def write(record: CaseRecord, first: list[Action], then: list[Action]) -> None:
    known = [KnownEvent(known_at=BEFORE, event=event) for event in EVENTS]
    record.write(RecordEntry(child=CHILD, decided_at=BEFORE, events=known, actions=first))
    if then:
        record.write(RecordEntry(child=CHILD, decided_at=NINE, actions=then))


def attempt(delivery: str, person: str, row: Queued | None = None) -> Attempt:
    """An attempt that arrived: to tell of a row of the outbox, or of several in a summary."""
    now = datetime.now(UTC)
    return Attempt(
        delivery=delivery,
        attempt=1,
        child=row and row.child,
        action_key=row and row.action.key,
        role=row and row.role,
        person=person,
        via="holder",
        channel="smtp",
        address=None,
        reference="K7QX-2MPA-V4TD",
        outcome="sent",
        at=None,
        began=now,
        ended=now,
    )


def send(record: CaseRecord, outcome: Literal["sent", "uncertain"] = "sent") -> MailServer:
    """Every message sent: in the outbox, in the ledger and in the mailbox of a mail server that was never started."""
    mail, ledger, outbox = MailServer(), Ledger(record.engine), Outbox(record.engine)
    now = datetime.now(UTC)
    for row in outbox.claim("test", now, now + timedelta(minutes=1), 1000):
        key = delivery_key(f"{CHILD}/{row.action.key}", row.role, "smtp")
        ledger.write(replace(attempt(key, row.role, row), outcome=outcome))
        outbox.settle("test", row.number, outcome)
        if outcome == "sent":
            mail.mails.append(received(key))
    return mail


def received(delivery: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Message-ID"] = f"<{delivery_id(delivery)}@county.example>"
    return mail


def judged(record: CaseRecord, mail: MailServer, answers: list[Answered] = ANSWERS) -> Verdict:
    verdict = Verdict()
    Judge(record, verdict).judge(answers, mail)
    return verdict


def kinds(verdict: Verdict) -> list[str]:
    return sorted({what for what, _, _ in verdict.wrong})


def test_where_all_is_well_every_number_is_nought(record: CaseRecord) -> None:
    write(record, *decided())
    assert judged(record, send(record)).last_line == (
        "events lost 0, doubled 0; messages lost 0, doubled 0; journeys stuck 0, unreplayable 0; differing 0"
    )


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (Answered("update", CHILD, "gone", "taken"), ["events lost"]),
        (Answered("signal", CHILD, "gone", "told"), ["events lost"]),
        (Answered("http", CHILD, "gone", "stored"), ["events lost"]),
        (Answered("update", CHILD, "gone", "refused"), []),
    ],
)
def test_an_event_that_was_answered_and_is_nowhere_is_lost(
    record: CaseRecord, answer: Answered, wrong: list[str]
) -> None:
    write(record, *decided())
    assert kinds(judged(record, send(record), [*ANSWERS, answer])) == wrong


def test_an_event_that_nobody_sent_differs(record: CaseRecord) -> None:
    write(record, *decided())
    assert kinds(judged(record, send(record), ANSWERS[1:])) == ["differing"]


def test_an_action_that_was_not_decided_is_a_message_lost(record: CaseRecord) -> None:
    first, then = decided()
    write(record, first[1:], then)
    assert kinds(judged(record, send(record))) == ["messages lost"]


def test_an_action_that_the_rules_do_not_decide_differs(record: CaseRecord) -> None:
    first, then = decided()
    write(record, [*first, then[0]], then[1:])
    assert "differing" in kinds(judged(record, send(record)))


def test_a_late_wake_that_tells_all_at_once_is_as_it_should_be(record: CaseRecord) -> None:
    first, then = decided()
    write(record, first, [])
    record.write(RecordEntry(child=CHILD, decided_at=NINE + timedelta(seconds=40), actions=then))
    assert judged(record, send(record)).wrong == []


def test_a_mail_twice_is_doubled_one_that_never_came_is_lost_and_one_unknown_differs(record: CaseRecord) -> None:
    write(record, *decided())
    mail = send(record)
    mail.mails.append(mail.mails[0])
    assert kinds(judged(record, mail)) == ["messages doubled"]
    mail.mails[:] = mail.mails[1:-1]
    assert kinds(judged(record, mail)) == ["messages lost"]
    mail.mails.append(received("nobody's"))
    assert kinds(judged(record, mail)) == ["differing", "messages lost"]


def test_an_uncertain_message_is_shown_and_is_neither_lost_nor_doubled(record: CaseRecord) -> None:
    write(record, *decided())
    verdict = judged(record, send(record, "uncertain"))
    assert verdict.wrong == []
    assert verdict.seen["uncertain messages that did not arrive"] > 0


def test_what_a_load_has_told_in_one_summary_is_told_and_without_the_summary_is_lost(record: CaseRecord) -> None:
    write(record, *decided())
    with record.engine.begin() as connection:
        connection.execute(update(OutboxRow).values(state="sent", load="intake/1"))
    assert kinds(judged(record, MailServer())) == ["messages lost"]
    summary = attempt("load/intake/1/duty-desk/duty-desk/smtp", "duty-desk")
    Ledger(record.engine).write(summary)
    mail = MailServer()
    mail.mails.append(received(summary.delivery))
    assert judged(record, mail).wrong == []


def test_what_still_waits_in_the_outbox_is_lost(record: CaseRecord) -> None:
    write(record, *decided())
    assert kinds(judged(record, MailServer())) == ["messages lost"]


def test_a_seed_has_the_same_mishaps_again_and_half_an_hour_has_enough_kills() -> None:
    def told(seed: int) -> list[tuple[float, str, float]]:
        return [(one.at, one.name, one.lasts) for one in schedule(seed, 1800)]

    assert told(3) == told(3)
    assert told(3) != told(4)
    for seed in range(20):
        assert sum(one.kills for one in schedule(seed, 1800)) >= 90


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_life_has_a_morning_with_something_to_tell(kind: object) -> None:
    assert callable(kind)
    life = kind("F-7", Random(7))
    assert life.policy is None or life.moment() is not None
    for later in life.later:
        assert later.events

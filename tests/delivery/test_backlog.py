"""Backlog day: a load of histories, and the one summary that each person gets of it, by a real mail server."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery.account import account
from delivery.acknowledging import Acknowledging, CannotAcknowledge, OfMany
from delivery.again import try_again
from delivery.backlog import Backlog
from delivery.case_now import Cases
from delivery.links import Links
from delivery.loads import Loads
from delivery.tokens import Tokens
from domain.case.documents import document_of, parse_event
from domain.case.words import Role
from domain.journey import Journey
from record.entries import KnownEvent, RecordEntry
from record.verifying import verify
from tests.delivery.conftest import Office
from tests.delivery.offices import office as directory
from tests.delivery.test_mail import smtp
from tests.domain.story import calendar, policies, raw_events
from tools.faults.mailserver import MailServer

LOADED = datetime(2026, 1, 8, 14, tzinfo=UTC)
LOAD = "import-903-2026-01-08"
HISTORY = """
    2025-06-03 became_looked_after
    2025-06-27 review_held
    2025-09-01 placed_for_adoption
"""
PEOPLE = {"social_worker": "s-worker", "iro": "i-second", "team_manager": "m-north"}
TEN_MINUTES = timedelta(minutes=10, seconds=1)


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    """The office, with the mail server switched on, on the day of the load."""
    office.channels = {"smtp": smtp(mail)}
    office.now = LOADED
    return office


def load(office: Office, *children: str, more: str = "") -> dict[str, Journey]:
    """Journeys that start with a history, and what each decides first, as the workflow writes it."""
    journeys: dict[str, Journey] = {}
    for child in children:
        raws = [raw | {"child": child, "id": f"{child}-{raw['id']}"} for raw in raw_events(HISTORY + more)]
        told = [parse_event({**raws[0], "people": PEOPLE}), *map(parse_event, raws[1:])]
        journeys[child] = Journey(child, policies().resolve("ppm-procedure"), calendar())
        decision = journeys[child].step(office.now, told)
        known = [KnownEvent(known_at=office.now, event=document_of(event)) for event in told]
        entry = RecordEntry(child=child, decided_at=office.now, events=known, actions=list(decision.actions), load=LOAD)
        office.record.write(entry)
    return journeys


def backlog(office: Office) -> Backlog:
    return Backlog(Loads(office.record.engine), office.worker().deliverer, Cases(policies(), "ppm-procedure"))


def states(office: Office) -> set[str]:
    return {row.state for row in office.outbox.rows()}


async def test_one_summary_for_each_person_and_no_message_besides(posted: Office, mail: MailServer) -> None:
    load(posted, *(f"CLA-{number}" for number in range(1, 31)))
    assert len(posted.outbox.rows()) > 200
    assert await backlog(posted).once() == 0
    assert await posted.deliver() == 0
    assert mail.mails == []

    posted.now += TEN_MINUTES
    await backlog(posted).once()
    await posted.deliver()

    assert max(Counter(mail.recipients).values()) == 1
    assert {"s.worker@example.org", "i.second@example.org", "m.north@example.org"} <= set(mail.recipients)
    assert states(posted) == {"sent"}
    assert await backlog(posted).once() == 0
    [hers] = [m for m in mail.mails if m["To"] == "s.worker@example.org"]
    text = _text(hers)
    assert "30 children: 30 red" in text
    assert "CLA-17" in text
    assert "CLA-" not in hers["Subject"]


async def test_a_summary_has_links_of_the_readers_own_and_a_reference_that_says_what_it_was_about(
    posted: Office, mail: MailServer
) -> None:
    """The IRO reads of both children, and names one; the summary of somebody else's children is not hers."""
    tokens = Tokens(["key"])
    posted.links = Links(intake_url="https://permanence.example", tokens=tokens)
    load(posted, "CLA-1", "CLA-2")
    posted.now += TEN_MINUTES
    await backlog(posted).once()
    [hers] = [m for m in mail.mails if m["To"] == "i.second@example.org"]
    links = re.findall(r"https://permanence\.example/acknowledge/(\S+)", _text(hers))
    assert links
    assert {tokens.read_acknowledging(link).person for link in links} == {"i-second"}

    finding = Acknowledging(posted.record, Cases(policies(), "ppm-procedure"), directory)
    [summary] = re.findall(r"Reference   (\S+)", _text(hers))
    with pytest.raises(OfMany, match="this is the summary of a load that went to i-second on 8 January 2026") as many:
        finding.find(summary, posted.now)
    assert {line.reference for line in many.value.lines} == {
        tokens.read_acknowledging(link).reference for link in links
    }
    assert {line.action.child for line in many.value.lines} == {"CLA-1", "CLA-2"}
    what = many.value.lines[0].row.obligation
    assert finding.find(summary, posted.now, "CLA-2", what).child == "CLA-2"
    with pytest.raises(CannotAcknowledge, match="nothing like it is overdue"):
        finding.find(summary, posted.now, "CLA-3")


async def test_a_load_that_goes_on_is_not_over(posted: Office, mail: MailServer) -> None:
    load(posted, "CLA-1")
    posted.now += timedelta(minutes=8)
    load(posted, "CLA-2")
    posted.now += timedelta(minutes=8)
    await backlog(posted).once()
    assert mail.mails == []
    posted.now += timedelta(minutes=3)
    await backlog(posted).once()
    assert max(Counter(mail.recipients).values()) == 1


async def test_what_is_begun_anew_much_later_is_a_second_part(posted: Office, mail: MailServer) -> None:
    for child in ("CLA-1", "CLA-2"):
        load(posted, child)
        posted.now += TEN_MINUTES
        await backlog(posted).once()
    assert set(Counter(mail.recipients).values()) == {2}
    assert states(posted) == {"sent"}


async def test_a_case_that_cannot_be_told_in_short_is_told_at_length_and_the_others_as_ever(
    posted: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(posted, "CLA-1", "CLA-2")
    posted.now += TEN_MINUTES
    at = Cases.at

    def breaks(self: Cases, child: str, *rest: Any) -> Any:
        return at(self, child, *rest) if child != "CLA-1" else 1 / 0

    monkeypatch.setattr(Cases, "at", breaks)
    await backlog(posted).once()

    assert {row.state for row in posted.outbox.rows("CLA-1")} == {"pending"}
    assert {row.state for row in posted.outbox.rows("CLA-2")} == {"sent"}
    assert max(Counter(mail.recipients).values()) == 1


async def test_a_summary_that_cannot_be_made_waits_and_fails_after_a_day(
    posted: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(posted, "CLA-1")
    posted.now += TEN_MINUTES
    monkeypatch.setattr(Backlog, "_digest", lambda *_: 1 / 0)

    await backlog(posted).once()
    assert states(posted) == {"closed"}
    posted.now += timedelta(days=1)
    await backlog(posted).once()

    assert states(posted) == {"failed"}
    assert {row.why for row in posted.outbox.rows()} == {
        "the summary of a load could not be made: an error of ours (ZeroDivisionError)"
    }


async def test_what_is_done_by_then_is_left_out(posted: Office, mail: MailServer) -> None:
    load(posted, "CLA-1")
    held = raw_events("2026-01-08 ppm_held")[0] | {"child": "CLA-1", "id": "CLA-1-ppm"}
    posted.now += timedelta(minutes=5)
    known = KnownEvent(known_at=posted.now, event=held)
    posted.record.write(RecordEntry(child="CLA-1", decided_at=posted.now, events=[known]))
    posted.now += TEN_MINUTES
    await backlog(posted).once()
    why = {row.why for row in posted.outbox.rows() if row.action.obligation == "initial-ppm"}
    assert why == {"it is met late by now"}
    assert states(posted) == {"sent", "superseded"}
    assert all("Initial permanency planning meeting" not in _text(m) for m in mail.mails)


async def test_of_a_child_who_has_left_care_nothing_is_told(posted: Office, mail: MailServer) -> None:
    load(posted, "CLA-1", more="2025-12-01 adoption_order_made")
    assert {row.action.kind for row in posted.outbox.rows()} == {"breach"}
    posted.now += TEN_MINUTES
    await backlog(posted).once()
    assert mail.mails == []
    assert states(posted) == {"superseded"}


async def test_a_mail_server_that_dies_in_the_middle_costs_nobody_a_summary_or_a_second_one(
    posted: Office, mail: MailServer
) -> None:
    load(posted, *(f"CLA-{number}" for number in range(1, 4)))
    posted.now += TEN_MINUTES
    mail.replies = {"i.second@example.org": ["451 later"]}
    await backlog(posted).once()
    assert "i.second@example.org" not in mail.recipients
    assert {row.role for row in posted.outbox.rows(state="closed")} >= {Role.IRO}
    assert states(posted) == {"sent", "closed"}, "only what is to be read there waits for the mailbox"
    await backlog(posted).once()
    posted.now += timedelta(minutes=3)
    await backlog(posted).once()
    assert states(posted) == {"sent"}
    assert max(Counter(mail.recipients).values()) == 1
    assert "i.second@example.org" in mail.recipients


async def test_whom_a_summary_did_not_reach_has_it_again_and_nobody_else(posted: Office, mail: MailServer) -> None:
    """One IRO and the duty desk take nothing: trying again told everybody else the whole load, line by line."""
    load(posted, "CLA-1", "CLA-2")
    posted.now += TEN_MINUTES
    mail.replies = {one: ["550 no such user"] for one in ("i.second@example.org", "duty@example.org")}
    await backlog(posted).once()
    failed = {row.role for row in posted.outbox.rows(state="failed")}
    assert Role.IRO in failed
    assert states(posted) == {"sent", "failed"}
    before = Counter(mail.recipients)

    assert try_again(posted.record.engine, posted.now, child="CLA-2", by="A. Admin") == len(
        posted.outbox.rows(state="closed")
    )
    await backlog(posted).once()
    await posted.deliver()

    assert states(posted) == {"sent"}
    assert Counter(mail.recipients) - before == Counter(["i.second@example.org"])
    assert "2 children" in _text(mail.mails[-1])
    line = {one.person: one for one in account(posted.record.engine, child="CLA-1")}["i-second"]
    assert [one.outcome for one in line.attempts] == ["refused", "again", "sent"]
    assert verify(posted.record.engine).faults == []


def _text(mail: object) -> str:
    return mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined,no-any-return]  # aiosmtpd's policy

"""One account of who was told what: messages, digests and summaries, by a real mail server and a real record."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from cli.explain_words import told_rows
from delivery.account import account, account_as_data, last_told
from delivery.account_line import OF_OUTCOME, OF_ROW, AccountLine
from delivery.account_words import last_told as told_last
from delivery.account_words import stands
from delivery.again import bounced
from delivery.outbox import NO_CHANNEL, STATES
from delivery.references import digest_reference, reference_of
from domain.case.words import AccountState
from domain.study.explain import DecidedAction, explain
from record.chain_tables import ChainRow
from record.entries import KnownEvent, RecordEntry
from record.export import case_file
from record.page import page
from record.verifying import verify
from tests.delivery.conftest import NINE, Office, action
from tests.delivery.digests import ALL_DAILY, BREACH, chosen, digests
from tests.delivery.test_backlog import LOADED, TEN_MINUTES, backlog, load
from tests.delivery.test_mail import smtp
from tests.domain.story import london
from tools.faults.mailserver import DIES, MailServer


@pytest.fixture
def posted(office: Office, mail: MailServer) -> Office:
    office.channels = {"smtp": smtp(mail)}
    return office


def lines(office: Office, child: str = "CLA-1", obligation: str | None = None) -> list[AccountLine]:
    return account(office.record.engine, child=child, obligation=obligation)


def said(them: Iterable[AccountLine]) -> list[str]:
    """Each line in short, sorted: who, in which role, how it stands, and how it was told."""
    return sorted(f"{one.person} {one.role} {one.state.value} {one.how}" for one in them)


def test_every_stored_state_and_outcome_has_one_word_for_people() -> None:
    assert OF_ROW.keys() == {*STATES}
    assert {*OF_ROW.values(), *OF_OUTCOME.values()} == {*AccountState} - {"passed_over", "delivered"}


async def test_a_message_is_planned_and_then_sent_and_says_to_whom_when_and_by_what(
    posted: Office, mail: MailServer
) -> None:
    posted.child(social_worker="s-worker")
    posted.decide(action())
    assert said(lines(posted)) == ["None social_worker planned message"]

    await posted.later(seconds=5)

    (line,) = lines(posted)
    assert (line.person, line.via, line.role, line.state) == ("s-worker", "holder", "social_worker", AccountState.SENT)
    assert (line.how, line.channel, line.rung, line.kind) == ("message", "smtp", 1, "escalation")
    assert (line.decided, line.gone) == (NINE, NINE + timedelta(seconds=5))
    assert line.carried_by == line.reference == reference_of("CLA-1", action().key)
    assert line.reference in mail.mails[0]["Subject"]


async def test_where_no_channel_is_switched_on_each_line_says_so_until_one_is(office: Office, mail: MailServer) -> None:
    """In the demo each line said "planned", days after."""
    office.now = LOADED
    load(office, "CLA-2")
    office.child(social_worker="s-worker")
    office.decide(action())
    none = office.worker()
    assert await office.deliver(none) == 0
    office.decide(action(obligation="first-review"))
    assert await office.deliver(none) == 0

    said_of = {(line.state, stands(line)) for child in ("CLA-1", "CLA-2") for line in lines(office, child)}
    assert said_of == {(state, f"{state}: {NO_CHANNEL}") for state in (AccountState.PLANNED, AccountState.GATHERED)}
    assert told_last(lines(office)) == f"nobody yet: {NO_CHANNEL}"

    office.channels = {"smtp": smtp(mail)}
    await office.later(seconds=5)
    assert said(lines(office)) == ["s-worker social_worker sent message"] * 2
    assert {stands(line)[:31] for line in lines(office, "CLA-2")} == {"gathered, goes with the summary"}


async def test_after_a_load_the_account_of_a_child_names_everyone_who_read_its_summary(
    posted: Office, mail: MailServer
) -> None:
    """Four mails went out, and the ledger said: nobody has been told anything about CLA-9001."""
    posted.now = LOADED
    load(posted, "CLA-9001")
    gathered = lines(posted, "CLA-9001")
    assert {line.state for line in gathered} == {AccountState.GATHERED}
    assert {line.how for line in gathered} == {"summary"}
    assert {line.expected for line in gathered} == {LOADED + timedelta(minutes=10)}
    assert not any(line.went or line.gone for line in gathered)

    posted.now += TEN_MINUTES
    await backlog(posted).once()

    told = lines(posted, "CLA-9001")
    assert {line.state for line in told} == {AccountState.SENT}
    assert {line.how for line in told} == {"summary"}
    assert {line.gone for line in told} == {posted.now}
    assert len(mail.mails) == len({line.person for line in told}) > 3
    assert {line.carried_by for line in told} == {mail_reference(one["Subject"]) for one in mail.mails}
    hers = {line.role for line in told if line.person == "s-worker" and line.kind == "escalation"}
    assert hers == {"social_worker"}, "who is to do it reads it too, though the rung that went is the lead's"


def mail_reference(subject: str) -> str:
    return subject.rpartition("(")[2].rstrip(")")


async def test_explain_says_gathered_before_it_went_and_names_who_read_of_a_rung_that_was_passed_over(
    posted: Office,
) -> None:
    """It said "told" before anything had gone, and "not sent: past by then" of what two people had read."""
    posted.now = LOADED
    journey = load(posted, "CLA-9001")["CLA-9001"]
    decided = [DecidedAction(one.action, one.status == "sent", one.decided_at) for one in posted.record.actions()]
    explained = explain(journey, "initial-ppm", 1, posted.now, decided)

    def became() -> dict[str, str]:
        about = lines(posted, "CLA-9001", obligation="initial-ppm")
        return {row[1].split("\n")[0]: row[3] for row in told_rows(explained, about)}

    before = became()
    assert before["escalation 7"] == "gathered, goes with the summary about 8 Jan 2026 14:10: CLA strategic lead"
    assert before["escalation 1"].startswith("with escalation 7, gathered, goes with the summary about 8 Jan 2026")
    assert "sent 8 Jan" not in str(before)

    posted.now += TEN_MINUTES
    await backlog(posted).once()

    after = became()
    assert after["escalation 7"] == "sent 8 Jan 2026 14:10 in the summary by mail: l-lead as CLA strategic lead"
    assert after["escalation 1"].startswith("with escalation 7, sent 8 Jan 2026 14:10 in the summary by mail: ")
    assert "i-second as IRO" in after["escalation 1"]
    assert "s-worker as social worker" in after["escalation 1"]
    assert {what for what, how in after.items() if how == "not sent: past by then"} == {"reminder 1", "reminder 2"}


async def test_the_file_of_a_child_counts_everybody_who_was_told_and_every_lateness(
    posted: Office, mail: MailServer
) -> None:
    """It counted one lateness, and named one of four people who had been told."""
    posted.now = LOADED
    load(posted, "CLA-9001")
    posted.now += TEN_MINUTES
    await backlog(posted).once()

    shown = page(case_file(posted.record, "CLA-9001", posted.now, account_as_data))

    people = {line.person for line in lines(posted, "CLA-9001")}
    assert len(people) == len(mail.mails)
    assert f"<dd>{len(people)}, in {len(mail.mails)} messages: {', '.join(sorted(map(str, people)))}</dd>" in shown
    late = {line.obligation for line in lines(posted, "CLA-9001") if line.kind == "escalation"}
    assert len(late) > 1
    assert f"<dt>What was late</dt><dd>{len(late)}: " in shown


async def test_the_childs_chain_says_who_read_its_summary(posted: Office) -> None:
    posted.now = LOADED
    load(posted, "CLA-1", "CLA-2")
    posted.now += TEN_MINUTES
    await backlog(posted).once()

    with posted.record.engine.connect() as connection:
        query = select(ChainRow.child, ChainRow.content).where(ChainRow.kind == "delivery")
        chained = [(child, content) for child, content in connection.execute(query)]
    told = [*lines(posted, "CLA-1"), *lines(posted, "CLA-2")]
    assert {(child, content["person"]) for child, content in chained} == {(one.child, one.person) for one in told}
    assert {
        (child, content["person"], line["action_key"], line["role"])
        for child, content in chained
        for line in content["lines"]
    } == {(one.child, one.person, one.action_key, one.role) for one in told}
    assert verify(posted.record.engine).faults == []


async def test_a_worker_that_dies_with_a_summary_leaves_it_uncertain_for_each_child(
    posted: Office, mail: MailServer
) -> None:
    posted.now = LOADED
    load(posted, "CLA-1")
    posted.now += TEN_MINUTES
    mail.at_the_text = [DIES]
    await backlog(posted).once()
    states = {line.person: line.state for line in lines(posted)}
    assert {*states.values()} == {AccountState.UNCERTAIN, AccountState.SENT}


async def test_what_a_digest_held_is_gathered_and_then_sent_with_it(posted: Office, mail: MailServer) -> None:
    posted.child(social_worker="s-worker")
    chosen(posted, ALL_DAILY)
    posted.decide(action(), BREACH)
    await posted.deliver()
    held = lines(posted)
    assert said(held) == ["s-worker social_worker gathered digest"] * 2
    assert {line.why for line in held} == {"goes with the digest of 9 January 2026"}

    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()

    told = lines(posted)
    assert said(told) == ["s-worker social_worker sent digest"] * 2
    assert {line.carried_by for line in told} == {digest_reference("s-worker", "2026-01-09")}
    assert {line.gone for line in told} == {posted.now}
    assert len(mail.mails) == 1


async def test_a_digest_in_doubt_leaves_what_it_held_uncertain(posted: Office, mail: MailServer) -> None:
    posted.child(social_worker="s-worker")
    chosen(posted, ALL_DAILY)
    posted.decide(BREACH)
    await posted.deliver()
    mail.at_the_text = [DIES]
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    assert said(lines(posted)) == ["s-worker social_worker uncertain digest"]


async def test_whoever_holds_two_of_the_roles_is_told_once_and_stands_for_both(
    posted: Office, mail: MailServer
) -> None:
    posted.child(social_worker="s-worker", iro="s-worker")
    posted.decide(action(to=("iro", "social_worker")))
    await posted.deliver()
    assert said(lines(posted)) == ["s-worker iro sent message", "s-worker social_worker sent message"]
    assert len(mail.mails) == 1


async def test_who_was_not_reached_stands_beside_who_was_told_instead(posted: Office, mail: MailServer) -> None:
    mail.replies = {address: ["550 5.1.1 No such user"] for address in ("s.worker@example.org", "sam@example.net")}
    posted.child(social_worker="s-worker")
    posted.decide(action())
    await posted.deliver()
    assert said(lines(posted)) == ["duty-desk social_worker sent message", "s-worker social_worker failed message"]
    failed = next(line for line in lines(posted) if line.person == "s-worker")
    assert [one.outcome for one in failed.attempts] == ["refused", "refused"]


async def test_a_message_that_came_back_failed_and_the_next_way_is_planned(posted: Office) -> None:
    posted.child(social_worker="s-worker")
    posted.decide(action())
    await posted.deliver()
    bounced(posted.ledger, reference_of("CLA-1", action().key), None, posted.now)
    assert said(lines(posted)) == ["None social_worker planned message", "s-worker social_worker failed message"]
    await posted.later(seconds=1)
    assert said(lines(posted)) == ["s-worker social_worker sent message"]


async def test_what_was_passed_over_and_what_was_no_longer_so_say_why(posted: Office, mail: MailServer) -> None:
    posted.child(social_worker="s-worker")
    over = action(kind="reminder", rung=1)
    posted.record.write(RecordEntry(child="CLA-1", decided_at=posted.now, actions=[action()], skipped=[over]))
    mail.greeting = "421 closing"
    await posted.deliver()
    assert [line.why for line in lines(posted) if line.state is AccountState.PLANNED] != [None]

    later = action(rung=2, at=NINE + timedelta(days=7))
    posted.now += timedelta(days=7)
    posted.decide(later)
    mail.greeting = ""
    await posted.deliver()

    stood = {(line.kind, line.rung): (line.state, line.why) for line in lines(posted)}
    assert stood["reminder", 1][0] is AccountState.PASSED_OVER
    assert stood["escalation", 1] == (AccountState.SUPERSEDED, "a later message about it says more")
    assert stood["escalation", 2][0] is AccountState.SENT


async def test_it_is_asked_by_obligation_person_and_time(posted: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    posted.child("CLA-1", social_worker="s-worker")
    posted.child("CLA-2", social_worker="a-patel")
    posted.decide(action(), action(child="CLA-2"), action(obligation="first-review"))
    await posted.later(seconds=5)
    engine = posted.record.engine
    assert {line.obligation for line in account(engine, obligation="first-review")} == {"first-review"}
    assert {(line.child, line.person) for line in account(engine, person="a-patel")} == {("CLA-2", "a-patel")}
    assert len(account(engine)) == len(account(engine, between=(NINE, NINE + timedelta(days=1)))) == 3
    assert account(engine, between=(NINE, NINE + timedelta(seconds=5))) == []
    assert {child: line.person for child, line in last_told(engine).items()} == {
        "CLA-1": "s-worker",
        "CLA-2": "a-patel",
    }
    assert last_told(engine, ["CLA-3"]) == {}
    monkeypatch.setattr("delivery.account.TOGETHER", 1)
    assert last_told(engine, ["CLA-3", "CLA-2", "CLA-1"]) == last_told(engine), "however many at once"


async def test_an_acknowledgement_stands_at_the_rung_it_answers(posted: Office) -> None:
    posted.child(social_worker="s-worker")
    posted.decide(action())
    await posted.deliver()
    event = {
        "type": "escalation_acknowledged",
        "id": f"acknowledged-{reference_of('CLA-1', action().key)}",
        "child": "CLA-1",
        "on": "2026-01-08",
        "obligation": "initial-ppm",
        "by": "Sam Worker",
        "until": "2026-01-20",
    }
    known = KnownEvent(known_at=datetime(2026, 1, 8, 11, tzinfo=UTC), event=event)
    posted.record.write(RecordEntry(child="CLA-1", decided_at=known.known_at, events=[known]))
    (line,) = lines(posted)
    assert line.acknowledged is not None
    assert (line.acknowledged.by, line.acknowledged.until) == ("Sam Worker", date(2026, 1, 20))


async def test_a_summary_that_came_back_goes_another_way_and_to_nobody_twice(posted: Office, mail: MailServer) -> None:
    posted.now = LOADED
    load(posted, "CLA-1")
    posted.now += TEN_MINUTES
    await backlog(posted).once()
    [hers] = {line.carried_by for line in lines(posted) if line.person == "s-worker"}
    before = mail.count()
    bounced(posted.ledger, str(hers), None, posted.now)
    assert {line.state for line in lines(posted) if line.person == "s-worker"} == {AccountState.FAILED}

    posted.now += TEN_MINUTES
    await backlog(posted).once()

    assert mail.count() - before == {"sam@example.net": 1}
    assert {line.state for line in lines(posted) if line.person == "s-worker"} == {AccountState.SENT}


async def test_what_stood_in_a_digest_that_came_back_goes_by_itself(posted: Office, mail: MailServer) -> None:
    posted.child(social_worker="s-worker")
    chosen(posted, ALL_DAILY)
    posted.decide(BREACH)
    await posted.deliver()
    posted.now = london("2026-01-09", "09:00")
    digests(posted).send()
    bounced(posted.ledger, digest_reference("s-worker", "2026-01-09"), None, posted.now)
    await posted.later(seconds=1)
    assert said(lines(posted)) == ["s-worker social_worker failed digest", "s-worker social_worker sent message"]

"""One child's row that cannot be read: everybody else is listed, told and in digests, and that child is named."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from delivery.account import account, escalations, last_told, waiting
from delivery.allocation import unallocated
from delivery.case_now import Cases, CasesNow
from delivery.caseload import CaseloadKeeper
from delivery.ledger import Attempt, Ledger
from delivery.outbox import Outbox
from delivery.people import People
from delivery.references import reference_of
from delivery.referring import Digested, Referring
from domain.case.calendar import local_date
from domain.case.words import AccountState
from record.caseload_reading import LEFT_OUT, CaseloadPart, Child
from record.entries import RecordEntry, Terms
from record.failures import Unreadable
from record.store import CaseRecord
from record.tables import EventRow
from reporting.keeping import ReportKeeper
from tests.delivery.conftest import NINE, Office, action
from tests.delivery.digests import ALL_DAILY, BREACH, by_mail, chosen, held, morning, plain
from tests.delivery.offices import office as directory
from tests.delivery.test_caseload import NOW, Town
from tests.domain.story import policies
from tests.spoilt import SPOILT, drop_guards, forced, spoil
from tools.faults.mailserver import MailServer


def sent(record: CaseRecord, child: str) -> None:
    """Somebody was told by mail."""
    key = action(child=child).key
    Ledger(record.engine).write(
        Attempt(
            delivery=f"{child}/{key}/s-worker/smtp",
            attempt=1,
            child=child,
            action_key=key,
            role="social_worker",
            person="s-worker",
            via="self",
            channel="smtp",
            address="s.worker@example.org",
            reference=reference_of(child, key),
            outcome="sent",
            at=NINE,
            began=NINE,
            ended=NINE,
        )
    )


WELL = [f"W-{number}" for number in range(6)]
CASES = Cases(policies(), "ppm-procedure")


def under_way(town: Town) -> list[str]:
    return sorted(town.reading.references(CaseloadPart()))


def test_lists_leave_out_whoever_cannot_be_worked_out_and_name_them_to_their_own_people(record: CaseRecord) -> None:
    town, ways = Town(record), SPOILT[record.engine.dialect.name]
    spoilt = {f"C-{place}": how for place, how in enumerate(ways)}
    for child in (*spoilt, *WELL):
        town.enters(child, "2026-02-02", team="north" if child == "C-1" else None, social_worker="s-worker")
        record.write(RecordEntry(child=child, decided_at=NOW, terms=Terms(policy="ppm-procedure")))
    town.renew()
    assert under_way(town) == sorted({*spoilt, *WELL})

    for child, how in spoilt.items():
        spoil(record, child, how)
    assert town.keeper.rebuild() == len(WELL)
    assert (under_way(town), town.reading.left_out(), town.reading.unknown()) == (WELL, sorted(spoilt), [])
    assert town.reading.left_out(CaseloadPart(teams=["north"])) == ["C-1"]
    assert town.reading.outdated() == 0, "nothing more is to be waited for"

    town.enters("W-NEW", "2026-02-20")
    assert (town.renew().outdated(), under_way(town)) == (0, sorted([*WELL, "W-NEW"]))


def test_however_many_cannot_be_read_all_are_tried(record: CaseRecord) -> None:
    """Taken back from a newer version, an older one can read nothing of sixty children of whom it wrote."""
    town, spoilt = Town(record), [f"C-{number:02}" for number in range(60)]
    reports = ReportKeeper(record, policies(), "ppm-procedure", lambda: town.now)
    for child in WELL:
        town.enters(child, "2026-02-02")
    assert (reports.renew_all(), town.renew().outdated()) == (len(WELL), 0)
    for child in spoilt:
        town.enters(child, "2026-02-02")
    with record.engine.begin() as connection:
        drop_guards(connection)
        some = update(EventRow).where(EventRow.child.in_(spoilt))
        connection.execute(some.values(document={"type": "of_a_later_version"}))
    reports.renew_all()
    assert (reports.left_out(), reports.waiting()) == (spoilt, 0)
    assert (town.renew().left_out(), town.reading.outdated(), under_way(town)) == (spoilt, 0, WELL)


def test_a_row_put_right_brings_the_child_back_and_one_spoilt_later_is_seen_within_the_day(record: CaseRecord) -> None:
    town = Town(record)
    town.enters("C-1", "2026-02-02", team="north")
    town.renew()
    kept = record.history("C-1")[0].event
    spoil(record, "C-1")
    town.now += timedelta(days=1)
    assert (under_way(town), town.renew().left_out()) == (["C-1"], ["C-1"]), "seen when all are worked out for the day"
    assert under_way(town) == []

    with record.engine.begin() as connection:
        connection.execute(update(EventRow).where(EventRow.child == "C-1").values(document=kept))
    town.keeper.follow_the_record()  # as each worker does at its start and once a day
    assert (town.renew().left_out(), under_way(town)) == ([], ["C-1"])


def test_a_program_that_cannot_read_what_a_newer_one_has_worked_out_takes_nothing_from_it(record: CaseRecord) -> None:
    """During an upgrade an old worker meets an event of the new one."""
    town = Town(record)
    town.enters("C-1", "2026-02-02")
    older = CaseloadKeeper(record, Cases(policies(), "ppm-procedure"), lambda: town.now)
    town.renew()
    town.enters("C-1", "2026-02-02", {"type": "ppm_held", "on": "2026-02-10", "primary_plan": "return_home"})
    town.renew()
    spoil(record, "C-1")
    assert older.renew_outdated() == 0
    assert (town.reading.left_out(), under_way(town)) == ([], ["C-1"])


UNREAD_ACTION = {
    "sqlite": """UPDATE actions SET "to" = '[' WHERE child = 'C-1'""",
    "postgresql": "UPDATE actions SET due = 'infinity' WHERE child = 'C-1'",
}


def test_everybody_elses_account_pages_and_references_are_read(record: CaseRecord) -> None:
    town, children = Town(record), ["C-1", *WELL]
    for child in children:
        town.enters(child, "2025-12-24", social_worker="s-worker")
        record.write(RecordEntry(child=child, decided_at=NINE, actions=[action(child=child)]))
        sent(record, child)
    spoil(record, "C-1")
    forced(record, UNREAD_ACTION[record.engine.dialect.name])

    assert sorted(escalations(record.engine, children)) == WELL
    assert sorted({line.child for line in account(record.engine, between=(NINE, NINE + timedelta(1)))}) == WELL
    assert sorted({line.child for line in waiting(record.engine, [AccountState.PLANNED])}) == WELL
    assert sorted(last_told(record.engine)) == WELL
    with pytest.raises(Unreadable):
        account(record.engine, child="C-1")
    assert sorted(case.child for case in CasesNow(record, CASES).current(NOW)) == WELL
    read = Referring(record, CASES).lines(Digested("s-worker", local_date(NOW)), People(directory()), NOW)
    assert sorted({line.action.child for line in read}) == WELL
    gaps = unallocated(record, CASES, People(directory()), NOW)
    assert ({child for some in gaps.children.values() for child in some}, gaps.left_out) == ({*WELL}, ["C-1"])


def test_a_queue_is_read_beside_a_row_whose_action_cannot_be(record: CaseRecord) -> None:
    children = ["C-1", *WELL]
    for child in children:
        record.write(RecordEntry(child=child, decided_at=NINE, actions=[action(child=child)]))
    forced(record, UNREAD_ACTION[record.engine.dialect.name])

    taken = Outbox(record.engine).claim("w", NINE, NINE + timedelta(minutes=1), 100)
    assert {row.child: row.unreadable for row in taken} == {child: child == "C-1" for child in children}


async def test_everybody_else_is_told_and_what_cannot_be_read_is_shown_as_failed(
    office: Office, mail: MailServer
) -> None:
    by_mail(office, mail)
    for child in ("C-1", "C-2"):
        office.child(child, social_worker="s-worker")
    office.decide(*(action(child=child) for child in ("C-1", "CLA-1", "C-2")))
    forced(office.record, UNREAD_ACTION["sqlite"])
    await office.deliver()

    stands = {row.child: (row.state, row.why) for row in office.outbox.rows()}
    assert (stands["CLA-1"][0], stands["C-2"][0]) == ("sent", "sent")
    assert stands["C-1"][0] == "pending"
    assert "it cannot be read; `permanence record verify C-1` names" in str(stands["C-1"][1])
    assert len(mail.mails) == 2
    await office.later(days=20)
    await office.later(minutes=30)
    assert {row.child: row.state for row in office.outbox.rows()}["C-1"] == "failed"


async def test_a_digest_goes_without_what_cannot_be_read_of_it(office: Office, mail: MailServer) -> None:
    """Sam reads daily: a breach of C-1, which cannot be read by the morning, is held beside CLA-1's."""
    by_mail(office, mail)
    chosen(office, ALL_DAILY)
    office.child("C-1", social_worker="s-worker")
    await held(office, BREACH, BREACH.model_copy(update={"child": "C-1"}))
    forced(office.record, UNREAD_ACTION["sqlite"])
    await morning(office, "2026-01-20")

    [digest] = [one for one in map(plain, mail.mails) if "digest" in one.lower()]
    assert "CLA-1" in digest
    assert "C-1" in digest, "how it stands is known"
    assert {row.child: row.state for row in office.outbox.rows()} == {"CLA-1": "sent", "C-1": "pending"}


def test_who_is_left_out_is_looked_for_among_the_few_who_lag_behind(tmp_path: Path) -> None:
    """Each page of the desk asks: of 20,000 children it took 4 ms, of which 0.2 are left."""
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}")
    asked = str(select(Child.child).where(LEFT_OUT).compile(compile_kwargs={"literal_binds": True}))
    with record.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()
    record.close()
    assert "ix_caseload_outdated" in str(plan)

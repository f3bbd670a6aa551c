from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from domain.case.documents import parse_event
from intake.inbox import Arrival, Inbox
from record.chain import append, canonical, digest
from record.chain_tables import ChainRow, HeadRow
from record.entries import RecordEntry
from record.store import CaseRecord
from tests.record.entries import KNOWN, action, entry_event, known, whole_entry
from tests.record.programs import append_twenty, at_once

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def chain(record: CaseRecord, child: str = "c1") -> list[Any]:
    with record.engine.connect() as connection:
        rows = select(ChainRow.__table__).where(ChainRow.child == child).order_by(ChainRow.position)
        return list(connection.execute(rows))


def told(record: CaseRecord, what: str, child: str = "c1") -> None:
    with record.engine.begin() as connection:
        append(connection, child, "delivery", {"outcome": what, "due": NOW.date()}, at=NOW, ref="d1", by="post")


def whole(rows: list[Any]) -> bool:
    """Whether positions count up and each entry holds the hash of the one before."""
    hashes = ["", *(row.hash for row in rows)]
    return [(r.position, r.previous) for r in rows] == list(enumerate(hashes[:-1], 1))


def test_everything_written_is_chained_in_order(record: CaseRecord) -> None:
    record.write(whole_entry())
    told(record, "sent")

    rows = chain(record)
    assert [row.kind for row in rows] == ["event", "action", "action", "rejected", "delivery"]
    assert [row.ref for row in rows][:3] == ["c1-in", whole_entry().skipped[0].key, whole_entry().actions[0].key]
    assert (rows[4].ref, rows[4].by, rows[4].content) == ("d1", "post", {"outcome": "sent", "due": "2026-03-02"})
    assert {row.at for row in rows[:4]} == {whole_entry().decided_at}
    assert whole(rows)
    with record.engine.connect() as connection:
        assert connection.execute(select(HeadRow.position, HeadRow.hash)).all() == [(5, rows[4].hash)]


def test_what_is_written_again_is_chained_once(record: CaseRecord) -> None:
    for _ in range(2):
        record.write(whole_entry())

    assert len(chain(record)) == 4


def test_a_decision_says_whose_it_was(record: CaseRecord) -> None:
    waived = {
        "type": "obligation_waived",
        "id": "w1",
        "child": "c1",
        "on": "2026-01-06",
        "by": "A. Nyasha\0",
        "obligation": "initial-ppm",
        "reason": "the child is in hospital",
        "authorised_by": "team manager",
    }
    record.write(RecordEntry(child="c1", decided_at=KNOWN, events=[known(entry_event()), known(waived)]))

    assert [(row.kind, row.ref, row.by) for row in chain(record)] == [
        ("event", "c1-in", None),
        ("decision", "w1", "A. Nyasha\ufffd"),
    ]
    assert record.history("c1")[1].event == waived


def test_an_event_that_came_by_the_inbox_says_by_which_credential(record: CaseRecord) -> None:
    event = parse_event(entry_event())
    Inbox(record.engine).store([Arrival(document=entry_event(), credential="eclipse", event=event)], KNOWN)
    record.write(whole_entry())

    by_kind = {row.kind: row.credential for row in chain(record)}
    assert by_kind == {"received": "eclipse", "event": "eclipse", "action": None, "rejected": None}


def test_an_entry_that_stands_for_a_row_cannot_be_made_up(record: CaseRecord) -> None:
    with record.engine.begin() as connection, pytest.raises(ValueError, match="action: such an entry vouches"):
        append(connection, "c1", "action", {"kind": "escalation"}, at=NOW)


def test_children_have_chains_of_their_own(record: CaseRecord) -> None:
    for child in ("c1", "c2"):
        record.write(whole_entry(child))

    assert whole(chain(record, "c1"))
    assert whole(chain(record, "c2"))


def test_threads_that_write_of_one_child_at_once_make_one_chain(record: CaseRecord) -> None:
    def write(number: int) -> None:
        if number % 2:
            told(record, f"{number}")
        else:
            entry = RecordEntry(child="c1", decided_at=KNOWN, actions=[action(occurrence=number)])
            record.write(entry)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    assert len(chain(record)) == 40
    assert whole(chain(record))


def test_processes_that_write_of_one_child_at_once_make_one_chain(url: str, record: CaseRecord) -> None:
    at_once(append_twenty, url, 2)

    assert len(chain(record)) == 40
    assert whole(chain(record))


@pytest.mark.parametrize("table", ["events", "actions", "rejected", "chain", "chain_heads"])
@pytest.mark.parametrize("change", ["UPDATE {} SET child = 'c2'", "DELETE FROM {}"])
def test_the_database_refuses_to_rewrite_what_was_written(record: CaseRecord, table: str, change: str) -> None:
    record.write(whole_entry())

    with pytest.raises(DatabaseError, match=f"{table} is append-only"), record.engine.begin() as connection:
        connection.exec_driver_sql(change.format(table))


def test_a_table_of_the_record_cannot_be_emptied_at_once(record: CaseRecord) -> None:
    if record.engine.dialect.name == "sqlite":
        return  # it knows no TRUNCATE
    record.write(whole_entry())

    with pytest.raises(DatabaseError, match="events is append-only"), record.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE events")


def test_a_head_never_goes_back(record: CaseRecord) -> None:
    record.write(whole_entry())

    with pytest.raises(DatabaseError, match="chain_heads is append-only"), record.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE chain_heads SET position = position - 1")


def test_the_same_instant_has_one_text() -> None:
    east = timezone(timedelta(hours=5))

    assert canonical({"b": NOW, "a": NOW.date()}) == '{"a":"2026-03-02","b":"2026-03-02T09:00:00.000000+00:00"}'
    assert digest({"at": NOW.astimezone(east)}) == digest({"at": NOW})


def test_a_column_that_says_nothing_changes_no_digest() -> None:
    assert digest({"a": 1, "later": None}) == digest({"a": 1})
    assert digest({"a": 1, "later": 0}) != digest({"a": 1})


@given(
    st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()),
    st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()),
)
def test_only_what_is_the_same_has_one_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (digest(one) == digest(other)) == (canonical(one) == canonical(other))
    assert digest(dict(reversed(one.items()))) == digest(one)

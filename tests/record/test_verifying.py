from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from record.chain import append, hash_of, link_hash
from record.chain_tables import ChainRow, HeadRow
from record.entries import RecordEntry
from record.heads import Head, HeadsRefused, fingerprint, head_lines, heads_of
from record.store import CaseRecord
from record.verifying import Flaw, Verified, verify
from tests.databases import PostgreSQL
from tests.record.entries import KNOWN, action, entry_event, known, whole_entry
from tests.spoilt import drop_guards, forced

LAST = 5


@pytest.fixture
def record(record: CaseRecord) -> CaseRecord:
    """Two children with everything there is: an event, two actions, a rejection, a delivery."""
    for child in ("c1", "c2"):
        record.write(whole_entry(child))
        with record.engine.begin() as connection:
            append(connection, child, "delivery", {"outcome": "sent", "to": "iro"}, at=KNOWN, ref="d1")
    return record


def faults(record: CaseRecord, **options: Any) -> list[tuple[int | None, str]]:
    """What is wrong, all of it of the one child that was tampered with."""
    faults = verify(record.engine, **options).faults
    assert {fault.child for fault in faults} <= {"c1"}
    return [(fault.position, fault.what) for fault in faults]


def test_a_record_as_it_was_written_has_no_fault(record: CaseRecord) -> None:
    verified = verify(record.engine)

    assert (verified.entries, verified.faults) == (2 * LAST, [])
    assert {child: head.position for child, head in verified.heads.items()} == {"c1": LAST, "c2": LAST}


def test_an_empty_record_has_no_fault(url: str) -> None:
    assert verify(CaseRecord.open(url).engine) == Verified()


KEY = whole_entry().actions[0].key


@pytest.mark.parametrize(
    ("statement", "position", "what"),
    [
        ("UPDATE events SET type = 'ppm_held' WHERE child = 'c1'", 1, "event c1-in was changed"),
        ("UPDATE events SET document = '{}' WHERE child = 'c1'", 1, "event c1-in was changed"),
        ("""UPDATE actions SET "to" = '[]' WHERE child = 'c1' AND status = 'sent'""", 3, f"action {KEY} was changed"),
        (
            "UPDATE actions SET due = '2026-01-20' WHERE child = 'c1' AND status = 'sent'",
            3,
            f"action {KEY} was changed",
        ),
        ("DELETE FROM events WHERE child = 'c1'", 1, "event c1-in was removed"),
    ],
)
def test_a_row_that_was_changed_or_removed_is_named(
    record: CaseRecord, statement: str, position: int, what: str
) -> None:
    forced(record, statement)

    assert faults(record) == [(position, what)]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE events SET known_at = 'soon' WHERE child = 'c1'", [(1, "event c1-in was changed")]),
        ("UPDATE events SET \"on\" = '2026-99-99' WHERE child = 'c1'", [(1, "event c1-in was changed")]),
        ("UPDATE events SET document = '{' WHERE child = 'c1'", [(1, "event c1-in was changed")]),
        ("UPDATE events SET type = x'ff' WHERE child = 'c1'", [(1, "event c1-in was changed")]),
        (
            "UPDATE chain SET at = 'soon' WHERE child = 'c1' AND position = 1",
            [(1, "the entry of event c1-in was changed or moved")],
        ),
        (
            "UPDATE chain SET content = '{' WHERE child = 'c1' AND position = 5",
            [(5, "the content of delivery d1 was changed")],
        ),
        (
            "UPDATE chain SET position = 'x' WHERE child = 'c1' AND position = 5",
            [(5, "entry 5 is missing at the end")],
        ),
        (
            "UPDATE chain_heads SET position = 'x' WHERE child = 'c1'",
            [(5, "the head of the chain is missing")],
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_hides_no_other(
    file_url: str, statement: str, named: list[tuple[int, str]]
) -> None:
    """SQLite keeps whatever is written into a column."""
    record = CaseRecord.open(file_url)
    for child in ("c1", "c2"):
        record.write(whole_entry(child))
        with record.engine.begin() as connection:
            append(connection, child, "delivery", {"outcome": "sent", "to": "iro"}, at=KNOWN, ref="d1")
    forced(record, statement, "DELETE FROM rejected WHERE child = 'c2'")

    verified = verify(record.engine)
    record.close()

    assert [(fault.position, fault.what) for fault in verified.faults if fault.child == "c1"] == named
    assert [fault.what.endswith("was removed") for fault in verified.faults if fault.child == "c2"] == [True]


def test_a_day_that_python_does_not_know_is_named(postgresql: PostgreSQL) -> None:
    with postgresql.database(postgresql.migrated) as url:
        record = CaseRecord.open(url)
        record.write(whole_entry())
        forced(record, "UPDATE events SET \"on\" = 'infinity'")

        assert faults(record) == [(1, "event c1-in was changed")]
        record.close()


def test_a_row_that_was_inserted_is_named(record: CaseRecord) -> None:
    columns = 'child, event_id, type, "on", known_at, document'
    values = "child, 'made-up', type, \"on\", known_at, document"
    forced(record, f"INSERT INTO events ({columns}) SELECT {values} FROM events WHERE child = 'c1'")

    assert faults(record) == [(None, "event made-up was inserted: no entry of the chain knows it")]


def test_a_row_given_to_another_child_is_missed_there(record: CaseRecord) -> None:
    forced(record, "UPDATE events SET child = 'c3' WHERE child = 'c1'")

    assert verify(record.engine).faults == [
        Flaw("c1", 1, "event c1-in was removed"),
        Flaw("c3", None, "event c1-in was inserted: no entry of the chain knows it"),
    ]


def test_rows_written_in_another_order_are_named(record: CaseRecord) -> None:
    forced(record, "UPDATE actions SET number = number + 100 WHERE child = 'c1' AND status = 'skipped'")

    assert faults(record) == [(3, f"action {KEY} was moved before what was written earlier")]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            """UPDATE chain SET "by" = 'someone' WHERE position = 1""",
            [(1, "the entry of event c1-in was changed or moved")],
        ),
        ("UPDATE chain SET content = '{}' WHERE position = 5", [(5, "the content of delivery d1 was changed")]),
        ("UPDATE chain SET content = NULL WHERE position = 5", [(5, "delivery d1 was removed")]),
    ],
)
def test_an_entry_that_was_changed_is_named(
    record: CaseRecord, statement: str, expected: list[tuple[int, str]]
) -> None:
    forced(record, f"{statement} AND child = 'c1'")

    assert faults(record) == expected


def test_an_entry_that_was_removed_leaves_a_gap_and_its_row(record: CaseRecord) -> None:
    forced(record, "DELETE FROM chain WHERE child = 'c1' AND position = 3")

    assert faults(record) == [
        (3, "entry 3 is missing"),
        (None, f"action {KEY} was inserted: no entry of the chain knows it"),
    ]


def test_entries_that_changed_places_are_both_named(record: CaseRecord) -> None:
    move = "UPDATE chain SET position = {} WHERE child = 'c1' AND position = {}"
    forced(record, move.format(99, 2), move.format(2, 3), move.format(3, 99))

    named = [position for position, what in faults(record) if what.endswith("was changed or moved")]
    assert named == [2, 3]


def test_a_chain_cut_at_its_end_is_missed_by_its_head(record: CaseRecord) -> None:
    forced(record, "DELETE FROM chain WHERE child = 'c1' AND position > 3")

    assert faults(record)[0] == (4, "entries 4 to 5 are missing at the end")


def test_a_head_that_is_gone_is_named(record: CaseRecord) -> None:
    forced(record, "DELETE FROM chain_heads WHERE child = 'c1'")

    assert faults(record) == [(5, "the head of the chain is missing")]


# What only heads kept elsewhere can show


def rewritten(record: CaseRecord, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """A forger who knows how a chain is made rewrites all of it, and its head."""
    with record.engine.begin() as connection:
        drop_guards(connection)
        mine = select(ChainRow.__table__).where(ChainRow.child == "c1").order_by(ChainRow.position)
        rows, previous = change([dict(row) for row in connection.execute(mine).mappings()]), ""
        connection.execute(delete(ChainRow).where(ChainRow.child == "c1"))
        for row in rows:
            row["previous"] = previous
            row["hash"] = previous = link_hash(row)
        connection.execute(insert(ChainRow), rows)
        head = {"position": len(rows), "hash": previous}
        connection.execute(update(HeadRow).where(HeadRow.child == "c1").values(head))


def test_a_whole_chain_rewritten_shows_only_against_heads_kept_elsewhere(record: CaseRecord) -> None:
    kept = verify(record.engine).heads

    def blame_another(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | ({"by": "someone else"} if row["position"] == 1 else {}) for row in rows]

    rewritten(record, blame_another)

    assert faults(record) == []
    assert faults(record, kept=kept) == [(5, "the entry is not the one whose hash was kept elsewhere")]


def test_a_chain_cut_with_its_head_shows_only_against_heads_kept_elsewhere(record: CaseRecord) -> None:
    kept = verify(record.engine).heads
    rewritten(record, lambda rows: rows[:4])

    assert faults(record) == []
    assert faults(record, kept=kept) == [(5, "the chain had 5 entries when its head was kept elsewhere")]


def test_a_child_that_is_gone_shows_against_heads_kept_elsewhere(record: CaseRecord) -> None:
    kept = verify(record.engine).heads
    gone = [f"DELETE FROM {table} WHERE child = 'c1'" for table in ("outbox", "events", "actions", "rejected", "chain")]
    forced(record, *gone, "DELETE FROM chain_heads WHERE child = 'c1'")

    assert faults(record) == []
    assert faults(record, kept=kept) == [(5, "the chain had 5 entries when its head was kept elsewhere")]


def test_a_chain_that_went_on_still_leads_to_heads_kept_before(record: CaseRecord) -> None:
    kept = verify(record.engine).heads
    later = known(entry_event(id="later"))
    record.write(RecordEntry(child="c1", decided_at=KNOWN, events=[later], actions=[action(occurrence=2)]))

    assert faults(record, kept=kept) == []


def test_heads_are_kept_as_lines_and_read_back() -> None:
    heads = {"c2": Head(2, "ef"), "c1": Head(5, "ab")}

    assert next(head_lines(heads)) == '{"child": "c1", "position": 5, "hash": "ab"}'
    assert heads_of(head_lines(heads)) == heads
    assert fingerprint(dict(reversed(heads.items()))) == fingerprint(heads) == hash_of(heads)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "c1 5 ab",
        "{}",
        '{"child": "c1", "position": "x", "hash": "ab"}',
        "[]",
        '{"child": "c1", "position": Infinity, "hash": "ab"}',
    ],
)
def test_a_line_that_is_no_head_is_named(line: str) -> None:
    with pytest.raises(HeadsRefused, match="line 2 is no head of a chain"):
        heads_of(['{"child": "c1", "position": 5, "hash": "ab"}', line])

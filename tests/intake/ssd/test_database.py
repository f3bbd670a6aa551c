"""Reading a real database: one moment of it, page by page, never written to; what is missing is said in words."""

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, event, text
from sqlalchemy.engine import Engine

from intake.ssd import database
from intake.ssd.covering import covered_by
from intake.ssd.database import read_tables
from intake.ssd.events import events_of
from intake.ssd.rows import SsdRefused, SsdTables, text_of
from intake.ssd.source import tables_of
from synthetic.caseload import caseload
from synthetic.ssd import COLUMNS, ssd_tables
from tests.databases import PostgreSQL
from tests.intake.ssd.cabinet import POLICIES, POLICY, Drawers, drawers, imported, rules, told
from tests.intake.ssd.writing import write_ssd

TODAY = date(2026, 11, 22)
ALICE: Drawers = drawers(
    person=[{"pers_person_id": "101", "pers_dob": date(2019, 5, 10)}],
    cla_episodes=[
        {"clae_cla_episode_id": "E1", "clae_person_id": "101", "clae_cla_episode_start_date": date(2026, 1, 5),
         "clae_cla_episode_start_reason": "S", "clae_cla_id": "C1"},
    ],
    legal_status=[
        {"lega_legal_status_id": "L1", "lega_person_id": "101", "lega_legal_status": "C2",
         "lega_legal_status_start_date": date(2026, 1, 5)},
    ],
)  # fmt: skip
NEEDED = ("ssd_person", "ssd_cla_episodes", "ssd_legal_status")


def rows_of(read: SsdTables, table: str) -> list[str]:
    return sorted(row.key for rows in read.tables[table].values() for row in rows)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ssd.db'}"


def run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_pages_of_any_size_give_every_row_once(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = ssd_tables(caseload(12, seed=5, today=TODAY), TODAY)
    write_ssd(empty_url, tables)
    run(empty_url, "UPDATE ssd_cla_reviews SET clar_cla_review_id = 'same'")  # no key at all, which happens
    whole = tables_of(empty_url)
    monkeypatch.setattr(database, "PAGE", 3)
    paged = tables_of(empty_url)
    assert len(rows_of(whole, "ssd_cla_reviews")) == len(tables["ssd_cla_reviews"]) > 3
    assert {name: rows_of(paged, name) for name in tables} == {name: rows_of(whole, name) for name in tables}


def test_keys_that_a_database_holds_for_one_are_not_read_twice(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(file, *(f"CREATE TABLE {name} ({', '.join(f'{each} TEXT COLLATE NOCASE' for each in columns)})"
                for name, columns in COLUMNS.items()))  # fmt: skip
    keys = ["a", "B1", "b1", "B1", "b1", "c", "D"]
    run(file, *(f"INSERT INTO ssd_family (fami_table_id, fami_person_id) VALUES ('{key}', '101')" for key in keys),
        "INSERT INTO ssd_cla_episodes (clae_cla_episode_id, clae_person_id) VALUES ('E1', '101')")  # fmt: skip
    for page in (1, 2, 3, 4, 7, 8):
        monkeypatch.setattr(database, "PAGE", page)
        assert rows_of(tables_of(file), "ssd_family") == sorted(keys), page


def test_all_is_of_one_moment_though_somebody_writes_meanwhile(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ssd(empty_url, ALICE)
    if empty_url.startswith("sqlite"):
        run(empty_url, "PRAGMA journal_mode=WAL")
    read = database._Reading._read
    written: list[str] = []

    def and_write(reading: Any, one: Any) -> None:
        read(reading, one)
        if not written:
            written.append(one.name)
            run(empty_url, "UPDATE ssd_legal_status SET lega_legal_status = 'V2'",
                "INSERT INTO ssd_cla_episodes (clae_cla_episode_id, clae_person_id) VALUES ('E2', '101')")  # fmt: skip

    monkeypatch.setattr(database._Reading, "_read", and_write)
    seen = tables_of(empty_url)
    assert written == ["ssd_person"]
    assert rows_of(seen, "ssd_cla_episodes") == ["E1"]
    assert [row["lega_legal_status"] for row in seen.of("ssd_legal_status", "101")] == ["C2"]
    assert rows_of(tables_of(empty_url), "ssd_cla_episodes") == ["E1", "E2"], "once more, and it is there"


def test_it_can_only_read(empty_url: str) -> None:
    write_ssd(empty_url, ALICE)
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement.split(maxsplit=1)[0].upper())

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        tables_of(empty_url)
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    assert set(said) <= {"SELECT", "BEGIN", "SET", "PRAGMA", "SHOW"}
    engine = database._engine(database.address_of(empty_url))
    with database._snapshot(engine) as connection, pytest.raises(Exception, match=r"read-?\s?only"):
        connection.execute(text("DELETE FROM ssd_person"))
    engine.dispose()


@pytest.mark.parametrize("missing", NEEDED)
def test_a_table_without_which_nothing_is_right_is_named(empty_url: str, missing: str) -> None:
    write_ssd(empty_url, {name: rows for name, rows in ALICE.items() if name != missing})
    with pytest.raises(SsdRefused, match=f"no table {missing}") as refused:
        tables_of(empty_url)
    assert "accepted: an SSD with at least ssd_person, ssd_cla_episodes, ssd_legal_status" in str(refused.value)


def test_what_else_is_missing_or_of_another_type_is_a_doubt(empty_url: str) -> None:
    kept = {name: rows for name, rows in ALICE.items() if name not in ("ssd_cla_reviews", "ssd_department")}
    write_ssd(empty_url, kept)
    run(empty_url, "ALTER TABLE ssd_person DROP COLUMN pers_is_mother",
        "ALTER TABLE ssd_permanence DROP COLUMN perm_matched_date",
        "ALTER TABLE ssd_permanence ADD COLUMN perm_matched_date INTEGER")  # fmt: skip
    amiss = tables_of(empty_url).amiss
    assert amiss == [
        ("no-column", "ssd_person", {"column": "pers_is_mother"}),
        ("no-table", "ssd_cla_reviews", {"table": "ssd_cla_reviews"}),
        ("column-type", "ssd_permanence", {"column": "perm_matched_date", "kind": "INTEGER"}),
        ("no-table", "ssd_department", {"table": "ssd_department"}),
    ]


def test_what_is_missing_is_doubted_and_the_rest_is_told(empty_url: str) -> None:
    """Three tables are needed: an SSD of no more is read."""
    write_ssd(empty_url, {name: rows for name, rows in ALICE.items() if name in NEEDED})
    read = tables_of(empty_url)
    said = events_of(read, POLICIES.resolve(POLICY), POLICIES.ids(), TODAY, covered_by(read, TODAY))

    assert told(said) == told(imported(ALICE))
    amiss = {doubt.table: doubt.message for doubt in said.doubts if doubt.rule == "no-table"}
    assert amiss == {name: f"{name} is not there, or may not be read" for name in ALICE if name not in NEEDED}


def test_a_needed_column_that_is_missing_or_no_date_is_refused(empty_url: str) -> None:
    write_ssd(empty_url, ALICE)
    run(empty_url, "ALTER TABLE ssd_legal_status DROP COLUMN lega_legal_status",
        "ALTER TABLE ssd_cla_episodes DROP COLUMN clae_cla_episode_start_date",
        "ALTER TABLE ssd_cla_episodes ADD COLUMN clae_cla_episode_start_date INTEGER")  # fmt: skip
    with pytest.raises(SsdRefused) as refused:
        tables_of(empty_url)
    said = str(refused.value)
    assert "ssd_cla_episodes.clae_cla_episode_start_date (a date, or text)" in said
    assert "ssd_legal_status.lega_legal_status (text)" in said


def test_rows_without_a_key_are_counted(empty_url: str) -> None:
    write_ssd(empty_url, ALICE)
    run(empty_url, "INSERT INTO ssd_family (fami_family_id, fami_person_id) VALUES ('F', '101')")
    read = tables_of(empty_url)
    assert ("no-key", "ssd_family", {"rows": 1, "column": "fami_table_id"}) in read.amiss
    assert read.tables["ssd_family"] == {}


def test_a_schema_is_named_by_option_or_in_the_address(postgresql: PostgreSQL) -> None:
    with postgresql.database() as url:
        write_ssd(url, ALICE, schema="ssd_development")
        with pytest.raises(SsdRefused, match="--schema NAME"):
            tables_of(url)
        assert rows_of(tables_of(f"{url}&schema=ssd_development"), "ssd_person") == ["101"]
        assert rows_of(read_tables(database.address_of(url), "ssd_development"), "ssd_person") == ["101"]


def test_a_reader_who_may_do_nothing_else_is_enough(postgresql: PostgreSQL) -> None:
    with postgresql.database() as url:
        write_ssd(url, ALICE)
        run(url, "CREATE ROLE looking LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO looking",
            "REVOKE SELECT ON ssd_family FROM looking")  # fmt: skip
        looking = url.replace("permanence@", "looking@")
        with pytest.raises(SsdRefused, match=r"ssd_family: it cannot be read: this user may not read it"):
            tables_of(looking)
        run(url, "GRANT SELECT ON ssd_family TO looking")
        assert rows_of(tables_of(looking), "ssd_person") == ["101"]
        run(url, "DROP OWNED BY looking", "DROP ROLE looking")


def test_who_may_see_less_is_given_a_schema_of_views(postgresql: PostgreSQL) -> None:
    """As docs/ssd.md says of it: what is not there is a doubt, what is there and may not be read a refusal."""
    with postgresql.database() as url:
        write_ssd(url, ALICE)
        views = [f"CREATE VIEW shown.{name} AS SELECT * FROM public.{name}" for name in NEEDED]
        run(url, "CREATE SCHEMA shown", *views, "CREATE ROLE glancing LOGIN", "GRANT USAGE ON SCHEMA shown TO glancing",
            "GRANT SELECT ON ALL TABLES IN SCHEMA shown TO glancing")  # fmt: skip
        read = tables_of(f"{url.replace('permanence@', 'glancing@')}&schema=shown")
        assert rows_of(read, "ssd_person") == ["101"]
        assert ("no-table", "ssd_family", {"table": "ssd_family"}) in read.amiss
        run(url, "DROP OWNED BY glancing", "DROP ROLE glancing")


@pytest.mark.parametrize("name", ["a#b.db", "a?b.db", "a%20b.db", "a b.db"])
def test_a_file_is_read_by_whatever_name_and_none_is_made(tmp_path: Path, name: str) -> None:
    write_ssd(f"sqlite:///{tmp_path / 'ssd.db'}", ALICE)
    (tmp_path / "ssd.db").rename(tmp_path / name)
    address = URL.create("sqlite", database=str(tmp_path / name)).render_as_string()
    assert rows_of(tables_of(address.replace("?", "%3F") if "?" in name else address), "ssd_person") == ["101"]
    (tmp_path / name).unlink()
    with pytest.raises(SsdRefused, match="there is no such file"):
        tables_of(address)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_named_with_its_table_and_why(file: str) -> None:
    write_ssd(file, ALICE | {"ssd_involvements": [{"invo_involvements_id": "I1", "invo_person_id": "101"}]})
    run(file, "UPDATE ssd_involvements SET invo_professional_role_id = CAST(x'536FE963' AS TEXT)")
    with pytest.raises(SsdRefused, match=r"ssd\.db: ssd_involvements: .*a text in it is not UTF-8"):
        tables_of(file)


def test_a_file_that_is_held_or_cut_off_says_so(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 1)
    write_ssd(file, ssd_tables(caseload(12, seed=5, today=TODAY), TODAY))
    holding = sqlite3.connect(tmp_path / "ssd.db", isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SsdRefused, match="somebody else has held it"):
        tables_of(file)
    holding.close()
    with (tmp_path / "ssd.db").open("r+b") as half:
        half.truncate((tmp_path / "ssd.db").stat().st_size // 2)
    with pytest.raises(SsdRefused, match="only a part of it was written"):
        tables_of(file)


def test_a_table_that_is_held_is_not_waited_for_without_end(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database.SNAPSHOT, "postgresql", database.SNAPSHOT["postgresql"].replace("10s", "300ms"))
    with postgresql.database() as url:
        write_ssd(url, ALICE)
        engine = create_engine(url)
        with engine.begin() as holding:
            holding.execute(text("LOCK TABLE ssd_cla_reviews IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(SsdRefused, match=r"ssd_cla_reviews: .*somebody else has held it"):
                tables_of(url)
        engine.dispose()
        assert rows_of(tables_of(url), "ssd_person") == ["101"]


@pytest.mark.parametrize(
    ("column", "kind", "why"),
    [
        ("clae_cla_episode_ceased_date", "date USING 'infinity'::date", "ssd_cla_episodes: .* such as infinity"),
        ("clae_person_id", "integer USING clae_person_id::integer", "ssd_person: .* is of another type"),
    ],
)
def test_columns_of_postgresql_that_cannot_be_read(postgresql: PostgreSQL, column: str, kind: str, why: str) -> None:
    with postgresql.database() as url:
        write_ssd(url, ALICE)
        run(url, f"ALTER TABLE ssd_cla_episodes ALTER COLUMN {column} TYPE {kind}")
        with pytest.raises(SsdRefused, match=why):
            tables_of(url)


def test_a_key_is_the_same_as_text_and_as_a_number_with_a_point(file: str) -> None:
    tables: Drawers = ALICE | {
        "ssd_cla_reviews": [{"clar_cla_review_id": "R1", "clar_cla_id": "7", "clar_cla_review_date": date(2026, 2, 1)}],
        "ssd_involvements": [
            {"invo_involvements_id": "I1", "invo_person_id": "101", "invo_professional_role_id": "Social Worker",
             "invo_involvement_start_date": date(2026, 1, 5)},
        ],
        "ssd_professionals": [{"prof_professional_id": "12", "prof_staff_id": "W1"}],
        "ssd_department": [{"dept_team_id": "3", "dept_team_name": "North"}],
    }  # fmt: skip
    write_ssd(file, tables)
    run(file, "ALTER TABLE ssd_cla_episodes DROP COLUMN clae_cla_id",
        "ALTER TABLE ssd_cla_episodes ADD COLUMN clae_cla_id REAL", "UPDATE ssd_cla_episodes SET clae_cla_id = 7",
        "ALTER TABLE ssd_involvements DROP COLUMN invo_professional_id",
        "ALTER TABLE ssd_involvements DROP COLUMN invo_professional_team",
        "ALTER TABLE ssd_involvements ADD COLUMN invo_professional_id REAL DEFAULT 12",
        "ALTER TABLE ssd_involvements ADD COLUMN invo_professional_team REAL DEFAULT 3")  # fmt: skip
    read = tables_of(file)
    said = events_of(read, POLICIES.resolve(POLICY), POLICIES.ids(), TODAY, covered_by(read, TODAY))
    assert told(said) == [
        "2026-01-05 became_looked_after C2 North",
        "2026-01-05 person_assigned social_worker w1",
        "2026-02-01 review_held",
    ]
    assert rules(said) == []


@pytest.mark.parametrize("digits", [3, 28, 29, 38])
def test_a_key_may_have_as_many_digits_as_a_database_keeps(digits: int) -> None:
    assert text_of(Decimal(f"{'7' * digits}.0")) == text_of(Decimal("7" * digits)) == "7" * digits


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://reader:s3cret@127.0.0.1:1/ssd",
        "postgresql+psycopg://s3cret@127.0.0.1:1/ssd",
        "postgresql+psycopg://reader:s3cret@127.0.0.1:1/ssd?password=s3cret",
        "sqlite:////no/such/folder/ssd.db?password=s3cret",
        "mssql+pyodbc:///?odbc_connect=PWD%3Ds3cret",
        "oracle+oracledb://reader:s3cret@127.0.0.1:1/ssd",
        "mysql+pymysql://reader:s3cret@127.0.0.1/ssd",
        "nonsense s3cret",
    ],
)
def test_neither_password_nor_who_signs_in_is_said(url: str) -> None:
    with pytest.raises(SsdRefused) as refused:
        tables_of(url)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert str(refused.value)


def test_days_are_read_however_a_database_keeps_them(file: str) -> None:
    tables = drawers(**{name.removeprefix("ssd_"): rows for name, rows in ALICE.items()})
    tables["ssd_cla_episodes"][0]["clae_cla_episode_start_date"] = "05/01/2026"
    tables["ssd_legal_status"][0]["lega_legal_status_start_date"] = "2026-01-05T09:30:00"
    tables["ssd_legal_status"][0]["lega_legal_status_end_date"] = "9999-12-31 00:00:00"
    tables["ssd_person"][0] |= {"pers_death_date": "1900-01-01", "pers_expected_dob": "PLACEHOLDER_DATA"}
    write_ssd(file, tables)
    said = imported({name: [dict(row.cells) for own in rows.values() for row in own]
                     for name, rows in tables_of(file).tables.items()})  # fmt: skip
    assert rules(said) == []
    assert [event.on for event in said.events["101"]] == [date(2026, 1, 5)]

"""Names from the authority's own look-up: on the page of who may see the child, and nowhere else."""

import sqlite3
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import create_engine, text

from desk.labels import Labels, LabelsUnavailable
from service.logs import configure_logs
from service.settings import DeskSettings
from tests.databases import PostgreSQL
from tests.desk.office import office_in
from tests.logs_kept import logs_as_before

LABEL = "Zephyr Q."
LINK = "https://cases.example/c/{child}"
QUERY = "SELECT ref, name FROM clients WHERE ref IN :children"


@pytest.fixture
def names(tmp_path: Path) -> Path:
    file = tmp_path / "names.csv"
    file.write_text(f"child,label,more\nN-1,{LABEL},x\nS-1,Somebody Else,y\n", "utf-8")
    return file


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What the service logs."""
    with logs_as_before():
        configure_logs("INFO", stream := StringIO())
        yield stream


def break_it(file: Path) -> None:
    file.write_bytes(b"\xff")


def holding(folder: Path, text: str) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


async def test_a_label_stands_on_the_page_and_in_no_title_address_log_or_table(
    tmp_path: Path, names: Path, lines: StringIO
) -> None:
    async with office_in(tmp_path, f"sqlite:///{tmp_path / 'record.db'}", names_file=names, case_link=LINK) as office:
        anna, ben = await office.browser("anna"), await office.browser("ben")
        for path in ("", "/timeline", "/why/initial-ppm/1"):
            answer = await anna.get(f"/desk/children/N-1{path}")
            assert LABEL in answer.text
            assert LABEL not in answer.text.partition("<title")[2].partition("</title>")[0]
            assert "Somebody Else" not in answer.text
            assert 'href="https://cases.example/c/N-1"' in answer.text
            assert answer.headers["cache-control"] == "no-store"
        assert LABEL not in (await ben.get("/desk/children/N-1")).text

        mo, iris, sysop = [await office.browser(person) for person in ("mo", "iris", "sysop")]
        for browser, path in (
            (anna, "/my-children"),
            (mo, "/team/children?worker=anna"),
            (mo, "/team/hand-over/anna"),
            (iris, "/oversight?tab=children"),
            (anna, "/children/N-1/record"),
            (anna, "/children/N-1/record/ppm_held"),
        ):
            listed = (await browser.get(f"/desk{path}")).text
            assert LABEL in listed, path
            assert "Somebody Else" not in listed
        assert LABEL not in (await sysop.get("/desk/service")).text

        break_it(names)
        assert (await anna.get("/desk/my-children")).status_code == 200
        page = await anna.get("/desk/children/N-1")
        assert page.status_code == 200, "a look-up that fails costs the label, not the page"
        assert LABEL not in page.text
    assert "labels_unavailable" in lines.getvalue()
    assert "UnicodeDecodeError" in lines.getvalue(), "it says so to whoever runs it"
    assert LABEL not in lines.getvalue()
    assert holding(tmp_path, LABEL) == []


def asking(home: Path, query: str) -> DeskSettings:
    with sqlite3.connect(home / "clients.db") as connection:
        connection.execute("CREATE TABLE clients (ref TEXT, name TEXT)")
        connection.executemany("INSERT INTO clients VALUES (?, ?)", [("N-1", LABEL), ("S-1", "Somebody Else")])
    return DeskSettings(names_database=SecretStr(f"sqlite:///{home / 'clients.db'}"), names_query=query)


def test_a_query_is_asked_for_those_on_the_page_alone(tmp_path: Path) -> None:
    labels = Labels(asking(tmp_path, QUERY))
    assert labels.of(["N-1", "unknown"]) == {"N-1": LABEL}
    assert labels.of([]) == {}


def test_postgresql_is_asked_read_only_and_for_two_seconds(postgresql: PostgreSQL) -> None:
    """A case system's own database: nothing may be written there, and no page waits for it."""
    with postgresql.database() as url:
        owner = create_engine(url)
        with owner.begin() as connection:
            connection.execute(text("CREATE TABLE clients (ref varchar(20), name text)"))
            row = text("INSERT INTO clients VALUES (:ref, :name)")
            connection.execute(row, [{"ref": "N-1", "name": LABEL}, {"ref": "S-1", "name": "Somebody Else"}])
            connection.execute(text("CREATE SEQUENCE looked_up"))
        owner.dispose()

        def labels(query: str) -> Labels:
            return Labels(DeskSettings(names_database=SecretStr(url), names_query=query))

        assert labels(QUERY).look_up(["N-1", "it's", "unknown"]) == {"N-1": LABEL}
        with pytest.raises(LabelsUnavailable, match=r"\(InternalError\)"):
            labels("SELECT ref, nextval('looked_up') FROM clients WHERE ref IN :children").look_up(["N-1"])
        began = time.monotonic()
        with pytest.raises(LabelsUnavailable, match="OperationalError"):
            labels("SELECT ref, pg_sleep(60) FROM clients WHERE ref IN :children").look_up(["N-1"])
        assert time.monotonic() - began < 30, "not a minute; on a busy machine two seconds may be longer"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT ref, name FROM nowhere WHERE ref IN :children", "OperationalError"),
        ("SELECT ref FROM clients WHERE ref IN :children", "two columns"),
    ],
)
def test_a_query_that_fails_says_why_without_what_it_asked(tmp_path: Path, query: str, why: str) -> None:
    labels = Labels(asking(tmp_path, query))
    with pytest.raises(LabelsUnavailable, match=why) as caught:
        labels.look_up(["N-1"])
    assert "N-1" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert labels.of(["N-1"]) == {}


def test_a_file_without_its_columns_is_told_which(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("ref,name\nN-1,x\n", "utf-8")
    with pytest.raises(LabelsUnavailable, match="child and label"):
        Labels(DeskSettings(names_file=tmp_path / "n.csv")).look_up(["N-1"])


@pytest.mark.parametrize(
    "settings",
    [
        {"names_database": "sqlite://", "names_query": "DELETE FROM clients WHERE ref IN :children"},
        {"names_database": "sqlite://", "names_query": "SELECT ref, name FROM clients"},
        {"names_query": QUERY},
        {"names_file": "x.csv", "names_database": "sqlite://", "names_query": QUERY},
        {"case_link": "https://cases.example/"},
        {"case_link": "http://cases.example/{child}"},
    ],
)
def test_settings_that_could_not_work_or_could_write_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"accepted|go together"):
        DeskSettings.model_validate(settings)

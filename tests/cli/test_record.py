import errno
import json
import os
import sqlite3
from pathlib import Path

import pytest

from journeys.looking import NEVER, _newest
from record.copying import copy_database
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.record.entries import whole_entry


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A case record of two children, where the settings look for it."""
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    monkeypatch.delenv("PERMANENCE_DATABASE_URL", raising=False)
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    for child in ("c1", "c2"):
        record.write(whole_entry(child))
    record.close()
    return tmp_path / "case-record.db"


def engine_store(home: Path) -> Path:
    """A database where the embedded server has its own."""
    store = home / "temporal.db"
    with sqlite3.connect(store) as engine:
        engine.execute("CREATE TABLE anything (id)")
    return store


def tampered(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET document = '{}' WHERE child = 'c2'")


def test_a_record_as_it_was_written_is_said_to_be(run: Run, file: Path) -> None:
    verified = run("record", "verify")

    assert verified.exit_code == 0
    assert "As it was written: 8 entries of 2 children." in verified.stdout
    assert "4 entries of 1 child." in run("record", "verify", "c1").stdout


def test_each_fault_is_named_and_the_exit_code_tells(run: Run, file: Path) -> None:
    tampered(file)
    verified = run("record", "verify")

    assert verified.exit_code == 1
    assert "c2" in verified.stdout
    assert "event c2-in was changed" in verified.stdout
    assert "1 fault in 8 entries" in verified.stderr
    assert run("record", "verify", "c1").exit_code == 0
    assert json.loads(run("record", "verify", "--json").stdout)["faults"] == [
        {"child": "c2", "position": 1, "what": "event c2-in was changed"}
    ]


def test_heads_are_kept_and_compared_with(run: Run, file: Path, tmp_path: Path) -> None:
    heads = tmp_path / "heads.jsonl"
    run("record", "verify", "--keep", str(heads))
    assert run("record", "verify", "--heads", str(heads)).exit_code == 0

    heads.write_text(heads.read_text().replace('"position": 4', '"position": 5'))

    assert "had 5 entries when its head was kept" in " ".join(
        run("record", "verify", "--heads", str(heads)).stdout.split()
    )


def test_no_heads_are_kept_of_a_record_with_faults(run: Run, file: Path, tmp_path: Path) -> None:
    tampered(file)
    run("record", "verify", "--keep", str(tmp_path / "heads.jsonl"))

    assert not (tmp_path / "heads.jsonl").exists()


def test_a_file_of_something_else_is_refused(run: Run, file: Path) -> None:
    refused = run("record", "verify", "--heads", str(file))

    assert refused.exit_code == 2
    assert "no UTF-8" in refused.stderr


def test_a_child_that_nobody_knows_is_refused(run: Run, file: Path) -> None:
    refused = run("record", "verify", "nobody")

    assert refused.exit_code == 2
    assert "the case record knows nothing of 'nobody'" in refused.stderr


def test_the_status_says_where_and_how_much(run: Run, file: Path) -> None:
    shown = json.loads(run("record", "status", "--json").stdout)

    assert (shown["children"], shown["events"], shown["actions"], shown["chain"]) == (2, 2, 4, 8)
    assert str(file) in shown["database"]
    assert "chain heads" in run("record", "status").stdout


def test_without_a_record_none_is_made(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))

    assert "there is no case record" in run("record", "verify").stderr
    assert list(tmp_path.iterdir()) == []


def test_a_childs_file_is_printed_as_json_or_written_as_a_page(run: Run, file: Path, tmp_path: Path) -> None:
    written = tmp_path / "c1.html"

    assert json.loads(run("record", "export", "c1").stdout)["chain_head"]["position"] == 4
    assert run("record", "export", "c1", "--html", str(written)).stdout == ""
    assert "<h1>Case record of c1</h1>" in written.read_text("utf-8")
    assert written.stat().st_mode & 0o077 == 0
    assert run("record", "export", "nobody").exit_code == 2


def test_what_is_written_stands_whole_in_the_place_of_what_was_there_for_its_owner_only(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 29 November 2026 a full disk cost the heads that had been kept, and others went on reading a child's file."""
    heads, written = tmp_path / "kept" / "heads.jsonl", tmp_path / "c1.html"
    heads.parent.mkdir()
    heads.write_text("kept before\n", "utf-8")
    written.touch(mode=0o644)
    written.chmod(0o644)

    assert run("record", "export", "c1", "--html", str(written)).exit_code == 0
    assert written.stat().st_mode & 0o077 == 0

    monkeypatch.setattr("cli.writing.os.fsync", full)
    failed = run("record", "verify", "--keep", str(heads))
    assert failed.exit_code == 2
    assert "it cannot be written: No space left on device" in failed.stderr
    assert [kept.name for kept in heads.parent.iterdir()] == [heads.name]
    assert heads.read_text("utf-8") == "kept before\n"


def full(_: int) -> None:
    """A disk without space."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_of_a_rewritten_record_is_given_and_told(run: Run, file: Path) -> None:
    tampered(file)
    exported = run("record", "export", "c2", "--json")

    assert exported.exit_code == 1
    assert json.loads(exported.stdout)["verified"]["faults"] == [{"position": 1, "what": "event c2-in was changed"}]


def test_a_row_that_cannot_be_read_leads_to_what_names_it(run: Run, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET document = '{' WHERE child = 'c2'")

    refused = run("record", "export", "c2")
    assert refused.exit_code == 1
    assert "holds one that cannot be read: `permanence record verify` names it" in refused.stderr
    assert "event c2-in was changed" in run("record", "verify").stdout


def test_a_backup_is_a_whole_folder_or_nothing_that_could_pass_for_one(run: Run, file: Path, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    assert run("backup", str(backups)).exit_code == 0
    [whole] = backups.iterdir()
    assert [copy.name for copy in whole.iterdir()] == [file.name]

    engine_store(tmp_path)
    file.write_bytes(b"no database")
    failed = run("backup", str(tmp_path / "later"))
    assert failed.exit_code == 1
    assert "no backup was made" in failed.stderr
    assert list((tmp_path / "later").iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite+pysqlite:///{file}", "sqlite:///{file}?timeout=9"])
def test_a_record_in_a_file_is_copied_however_its_url_is_written(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """On 29 November 2026 it was left out, and said to be in a database server."""
    engine = engine_store(tmp_path)
    monkeypatch.setenv("PERMANENCE_DATABASE_URL", url.format(file=file))

    assert run("backup", str(tmp_path / "backups")).exit_code == 0
    [place] = (tmp_path / "backups").iterdir()
    assert {copy.name for copy in place.iterdir()} == {engine.name, file.name}


def test_a_backup_without_the_record_that_is_named_is_none(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_store(tmp_path)
    monkeypatch.setenv("PERMANENCE_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")

    failed = run("backup", str(tmp_path / "backups"))

    assert failed.exit_code == 1
    assert "there is no case record at" in failed.stderr
    assert not (tmp_path / "backups").exists()


def test_a_backup_that_was_killed_is_not_watched_as_the_newest(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = tmp_path / "backups"

    def killed(source: Path, target: Path) -> None:
        copy_database(source, target)
        target.with_name("temporal.db").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.backup.copy_database", killed)
    monkeypatch.setattr("cli.backup.shutil.rmtree", lambda *_, **__: None)  # as by SIGKILL
    run("backup", str(backups))
    assert [len(list(place.iterdir())) for place in backups.iterdir()] == [2]
    assert _newest(backups) == NEVER

    monkeypatch.undo()
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    assert run("backup", str(tmp_path / "later")).exit_code == 0
    assert _newest(tmp_path / "later") > NEVER

"""Everything in the home folder is for its owner alone; keys that others could have written are refused."""

import os
from pathlib import Path

import pytest

from delivery.tokens import KEY_FILE, key_in
from intake.credentials import Credentials, CredentialsUnreadable
from service.closed import mend


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def test_what_is_found_loose_is_mended_but_not_the_authoritys_own_nor_what_a_link_leads_to(tmp_path: Path) -> None:
    home, policies, elsewhere = tmp_path / "home", tmp_path / "home" / "policies", tmp_path / "elsewhere.txt"
    (home / "demo").mkdir(parents=True)
    policies.mkdir()
    elsewhere.touch()
    for name in ("case-record.db", "temporal.db-wal", "permanence.log", KEY_FILE, "demo/case-record.db"):
        (home / name).touch()
    for path in (home, policies, home / "demo", elsewhere, *home.glob("*.*"), *home.glob("demo/*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (home / "linked.log").symlink_to(elsewhere)

    mended = mend(home, but_not=[policies])

    assert {path.name for path in mended} == {
        *("home", "demo", "case-record.db", "temporal.db-wal", "permanence.log", KEY_FILE)
    }
    assert [mode(path) for path in (home, home / "demo", home / KEY_FILE)] == [0o700, 0o700, 0o600]
    assert [mode(path) for path in (policies, elsewhere)] == [0o755, 0o644]
    assert mend(home, but_not=[policies]) == []


def test_a_key_or_credentials_that_others_could_have_written_are_refused_and_left_to_look_at(tmp_path: Path) -> None:
    Credentials(tmp_path / "credentials.toml").add("case-system", ["events:write"], signing=False)
    assert key_in(tmp_path) == key_in(tmp_path)
    assert [mode(tmp_path / name) for name in (KEY_FILE, "credentials.toml")] == [0o600, 0o600]

    for name in (KEY_FILE, "credentials.toml"):
        (tmp_path / name).chmod(0o660)
    mend(tmp_path)

    with pytest.raises(OSError, match=rf"{KEY_FILE} can be written by others .*chmod 600"):
        key_in(tmp_path)
    with pytest.raises(CredentialsUnreadable, match=r"credentials.toml can be written by others .*chmod 600"):
        Credentials(tmp_path / "credentials.toml").known()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_link_is_not_followed_to_a_key_of_somebody_else(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("a key that they know")
    os.chown(theirs, 12345, 12345)
    theirs.chmod(0o600)
    (tmp_path / KEY_FILE).symlink_to(theirs)

    with pytest.raises(OSError, match=f"{KEY_FILE} belongs to another user"):
        key_in(tmp_path)


def test_a_credential_is_not_written_through_a_link_that_somebody_laid(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "credentials.toml.new").symlink_to(victim)

    Credentials(tmp_path / "credentials.toml").add("case-system", ["events:write"], signing=False)

    assert victim.read_text() == "untouched"
    assert "case-system" in Credentials(tmp_path / "credentials.toml").known()

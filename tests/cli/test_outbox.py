"""`permanence outbox`, `people` and `unallocated`, on a case record that no service uses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery.ledger import Attempt, ChannelState, Ledger
from delivery.outbox import Outbox
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from tests.cli.conftest import Run
from tests.delivery.conftest import action
from tests.delivery.offices import OFFICE

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
TODAY = datetime.now(UTC).date()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A child in care whose first escalation is uncertain, while the mail server is down."""
    (tmp_path / "people.toml").write_text(OFFICE, "utf-8")
    monkeypatch.setenv("PERMANENCE_HOME", str(tmp_path))
    monkeypatch.setenv("PERMANENCE_DELIVERY_DIRECTORY", str(tmp_path / "people.toml"))
    monkeypatch.setenv("PERMANENCE_DEFAULT_POLICY", "ppm-procedure")
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    entry = {
        "id": "e1",
        "type": "became_looked_after",
        "child": "CLA-1",
        "on": (TODAY - timedelta(days=3)).isoformat(),
        "date_of_birth": "2018-05-05",
        "legal_status": "C2",
        "people": {"social_worker": "s-worker", "iro": "secret@example.org"},
    }
    known = [KnownEvent(known_at=NOW - timedelta(days=999), event=entry)]
    record.write(RecordEntry(child="CLA-1", decided_at=NOW, events=known, actions=[action()]))
    outbox, ledger = Outbox(record.engine), Ledger(record.engine)
    (row,) = outbox.claim("w", NOW, NOW + timedelta(minutes=1), 1)
    ledger.write(
        Attempt(
            delivery=f"CLA-1/{row.action.key}/s-worker/smtp",
            attempt=1,
            child="CLA-1",
            action_key=row.action.key,
            role="social_worker",
            person="s-worker",
            via="holder",
            channel="smtp",
            address="0123",
            reference="K7QX-2MPA-V4TD",
            outcome="uncertain",
            at=NOW,
            began=NOW,
            ended=NOW,
            words="the mail server took the text and gave no answer",
        )
    )
    outbox.settle("w", row.number, "uncertain", "it may or may not have arrived")
    ledger.set_channel(ChannelState("smtp", "down", NOW, 3, NOW, "x", "the mail server cannot be reached"))
    yield tmp_path
    record.close()


@pytest.mark.usefixtures("home")
def test_the_outbox_shows_what_went_wrong_and_how_the_channels_stand(run: Run) -> None:
    shown = run("outbox").output

    assert "smtp is down since 25 Nov 2026 09:00: the mail server cannot be reached" in " ".join(shown.split())
    assert "uncertain" in shown
    assert "1 uncertain" in shown
    assert run("outbox", "--child", "CLA-9", "--json").output.count('"child"') == 0
    assert "accepted: planned, gathered, sent, superseded, uncertain, failed" in run("outbox", "--state", "odd").stderr


@pytest.mark.usefixtures("home")
def test_the_ledger_shows_every_attempt_and_no_address(run: Run) -> None:
    shown = run("outbox", "ledger", "CLA-1").output

    assert "K7QX-2MPA-V4TD" in shown
    assert "s-worker" in shown
    assert "example" not in shown
    assert '"outcome": "uncertain"' in run("outbox", "ledger", "CLA-1", "--json").output


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "command", [("outbox", "ledger"), ("outbox", "--child"), ("people",), ("record", "export"), ("record", "verify")]
)
def test_a_reference_that_nobody_knows_is_asked_back_with_the_one_that_is_known(
    run: Run, command: tuple[str, ...]
) -> None:
    refused = run(*command, "cla_1")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.endswith("permanence: the case record knows nothing of 'cla_1'. Did you mean CLA-1?\n")
    assert "Did you mean" not in run(*command, "X-204").stderr


@pytest.mark.usefixtures("home")
def test_a_person_has_it_tried_again_and_the_chain_says_who(run: Run, home: Path) -> None:
    assert "1 message will be tried again" in run("outbox", "retry", "--by", "A. Admin").output

    assert '"outcome": "again"' in run("outbox", "ledger", "CLA-1", "--json").output
    assert "1 planned" in run("outbox").output
    assert "A. Admin" in run("record", "export", "CLA-1").output


@pytest.mark.usefixtures("home")
def test_a_reference_that_is_none_or_was_never_sent_is_refused(run: Run) -> None:
    assert "accepted: one like K7QX-2MPA-V4TD" in run("outbox", "bounced", "what").stderr
    assert "nothing with the reference K7QX-2MPA-V4TD was sent" in run("outbox", "bounced", "k7qx2mpav4td").stderr


@pytest.mark.usefixtures("home")
def test_it_shows_whom_a_case_would_tell_today_and_which_roles_nobody_holds(run: Run) -> None:
    shown = " ".join(run("people", "CLA-1").output.split())
    assert "social worker s-worker holder" in shown
    assert "unallocated: nobody holds the role" in shown
    assert "secret" not in shown

    gaps = " ".join(run("unallocated").output.split())
    assert "team manager nobody holds the role 1: CLA-1" in gaps
    assert "social worker" not in gaps


def test_the_directory_is_checked(run: Run, home: Path) -> None:
    assert "the fallback is duty-desk" in " ".join(run("people").output.split())

    (home / "people.toml").write_text(OFFICE.replace("email", "emial", 1), "utf-8")
    refused = run("people")
    assert refused.exit_code == 2
    assert "did you mean email?" in refused.stderr


@pytest.mark.usefixtures("home")
def test_without_a_directory_it_says_which_setting_names_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERMANENCE_DELIVERY_DIRECTORY")

    assert "PERMANENCE_DELIVERY_DIRECTORY names one" in run("people").stderr

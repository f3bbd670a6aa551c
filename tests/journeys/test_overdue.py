"""What is too old, or runs short, is a finding of the watch and of `permanence health`, as it is an alert."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from temporalio.common import MetricMeter

from cli.health import WORDS
from delivery.ledger import ChannelState, Ledger
from delivery.outbox import Outbox
from delivery.proofs import Proof
from delivery.settings import DeliverySettings
from journeys.looking import A_DAY_LATE, NEARLY_FULL, WAITED_LONG, InRecord, Look, _in_record, _newest
from journeys.watching import Gauges, findings
from record.store import CaseRecord
from service.settings import Settings
from tests.deploy.metrics import alerts
from tests.record.entries import whole_entry

NOW: Final = datetime(2026, 11, 29, 23, 20, tzinfo=UTC)
AWAY: Final = "the Temporal server does not answer"


def seen(waits: float = 0, proof: float = 0, backup: float = 0, free: float = 0.5) -> Look:
    """A look that finds the oldest message, the last proof and the newest backup so many hours old."""
    waits_since, proved, made = (NOW - timedelta(hours=hours) for hours in (waits, proof, backup))
    return Look(NOW, AWAY, InRecord(waits_since, Proof(proved, timedelta(seconds=9), "people")), free, made)


@pytest.mark.parametrize(
    ("what", "well", "late"),
    [
        ("outbox", {"waits": 0.9}, {"waits": 1.1}),
        ("proof", {"proof": 25.9}, {"proof": 26.1}),
        ("backup", {"backup": 25.9}, {"backup": 26.1}),
        ("disk", {"free": 0.1}, {"free": 0.0}),
    ],
)
def test_what_is_too_old_or_short_is_found(what: str, well: dict[str, float], late: dict[str, float]) -> None:
    """A disk of which 0% was free went with "All is well" (29 November 2026)."""
    assert set(findings(seen(**well))) == {"server"}
    assert set(findings(seen(**late))) == {"server", what}
    assert what in WORDS


def test_a_message_that_failed_and_a_channel_in_trouble_are_found(tmp_path: Path) -> None:
    """On 29 November 2026 nobody could be told of two children, and all was well."""
    record = CaseRecord.open(f"sqlite:///{tmp_path / 'case-record.db'}")
    outbox, ledger = Outbox(record.engine), Ledger(record.engine)
    here = Settings(home=tmp_path, delivery=DeliverySettings(channels=("smtp",), directory=tmp_path / "people.toml"))
    record.write(whole_entry())

    def findings_now() -> dict[str, tuple[int, tuple[str, ...]]]:
        stated = findings(Look(NOW, AWAY, _in_record(record, here), 0.5, None))
        return {what: how for what, how in stated.items() if what in ("messages", "channels")}

    assert findings_now() == {}
    ledger.set_channel(ChannelState("smtp", "down", NOW))
    [row, *_] = outbox.claim("w", NOW, NOW + timedelta(minutes=1), 1)
    assert outbox.settle("w", row.number, "failed", why="no address takes it")
    assert findings_now() == {"messages": (1, ("1 failed",)), "channels": (1, ("smtp",))}
    assert {"messages", "channels"} <= WORDS.keys()
    record.close()


def test_the_limits_are_those_of_the_alerts() -> None:
    a_day = f"> {A_DAY_LATE // timedelta(hours=1)} * 3600"
    an_hour = f"> {WAITED_LONG // timedelta(seconds=1)}"
    limits = {"OutboxOld": an_hour, "ProofOld": a_day, "BackupOld": a_day, "DiskNearlyFull": f"< {NEARLY_FULL}"}
    asked = {one["name"]: one["expr"].strip("'") for one in alerts()}
    assert {name: asked[name].endswith(limit) for name, limit in limits.items()} == dict.fromkeys(limits, True)


def test_a_folder_of_backups_that_has_none_is_found_and_its_alert_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first backup is the one that a slip in a timetable costs: no age was told of none."""
    served: dict[str, float] = {}
    monkeypatch.setattr(Gauges, "_set", lambda _self, name, _about, value, *_: served.setdefault(name, value))
    for folder in (tmp_path, tmp_path / "not made"):
        none = Look(NOW, AWAY, "away", 0.5, _newest(folder))
        assert "backup" in findings(none)
        Gauges(MetricMeter.noop).set(none)
        assert served.pop("permanence_backup_timestamp_seconds") == 0
    made = tmp_path / "case-record.db"
    made.touch()
    os.utime(made, (NOW.timestamp(), NOW.timestamp()))
    assert "backup" not in findings(Look(NOW, AWAY, "away", 0.5, _newest(tmp_path)))

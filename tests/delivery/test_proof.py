"""The daily proof goes to whoever is named for it, by the way of all messages; nobody else is told."""

from pathlib import Path

import pytest

from delivery.channels.smtp import SmtpSettings
from delivery.post import Post
from delivery.proofs import proof_action
from delivery.settings import (
    DeliveryRefused,
    DeliverySettings,
)
from record.entries import RecordEntry
from record.tables import PROOF
from tests.delivery.conftest import Office
from tests.delivery.test_mail import smtp
from tools.faults.mailserver import MailServer


@pytest.mark.parametrize(
    ("named", "state", "reached"),
    [
        ("s-worker", "sent", ["s.worker@example.org"]),
        ("monitor@example.org", "sent", ["monitor@example.org"]),
        (None, "superseded", []),
        ("stranger", "failed", []),
    ],
)
async def test_it_reaches_who_is_named_or_says_why_not(
    office: Office, mail: MailServer, named: str | None, state: str, reached: list[str]
) -> None:
    office.channels = {"smtp": smtp(mail)}
    office.settings = DeliverySettings(proof=named)
    office.record.write(RecordEntry(child=PROOF, decided_at=office.now, actions=[proof_action(office.now)]))

    await office.deliver()

    [row] = office.outbox.rows(PROOF)
    assert row.state == state
    assert [one["To"] for one in mail.mails] == reached
    assert bool(row.why) == (state != "sent")


def test_a_proof_for_nobody_is_refused_when_the_service_starts(tmp_path: Path) -> None:
    people = tmp_path / "people.toml"
    people.write_text('fallback = "office"\n[people.office]\nemail = "office@example.org"\n', "utf-8")

    def post(reader: str) -> Post:
        settings = DeliverySettings(channels=("smtp",), directory=people, proof=reader)
        return Post.of(settings, {"smtp": SmtpSettings(sender="permanence@example.org")})

    assert post("monitor@example.org").settings.proof == "monitor@example.org"
    with pytest.raises(DeliveryRefused, match="PERMANENCE_DELIVERY_PROOF names nobody; accepted: a key"):
        post("stranger")

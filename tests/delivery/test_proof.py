"""The daily proof goes to whoever is named for it, by the way of all messages; nobody else is told."""

import pytest

from activities.models import RecordEntry
from delivery.settings import DeliverySettings
from faults.mailserver import MailServer
from record.proofs import PROOF, proof_action
from tests.delivery.conftest import Office
from tests.delivery.test_mail import smtp


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

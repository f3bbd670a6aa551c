"""What real journeys decide, told by real mail: after an outage each is asked whether it is still so."""

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from delivery.directory_file import DirectoryFile
from delivery.draining import Drain
from delivery.ledger import Ledger
from delivery.links import Links
from delivery.post import Post
from delivery.settings import DeliverySettings
from delivery.writing import Writer
from journeys.asking import ask_journey_now
from tests.delivery.offices import OFFICE
from tests.delivery.test_mail import smtp
from tests.domain.story import london
from tests.workflows.house import House
from tools.faults.mailserver import MailServer

pytestmark = pytest.mark.server


def draining(house: House, mail: MailServer, folder: Path, now: datetime) -> Drain:
    """The house's outbox drained into a mail server, at an instant of the journeys' own dates."""
    (folder / "people.toml").write_text(OFFICE, "utf-8")
    post = Post(DeliverySettings(), {"smtp": smtp(mail)}, DirectoryFile(folder / "people.toml"), Writer())
    return post.drain(house.record, {}, Links(), partial(ask_journey_now, house.client), lambda: now)


async def test_what_was_met_while_mail_was_down_is_not_told_and_the_rest_is(house: House, tmp_path: Path) -> None:
    met = await house.begin("2026-01-05 became_looked_after", london("2026-01-05", "10:00"))
    late = await house.begin("2026-01-05 became_looked_after", london("2026-01-05", "10:00"))
    for life in (met, late):
        await life.forward("2026-01-20")
    await met.tell("2026-01-20 ppm_held primary_plan=return_home contingency_plan=kinship_care")

    now = london("2026-01-21", "12:00")
    with MailServer() as mail:
        drain = draining(house, mail, tmp_path, now)
        while await drain.once():
            pass

    states = {f"{item.child} {item.action_key.split('/')[1]}": item.state for item in house.record.outbox()}
    assert states[f"{met.child} initial-ppm"] == "superseded"
    assert states[f"{met.child} ppm-invitations"] == "superseded"
    assert states[f"{late.child} ppm-invitations"] == "sent"
    assert states[f"{late.child} initial-ppm"] == "sent"
    texts = [str(one.get_body(("plain",))) for one in mail.mails]
    assert any(f"Case        {late.child}" in text and "2 days overdue" in text for text in texts)
    noted = [(a.outcome, a.words) for a in Ledger(house.record.engine).of_child(met.child) if a.words]
    assert ("superseded", "it is met late by now") in noted
    assert ("superseded", "it no longer calls for anything") in noted


async def test_a_journey_that_cannot_be_asked_is_no_reason_to_be_silent(house: House) -> None:
    assert await ask_journey_now(house.client, "nobody") is None
    life = await house.begin("2026-01-05 became_looked_after", london("2026-01-05", "10:00"))
    standing = await ask_journey_now(house.client, life.child)
    assert standing is not None
    assert {row.obligation for row in standing.agenda} >= {"initial-ppm", "first-review"}
    assert {notice for notice, _ in standing.noticed} == {"ppm-invitations"}

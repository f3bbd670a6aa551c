"""A role of an authority's own, from the policy through the directory to a mail; and where nobody holds it."""

from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.allocation import unallocated
from delivery.case_now import Cases
from delivery.directory_file import DirectoryFile
from delivery.links import Links
from delivery.people import People
from delivery.post import Post
from delivery.settings import DeliverySettings
from delivery.writing import Writer
from domain.policy.loading import Policies
from journeys.asking import ask_journey_now
from tests.delivery.offices import OFFICE
from tests.delivery.test_mail import plain, smtp
from tests.domain.story import london
from tests.domain.test_new_authority import HEAD
from tests.workflows.house import House, Life, house_in
from tools.faults.mailserver import MailServer

pytestmark = pytest.mark.server

OWN = """
[[obligation]]
id = "file-read"
title = "The adviser has read the file"
clause = "Newtown 4.1"
owner = "own_agency_adviser"
anchor = "became_looked_after"
due = [{ weeks = 2 }]
reminders = [2]
met_by = ["care_plan_updated"]
"""
POLICY = HEAD.replace("\n[ladder]", 'roles = ["own_agency_adviser", "own_panel_chair"]\n\n[ladder]').replace(
    '{ after = 3, to = ["service_manager"] }', '{ after = 3, to = ["own_panel_chair"] }'
)
HELD = OFFICE.replace(
    "[roles]\n", '[roles]\nown_agency_adviser = "a-patel"\nown_panel_chair = ["i-first", "m-north"]\n'
)
"""Ms Patel advises; the panel's chair was the first officer, who has left, so M. North is told."""


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    (folder / "policies").mkdir()
    (folder / "policies" / "newtown.toml").write_text(POLICY + OWN, "utf-8")
    async with house_in(folder, policies=Policies.load(folder / "policies")) as up:
        yield up


async def mails(house: House, life: Life, directory: str, folder: Path) -> dict[str, str]:
    """What arrived of the adviser's step, on 26 January: to whom, and the last that it said."""
    (folder / "people.toml").write_text(directory, "utf-8")
    await life.forward("2026-01-26")
    with MailServer() as mail:
        post = Post(DeliverySettings(), {"smtp": smtp(mail)}, DirectoryFile(folder / "people.toml"), Writer())
        ask, now = partial(ask_journey_now, house.client), london("2026-01-26")
        drain = post.drain(house.record, house.policies.titles(), Links(), ask, lambda: now)
        while await drain.once():
            pass
    ours = [one for one in mail.mails if life.child in plain(one) and "The adviser has read the file" in plain(one)]
    return {str(one["To"]): " ".join(plain(one).split()) for one in ours}


async def test_a_doer_and_a_rung_of_ones_own_are_told_by_mail(house: House, tmp_path: Path) -> None:
    life = await house.begin("2026-01-05 became_looked_after policy=newtown", london("2026-01-05", "10:00"))
    assert (await life.agenda())["file-read/1"].due == date(2026, 1, 19)
    arrived = await mails(house, life, HELD, tmp_path)
    assert life.sent()[:3] == ["file-read/1 reminder 1", "file-read/1 escalation 1", "file-read/1 escalation 2"]
    assert {"a.patel@example.org", "m.north@example.org"} <= arrived.keys()
    assert "For agency adviser (" in arrived["a.patel@example.org"]
    assert "panel chair" in arrived["m.north@example.org"]


async def test_where_nobody_is_named_the_fallback_is_told_and_the_gap_is_listed(house: House, tmp_path: Path) -> None:
    life = await house.begin("2026-01-05 became_looked_after policy=newtown", london("2026-01-05", "10:00"))
    arrived = await mails(house, life, OFFICE, tmp_path)
    assert "a.patel@example.org" not in arrived
    assert "nobody holds the role" in arrived["duty@example.org"]
    gaps = unallocated(
        house.record, Cases(house.policies, "newtown"), People(DirectoryFile(tmp_path / "people.toml").current()),
        london("2026-01-26"),
    )  # fmt: skip
    without = {role.value: why for (role, why), children in gaps.children.items() if life.child in children}
    assert without["own_agency_adviser"] == without["own_panel_chair"] == "nobody holds the role"

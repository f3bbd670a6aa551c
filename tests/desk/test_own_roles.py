"""A policy's own words on the desk: its roles are offered wherever roles are, and its milestones ask their details."""

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from domain.clocks.wording import in_words
from tests.desk.office import TODAY, Browser, Office, office_in
from tests.desk.test_recording import at, errors_in, stored
from tests.desk.test_team import rows

NEWTOWN = """
id = "newtown"
title = "Newtown: planning for permanence"
source = "Newtown procedures, chapter 4"
version = "1"
effective_from = 2026-01-01
extends = "ppm-procedure"
roles = ["own_agency_adviser"]

[milestone.passport-signed]
title = "Passport form signed"
clause = "Newtown 4.2"
details = { handed_in = "date", copies = "number", complete = "yes_no", remarks = "text" }

[milestone.album-made]
title = "Life story album made"
clause = "Newtown 4.3"
details = { pages = "number" }
before_entry = true

[[obligation]]
id = "adviser-seen"
title = "The adviser has read the file"
clause = "Newtown 4.1"
owner = "own_agency_adviser"
anchor = "became_looked_after"
due = [{ weeks = 3 }]
met_by = ["milestone.passport-signed"]
"""
CARE = "40 became_looked_after policy=newtown team=north | 40 person_assigned role=social_worker contact=anna"


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    home = tmp_path_factory.mktemp("desk")
    (home / "policies").mkdir()
    (home / "policies" / "newtown.toml").write_text(NEWTOWN, "utf-8")
    async with office_in(home, f"sqlite:///{home / 'record.db'}", policies=home / "policies") as running:
        running.tell("O-1", CARE)
        running.tell("O-2", CARE + " | 39 person_assigned role=own_agency_adviser contact=ben")
        yield running


@pytest_asyncio.fixture
async def anna(office: Office) -> Browser:
    return await office.browser("anna")


async def test_an_own_role_is_offered_where_somebody_is_named_and_read_as_people_say_it(anna: Browser) -> None:
    form = (await anna.get(at("O-1", "person_assigned"))).text
    assert re.search(r'value="own_agency_adviser"[^>]*>\s*Agency adviser', form)
    said = {"on": str(TODAY), "role": "own_agency_adviser", "contact": "ben", "once": "r1"}
    check = (await anna.send_form(at("O-1", "person_assigned"), **said)).text
    assert "Agency adviser" in check
    other = await anna.get(at("N-1", "person_assigned"))
    assert "own_agency_adviser" not in other.text, "the policy of N-1 has no such role"


async def test_whoever_holds_it_or_that_nobody_does_stands_with_the_child_and_the_team(office: Office) -> None:
    anna, mo = await office.browser("anna"), await office.browser("mo")
    for child, holder in (("O-2", "ben"), ("O-1", "Nobody desk is told instead: nobody holds the role")):
        page = re.sub(r"<[^>]+>|\s+", " ", (await anna.get(f"/desk/children/{child}")).text)
        assert f"Agency adviser {holder}" in re.sub(r"\s+", " ", page)
    team = (await mo.get("/desk/team?team=north")).text
    [gap] = {html.unescape(one) for one in re.findall(r'"(/desk/team/children[^"]*own_agency_adviser[^"]*)"', team)}
    page = (await mo.get(gap)).text
    assert "Children without anybody as Agency adviser" in page
    assert {*re.findall(r"/desk/children/([A-Z]-\d)", page)} == {"O-1"}


async def test_it_is_handed_over_like_any_other(office: Office) -> None:
    mo = await office.browser("mo")
    form = {"successor": "iris", "child": ["O-2"], "once": "h1"}
    assert rows((await mo.send_form("/desk/team/hand-over/ben", **form)).text)["O-2"] == ["Agency adviser"]
    receipt = await mo.send_form("/desk/team/hand-over/ben", sure="yes", **form)
    again = await mo.send_form("/desk/team/hand-over/ben", sure="yes", **form)
    assert receipt.headers["location"] == again.headers["location"]
    assert "O-2" in (await mo.get(receipt.headers["location"])).text
    [event] = stored(office, "O-2")
    assert (event["role"], event["contact"]) == ("own_agency_adviser", "iris")


PASSPORT: dict[str, Any] = {
    "on": str(TODAY - timedelta(days=1)),
    "milestone": "passport-signed",
    "details.passport-signed.handed_in": "2 Mar 2026",
    "details.passport-signed.copies": "2",
    "details.passport-signed.complete": "no",
    "details.passport-signed.remarks": "The photograph is missing",
}


async def test_a_milestone_asks_its_details_and_says_them_before_and_after_it_is_recorded(
    office: Office, anna: Browser
) -> None:
    form = (await anna.get(at("O-1", "milestone"))).text
    for asked in ("If it was: Passport form signed", "Handed in (optional)", "If it was: Life story album made"):
        assert asked in form
    check = (await anna.send_form(at("O-1", "milestone"), once="m1", **PASSPORT)).text
    for said in (in_words(TODAY.replace(year=2026, month=3, day=2)), "Complete", "The photograph is missing"):
        assert said in check
    await anna.send_form(at("O-1", "milestone"), once="m1", do="record", why_late="The form came late", **PASSPORT)
    [event] = [one for one in stored(office, "O-1") if one["type"] == "milestone"]
    details = {"handed_in": "2026-03-02", "copies": 2, "complete": False, "remarks": "The photograph is missing"}
    assert event["details"] == details


async def test_a_milestone_that_may_come_before_the_entry_is_not_said_to_count_for_nothing(anna: Browser) -> None:
    sent = {"on": str(TODAY - timedelta(days=50)), "milestone": "album-made", "once": "m3"}
    check = (await anna.send_form(at("O-1", "milestone"), **sent)).text
    assert "Check before you record it" in check
    assert "was not in care" not in check


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"details.passport-signed.copies": "two"}, "enter a number in figures, such as 3 or 2.5"),
        ({"details.passport-signed.handed_in": "31 Feb"}, "There is no such day"),
        ({"details.album-made.pages": "12"}, "This is asked of: Life story album made. Choose it, or empty this"),
    ],
)
async def test_a_detail_that_is_none_or_of_another_milestone_is_said_at_its_field(
    anna: Browser, wrong: dict[str, str], said: str
) -> None:
    page = (await anna.send_form(at("O-1", "milestone"), once="m2", **PASSPORT | wrong)).text
    assert any(said in error for error in errors_in(page)), errors_in(page)
    [field] = wrong
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page

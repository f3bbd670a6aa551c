"""People are found by the names that they have, however a keyboard writes them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desk.named import plain_name
from intake.inbox import Inbox
from record.protections import Protections
from tests.desk.office import OFFICE, TODAY, Office, office_in

NAMED = f"""{OFFICE.replace('members = ["anna"]', 'members = ["anna", "sw-12"]')}
[people.sw-10]
name = "Siân O'Neill"
email = "sw-10@example.org"
[people.sw-11]
name = "Éowyn Ŵyn"
email = "sw-11@example.org"
[people.sw-12]
name = "Zoe Adams"
email = "sw-12@example.org"
[people.sw-13]
name = "Jo Smith"
email = "sw-13@example.org"
[people.sw-14]
name = "Jo Smith"
email = "sw-14@example.org"
"""
TYPED = "sian  o\N{RIGHT SINGLE QUOTATION MARK}neill"
"""As a telephone writes it."""


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    home: Path = tmp_path_factory.mktemp("named")
    async with office_in(home, f"sqlite:///{home / 'record.db'}") as running:
        (home / "directory.toml").write_text(NAMED, "utf-8")
        yield running


@pytest.mark.parametrize(
    "typed", ["Siân O'Neill", TYPED, "SIÂN O'NEILL", "Sia\N{COMBINING CIRCUMFLEX ACCENT}n O`Neill"]
)
def test_a_name_is_the_same_however_it_is_typed(typed: str) -> None:
    assert plain_name(typed) == plain_name("Siân O'Neill")


async def test_somebody_is_restricted_to_and_given_a_role_by_name(office: Office) -> None:
    head, anna = await office.browser("head"), await office.browser("anna")
    sent = {"child": "S-1", "people": f"{TYPED}, eowyn wyn", "reason": "A relative works here", "once": "r1"}
    await head.send_form("/desk/restrictions/restrict", **sent, review_on=f"{TODAY.year + 1}-12-31")
    [restriction] = Protections(office.record.engine).restrictions(["S-1"])
    assert restriction.people == ("sw-10", "sw-11")
    role = {"on": "today", "role": "ppm_chair", "contact": TYPED, "once": "o1"}
    at = "/desk/children/N-1/record/person_assigned"
    check = (await anna.send_form(at, **role)).text
    assert "Siân O&#39;Neill" in check.partition("<h1")[2], "whom the directory means, and not its key"
    await anna.send_form(at, **role, do="record")
    [item] = Inbox(office.record.engine).items(range(1, 9)).values()
    assert item.document["contact"] == "sw-10"


async def test_a_name_that_two_have_or_nobody_gave_is_asked_for(office: Office) -> None:
    head, anna = await office.browser("head"), await office.browser("anna")
    exclude, reason = "/desk/restrictions/exclude", {"child": "N-1", "reason": "A relative", "once": "e1"}
    assert "Jo Smith may be sw-13 or sw-14" in (await head.send_form(exclude, **reason, person="Jo Smith")).text
    assert "Enter who it is: by name" in (await head.send_form(exclude, **reason, person="")).text
    role = {"on": "today", "role": "ppm_chair", "contact": "jo smith", "once": "o2"}
    said = (await anna.send_form("/desk/children/N-1/record/person_assigned", **role)).text
    assert "this may be sw-13 or sw-14" in said


async def test_who_takes_over_stands_where_they_are_looked_for(office: Office) -> None:
    page = (await (await office.browser("mo")).get("/desk/team/hand-over/anna")).text
    groups = re.findall(r'<optgroup label="([^"]+)"', page)
    assert groups[:2] == ["Social worker", "Of the same team, with no role yet"], "a new worker, after those who do it"
    offered = re.findall(r'<option value="(sw-1[0-3])"', page)
    assert offered == ["sw-12", "sw-11", "sw-13", "sw-10"], "the new worker; then É before J, not after S"

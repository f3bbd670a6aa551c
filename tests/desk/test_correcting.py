"""Correcting what was recorded, and a meeting for several brothers and sisters, without a journey at hand."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from desk.page_views import PageViews
from desk.sibling_plan import NOT_SEEN
from domain.case.calendar import local_date
from domain.clocks.wording import in_words
from record.entries import KnownEvent, RecordEntry
from tests.desk.office import TODAY, TOMORROW, Office, dated, write
from tests.desk.test_recording import errors_in, stored

_numbers = count(1)
DAY = {ago: TODAY - timedelta(days=ago) for ago in (1, 2, 38)}
ANNA = "person_assigned role=social_worker contact=anna"


def new_child(office: Office, siblings: str = "") -> str:
    """A child in care for forty days, whose first planning meeting is due by now."""
    child = f"Q-{next(_numbers)}"
    named = f" siblings={siblings}" if siblings else ""
    write(office.record, child, f"40 became_looked_after policy=ppm-procedure team=north{named} | 40 {ANNA}")
    return child


KNOWN_AT = datetime.now(UTC) - timedelta(hours=1)
KNOWN_ON = in_words(local_date(KNOWN_AT))
"""At half past midnight that is yesterday."""


def known(office: Office, child: str, once: str, **fields: Any) -> None:
    """The journey has taken an event that was recorded on the desk by Anna."""
    at = KNOWN_AT
    document = {"type": "ppm_held", "id": f"desk-{once}", "child": child, "by": "anna", **fields}
    entry = KnownEvent(known_at=at, event=document)
    office.record.write(RecordEntry(child=child, decided_at=at, events=[entry]))


def at(child: str, once: str = "slip", what: str = "") -> str:
    return f"/desk/children/{child}/recorded/{once}{what}"


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main>")[0]).split())


HELD = {"on": str(DAY[2]), "primary_plan": "adoption", "attended": ["iro"], "plan_final": True}
LATE = {"type": "lateness_explained", "on": str(TODAY), "obligation": "initial-ppm", "reason": "Ill"}


async def test_a_correction_is_one_event_with_what_it_changes_said_before(office: Office) -> None:
    anna, child = await office.browser("anna"), new_child(office)
    known(office, child, "slip", **HELD)
    known(office, child, "slip-late-initial-ppm", **LATE)
    assert at(child, what="/correct") in (await anna.get(at(child))).text

    form = (await anna.get(at(child, what="/correct"))).text
    assert f'value="{in_words(DAY[2])}"' in form
    assert all(re.search(rf'value="{said}" checked', form) for said in ("adoption", "iro"))
    sent = {"on": in_words(DAY[38]), "primary_plan": "kinship_care", "attended": ["iro"], "once": "right"}
    check = text_of((await anna.send_form(at(child, what="/correct"), **sent)).text)

    assert f"Which day was it? {in_words(DAY[2])} {in_words(DAY[38])}" in check
    assert "Primary plan Adoption Kinship care" in check
    assert "This plan is final Yes nothing" in check
    assert f"is met on {in_words(DAY[38])}, in time" in check
    assert f"Until now it was said to be met on {in_words(DAY[2])}" in check
    assert "The reason kept for its being late goes with it" in check
    assert "Why is it late?" not in check
    assert stored(office, child) == []
    for answer in [await anna.send_form(at(child, what="/correct"), **sent, do="record") for _ in range(2)]:
        assert answer.headers["location"].startswith(at(child, "right"))
    corrected, voided = stored(office, child)
    assert (corrected["id"], corrected["corrects"], corrected["on"]) == ("desk-right", "desk-slip", str(DAY[38]))
    assert (voided["type"], voided["event"]) == ("event_voided", "desk-slip-late-initial-ppm")


async def test_what_was_corrected_says_by_whom_and_an_old_tab_changes_nothing_more(office: Office) -> None:
    anna, child = await office.browser("anna"), new_child(office)
    known(office, child, "slip", **HELD)
    known(office, child, "right", **HELD | {"on": str(DAY[1])}, corrects="desk-slip")

    assert "It was corrected on" in text_of((await anna.get(at(child))).text)
    assert (await anna.get(at(child, what="/correct"))).headers["location"] == at(child)
    sent = {"on": str(DAY[38]), "primary_plan": "adoption", "once": "old-tab", "do": "record"}
    assert (await anna.send_form(at(child, what="/correct"), **sent)).headers["location"] == at(child)
    assert stored(office, child) == []
    for page in ("", "/timeline", "/record"):
        assert f"corrected on {KNOWN_ON} by anna" in text_of((await anna.get(f"/desk/children/{child}{page}")).text)
    receipt = text_of((await anna.get(at(child, "right"))).text)
    assert f"What it said before, on {KNOWN_ON} by anna Which day was it? {in_words(DAY[2])}" in receipt
    assert re.search(r"Late today: First looked-after review, due on \d", receipt), "what is next due does not hide it"
    assert f'href="{at(child, "right")}"' in (await anna.get(f"/desk/children/{child}/timeline")).text

    # That it did not happen takes back what it said before as well: else the slip would stand again.
    await anna.send_form(at(child, "right", "/undo"), reason="It was put off", once="o1")
    assert {one["event"] for one in stored(office, child)} == {"desk-right", "desk-slip"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Change what is wrong"),
        ({"on": "31 Feb"}, "There is no such day"),
        ({"on": TOMORROW}, "Enter today or an earlier"),
        ({"on": str(TODAY - timedelta(days=400))}, "is before the child"),
        ({"primary_plan": ""}, "Primary plan: Choose one"),
    ],
)
async def test_a_correction_that_cannot_be_is_said_at_its_field(
    office: Office, sent: dict[str, str], said: str
) -> None:
    anna, child = await office.browser("anna"), new_child(office)
    plain = {"on": str(DAY[2]), "primary_plan": "adoption"}
    known(office, child, "slip", **plain)
    page = (await anna.send_form(at(child, what="/correct"), **dated({**plain, **sent}), once="o1", do="record")).text
    assert any(said in one for one in errors_in(page)), errors_in(page)
    assert stored(office, child) == []


async def test_an_answer_that_need_not_be_given_can_be_taken_off(office: Office) -> None:
    """That there is a prospect of return home was said of a review by mistake: a radio cannot be unticked."""
    anna, child = await office.browser("anna"), new_child(office)
    held = {"type": "review_held", "on": str(DAY[2]), "participation": "PN1"}
    known(office, child, "slip", **held, reunification_prospect=True)
    form = (await anna.get(at(child, what="/correct"))).text
    unsaid = r'<input class="govuk-radios__input" id="[\w-]+" name="(\w+)" type="radio" value="">'
    assert re.findall(unsaid, form) == ["reunification_prospect", "participation"]
    sent = {"on": str(DAY[2]), "participation": "PN1", "reunification_prospect": "", "once": "right"}
    assert "Is there a prospect of return home? Yes nothing" in text_of(
        (await anna.send_form(at(child, what="/correct"), **sent)).text
    )


async def test_the_day_of_a_booking_that_a_correction_leaves_as_it_is_is_not_doubted(office: Office) -> None:
    anna, child = await office.browser("anna"), new_child(office)
    known(office, child, "slip", **{"type": "review_booked", "on": str(DAY[38]), "for": str(DAY[2])})
    for day, doubted in ((DAY[2], False), (DAY[1], True)):
        sent = {"for": str(day), "note": "By video", "once": f"c-{day}"}
        page = (await anna.send_form(at(child, what="/correct"), **sent)).text
        assert "By video" in page
        assert ("has passed: if it has happened" in page) == doubted, day


async def test_a_colleague_corrects_a_fact_and_never_anothers_reason(office: Office) -> None:
    mo, child = await office.browser("mo"), new_child(office)
    known(office, child, "slip", **HELD)
    known(office, child, "why", **LATE)
    assert (await mo.get(at(child, what="/correct"))).status_code == 200
    assert (await mo.get(at(child, "why", "/correct"))).status_code == 403
    anna = await office.browser("anna")
    assert ">Ill</textarea>" in (await anna.get(at(child, "why", "/correct"))).text


# Brothers and sisters


async def test_one_form_records_each_childs_own_plan_and_says_for_whom(office: Office) -> None:
    anna = await office.browser("anna")
    own, theirs = new_child(office), "S-1"
    child = new_child(office, siblings=f"{own},{theirs},Q-none")
    form = (await anna.get(f"/desk/children/{child}/record/ppm_held")).text
    assert f'name="plans.{own}.primary_plan"' in form
    assert f"plans.{theirs}" not in form
    said = text_of(form)
    for one in (theirs, "Q-none"):
        assert f"{one} {NOT_SEEN}" in said, "whether there is such a child is not said"

    sent = {"on": str(DAY[1]), "primary_plan": "adoption", f"plans.{own}.primary_plan": "kinship_care", "once": "j1"}
    to = f"/desk/children/{child}/record/ppm_held"
    check = text_of((await anna.send_form(to, **sent)).text)
    assert f"It is recorded for {', '.join(sorted((child, own)))}, each with a plan of their own" in check
    assert f"No plan is recorded for {theirs}, Q-none" in check
    assert f"Plan of {own} Primary plan: Kinship care" in check
    assert check.count("Initial permanency planning meeting is met on") == 2
    looked = PageViews(office.record.engine).of_child(own)
    assert [(one.person, one.page) for one in looked] == [("anna", f"/children/{child}/record")]
    both = text_of((await anna.send_form(to, **sent, **{f"plans.{own}.contingency_plan": "adoption"})).text)
    assert f"Plan of {own} Primary plan: Kinship care; Contingency plan: Adoption" in both

    for wrong in (
        {f"plans.{own}.primary_plan": "", f"plans.{own}.plan_final": "yes"},
        {f"plans.{theirs}.primary_plan": "adoption"},
    ):
        page = (await anna.send_form(to, **{**sent, **wrong}, do="record", why_late="Ill")).text
        assert errors_in(page), wrong
    assert stored(office, child) == []
    await anna.send_form(to, **sent, do="record", why_late="The chair was ill")
    held, *reasons = stored(office, child)
    assert held["plans"] == {own: {"primary_plan": "kinship_care"}}
    assert [one["reason"] for one in (*reasons, *stored(office, own))] == ["The chair was ill"] * 2


async def test_a_siblings_plan_is_hidden_from_whoever_may_not_see_them_and_the_meeting_is_not_theirs_to_correct(
    office: Office,
) -> None:
    mo, child = await office.browser("mo"), new_child(office, siblings="S-1")
    known(office, child, "slip", **HELD, plans={"S-1": {"primary_plan": "special_guardianship"}})
    receipt = text_of((await mo.get(at(child))).text)
    assert "Plan of S-1 is for those who may see them" in receipt
    assert "pecial guardianship" not in receipt
    assert "correct it" not in receipt
    assert (await mo.get(at(child, what="/correct"))).status_code == 403

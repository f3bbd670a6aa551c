"""Between two pages: somebody else was quicker, the child is not theirs any more, the step or the journey is over."""

from datetime import UTC, datetime, timedelta

from delivery.links import Links
from delivery.tokens import Tokens
from tests.desk.office import TODAY, Office
from tests.desk.test_correcting import at, known, text_of
from tests.desk.test_correcting import new_child as child_of_correcting
from tests.desk.test_recording import HELD, errors_in, new_child, stored
from tests.desk.test_recording import at as form_at

TRACKED = {"on": str(TODAY - timedelta(days=1)), "progress": "on_track"}
ALREADY = "It stands here already: Plan tracked"


async def test_two_who_record_the_same_are_told_and_it_is_recorded_twice_only_if_they_say_so(office: Office) -> None:
    """Anna and Mo were at one tracking meeting. Recorded twice, the second would stand for the month after."""
    anna, mo = await office.browser("anna"), await office.browser("mo")
    child = new_child(office, " | 30 ppm_held")
    form = form_at(child, "plan_tracked")
    assert ALREADY not in (await mo.send_form(form, **TRACKED, once="m1")).text
    known(office, child, "a1", type="plan_tracked", **TRACKED)  # Anna was quicker

    page = await mo.send_form(form, **TRACKED, once="m1", do="record", already="0", why_late="Ill")
    assert ALREADY in text_of(page.text)
    assert stored(office, child) == []
    sure = await mo.send_form(form, **TRACKED, once="m1", do="record", already="1", why_late="Ill")
    assert sure.status_code == 303
    assert [one["type"] for one in stored(office, child)][:1] == ["plan_tracked"]
    other = await anna.send_form(form, **{**TRACKED, "on": str(TODAY)}, once="a2")
    assert ALREADY not in other.text, "another day is another meeting"


async def test_one_review_of_which_two_say_another_day_is_doubted(office: Office) -> None:
    """Anna recorded it as of the day before yesterday, Mo as of yesterday: two reviews were met, and a third opened."""
    mo, child = await office.browser("mo"), new_child(office, " | 38 ppm_held")
    known(office, child, "a1", type="review_held", on=str(TODAY - timedelta(days=9)))
    form, doubt = form_at(child, "review_held"), "It stands here already: Review held"
    for ago, doubted in ((2, True), (1, False)):
        page = (await mo.send_form(form, on=str(TODAY - timedelta(days=ago)), once=f"m{ago}")).text
        assert "Check before you record it" in page
        assert (doubt in text_of(page)) == doubted, ago
    other = await mo.send_form(form, on=str(TODAY - timedelta(days=8)), series="adoption", once="m3")
    assert doubt not in text_of(other.text), "the review of another series"


async def test_whoever_goes_back_after_the_receipt_and_presses_again_records_nothing_more(office: Office) -> None:
    anna, child = await office.browser("anna"), new_child(office)
    sent = {**HELD, "once": "b1", "do": "record", "why_late": "The chair was ill"}
    receipt = (await anna.send_form(form_at(child, "ppm_held"), **sent)).headers["location"]

    for again in ({**sent, "do": "check"}, {**sent, "do": "change"}, sent):
        assert (await anna.send_form(form_at(child, "ppm_held"), **again)).headers["location"] == f"{receipt}?again=1"
    assert len(stored(office, child)) == 2


async def test_a_child_who_is_no_longer_theirs_is_not_recorded_for_and_that_is_said(office: Office) -> None:
    anna, child = await office.browser("anna"), new_child(office)
    assert (await anna.get(form_at(child, "ppm_held"))).status_code == 200
    office.protections.exclude(child, "anna", "A relative", "head", datetime.now(UTC))

    answer = await anna.send_form(form_at(child, "ppm_held"), **HELD, once="c1", do="record", why_late="Ill")

    assert answer.status_code == 404
    assert "Nothing was recorded." in text_of(answer.text)
    assert stored(office, child) == []
    assert "Nothing was recorded." not in (await anna.get(form_at(child, "ppm_held"))).text


async def test_a_link_of_last_week_says_that_the_step_is_done_or_the_child_has_left(office: Office) -> None:
    anna = await office.browser("anna")
    links = Links(intake_url="", tokens=Tokens(["key"]))
    done, left = new_child(office, " | 38 ppm_held"), new_child(office, " | 2 ceased_to_be_looked_after")

    page = text_of((await anna.get(links.record(done, "initial-ppm") or "")).text)
    assert "Initial permanency planning meeting: met on" in page
    assert "Nothing more is to be done about it" in page
    for path in (links.record(left, "initial-ppm") or "", f"/desk/children/{left}"):
        answer = await anna.get(path)
        assert answer.status_code == 200
        assert "The child left care on" in text_of(answer.text)
        assert "can still be recorded" in text_of(answer.text)


async def test_a_correction_says_why_in_its_note_and_a_reason_alone_corrects_nothing(office: Office) -> None:
    anna, child = await office.browser("anna"), child_of_correcting(office)
    said = {"on": str(TODAY - timedelta(days=2)), "primary_plan": "adoption"}
    known(office, child, "slip", **said, note="At the school")
    form, sent = at(child, what="/correct"), {**said, "note": "At the school", "why_corrected": "The minutes say so"}
    assert "Change what is wrong" in errors_in((await anna.send_form(form, **sent, once="w1")).text)[0]

    right = {**sent, "primary_plan": "kinship_care", "once": "w1"}
    assert "Corrected because: The minutes say so" in text_of((await anna.send_form(form, **right)).text)
    await anna.send_form(form, **right, do="record", why_late="Ill")
    assert stored(office, child)[0]["note"] == "At the school\nCorrected because: The minutes say so"


async def test_more_than_five_recordings_lead_to_all_of_them(office: Office) -> None:
    anna, child = await office.browser("anna"), child_of_correcting(office)
    for number in range(7):
        known(office, child, f"n{number}", type="care_plan_updated", on=str(TODAY - timedelta(days=number + 2)))
    page = (await anna.get(f"/desk/children/{child}")).text
    assert "All that was recorded here: 2 more" in page
    everything = (await anna.get(f"/desk/children/{child}/recorded")).text
    assert everything.count("look at it, correct it or take it back") == 7
    assert "All that was recorded here: 2 more" not in everything

"""Recording on the desk without a journey at hand: what is offered to whom, checked, refused, kept, and taken once."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import update

from delivery.links import Links
from delivery.tokens import Tokens
from desk.needs import DECISIONS, JUDGEMENTS, may_correct, may_record, may_undo
from desk.scope import Relation, Viewer
from domain.case.calendar import local_date
from domain.case.words import Role
from domain.clocks.wording import in_words
from intake.inbox import Inbox
from record.desk_tables import SessionRow
from record.entries import KnownEvent, RecordEntry
from record.inbox_tables import InboxRow
from tests.desk.office import TODAY, TOMORROW, Browser, Office, dated, write

_numbers = count(1)
HELD = {"on": str(TODAY - timedelta(days=1)), "primary_plan": "adoption"}
CARE = "40 became_looked_after policy=ppm-procedure team=north | 40 person_assigned role=social_worker contact=anna"


def new_child(office: Office, more: str = "") -> str:
    """A child of Anna's whose first planning meeting and first review are late."""
    child = f"R-{next(_numbers)}"
    write(office.record, child, CARE + more)
    return child


def stored(office: Office, child: str) -> list[dict[str, Any]]:
    with office.record.engine.connect() as connection:
        rows = connection.execute(InboxRow.__table__.select().where(InboxRow.child == child).order_by(InboxRow.number))
        return [row.document for row in rows]


def at(child: str, kind: str) -> str:
    return f"/desk/children/{child}/record/{kind}"


def errors_in(page: str) -> list[str]:
    return re.findall(r'<a href="#[\w.-]+">(.+?)</a>', page)


async def test_what_answers_the_step_one_came_for_comes_first(office: Office) -> None:
    anna = await office.browser("anna")
    child = new_child(office)

    page = (await anna.get(f"/desk/children/{child}/record?step=first-review")).text

    titles = re.findall(r'<h3 class="govuk-heading-s desk-todo__title">(.+?) <', page)
    assert titles[:2] == ["First looked-after review", "Initial permanency planning meeting"]
    assert page.index("review_held?step=first-review") < page.index("ppm_held?step=initial-ppm")
    assert "nobody may extend or waive it" in page
    assert "deadline_extended" not in page, "Anna manages nobody"
    mo = await office.browser("mo")
    theirs = (await mo.get(f"/desk/children/{child}/record")).text
    assert "deadline_extended?step=initial-ppm" in theirs
    assert "deadline_extended?step=first-review" not in theirs, "the law sets that date"


async def test_a_breachs_link_leads_to_where_it_is_explained(office: Office) -> None:
    """A mail said to record why it could not be otherwise, and the desk offered nothing of the kind."""
    child, rule = new_child(office, " | 3 returned_home"), "return-home-checks"
    anna = await office.browser("anna")
    link = Links(intake_url="", tokens=Tokens(["key"])).record(child, rule) or ""

    offered = (await anna.get(link)).text
    form = at(child, f"lateness_explained?step={rule}")
    assert f'href="{form}"' in offered

    page = (await anna.get(form)).text
    assert "The child returned home before the return was approved" in page
    assert "not open" not in page
    checked = await anna.send_form(form, obligation=rule, on=str(TODAY), reason="The court ordered it", do="record")
    assert checked.status_code == 303, checked.text
    assert stored(office, child)[-1]["obligation"] == rule


async def test_the_list_and_the_childs_page_lead_to_the_step(office: Office) -> None:
    anna = await office.browser("anna")
    child = new_child(office)
    for page in ("/desk/my-children", f"/desk/children/{child}"):
        assert f'href="/desk/children/{child}/record?step=initial-ppm"' in (await anna.get(page)).text


async def test_it_is_checked_first_then_taken_with_the_reason_and_waits_for_its_journey(office: Office) -> None:
    anna = await office.browser("anna")
    child = new_child(office)

    check = await anna.send_form(at(child, "ppm_held"), **HELD, once="o1")

    assert "Check before you record it" in check.text
    assert f"is met on {in_words(TODAY - timedelta(days=1))}" in check.text
    assert "Why is it late?" in check.text
    assert stored(office, child) == []
    lacking = await anna.send_form(at(child, "ppm_held"), **HELD, once="o1", do="record")
    assert errors_in(lacking.text) == ["Enter why it is late, in a sentence or two"]
    assert stored(office, child) == []
    lines = "The chair was ill\r\nand away"  # as browsers send it
    answer = await anna.send_form(at(child, "ppm_held"), **HELD, once="o1", do="record", why_late=lines)
    assert answer.headers["location"] == f"/desk/children/{child}/recorded/o1"
    assert [(one["type"], one["by"]) for one in stored(office, child)] == [
        ("ppm_held", "anna"),
        ("lateness_explained", "anna"),
    ]
    receipt = (await anna.get(answer.headers["location"])).text
    assert (
        "The child&#39;s journey will have it in a moment" in receipt or "journey will have it in a moment" in receipt
    )
    assert "See whether it has it now" in receipt
    assert "The chair was ill\nand away" in receipt


async def test_a_second_press_is_recorded_already_whatever_it_says(office: Office) -> None:
    anna = await office.browser("anna")
    child = new_child(office)
    sent = {**HELD, "once": "o1", "do": "record", "why_late": "The chair was ill"}
    await anna.send_form(at(child, "ppm_held"), **sent)

    again = await anna.send_form(at(child, "ppm_held"), **{**sent, "primary_plan": "return_home"})

    assert again.headers["location"].endswith("/recorded/o1?again=1")
    assert "It was recorded already" in (await anna.get(again.headers["location"])).text
    assert len(stored(office, child)) == 2


async def test_changing_it_brings_back_what_was_typed_under_the_same_id(office: Office) -> None:
    anna = await office.browser("anna")
    page = (await anna.send_form(at(new_child(office), "ppm_held"), on="1/1/26", once="o7", do="change")).text
    assert 'value="1/1/26"' in page
    assert 'name="once" value="o7"' in page


async def test_a_check_page_sent_after_midnight_records_the_day_that_it_said(office: Office) -> None:
    anna = await office.browser("anna")
    page = (await anna.send_form(at(new_child(office), "ppm_held"), **{**HELD, "on": "yesterday"})).text
    assert f'name="on" value="{in_words(local_date(datetime.now(UTC)) - timedelta(days=1))}"' in page


async def test_a_day_that_can_be_taken_and_is_hardly_meant_is_doubted_before_it_is_recorded(office: Office) -> None:
    """A review of a day on which the child was not in care counted for nothing, and the page said that it is kept."""
    again = "700 became_looked_after policy=ppm-procedure | 500 ceased_to_be_looked_after reason=E4A | "
    anna, child = await office.browser("anna"), f"R-{next(_numbers)}"
    write(office.record, child, again + CARE)
    day = {ago: TODAY - timedelta(days=ago) for ago in (400, 600, 2)}
    for sent, doubt in (
        (("review_held", {"on": str(day[400])}), f"The child was not in care on {in_words(day[400])}"),
        (("review_held", {"on": str(day[600])}), ""),
        (("review_held", {"on": str(day[2])}), ""),
        (("review_booked", {"for": str(day[2])}), f"{in_words(day[2])} has passed: if it has happened"),
        (("review_booked", {"for": "tomorrow"}), ""),
        (("person_assigned", {"on": str(day[400]), "role": "iro", "contact": "iris"}), ""),
    ):
        page = (await anna.send_form(at(child, sent[0]), **sent[1])).text
        assert "Check before you record it" in page, sent
        assert doubt in page
        assert ("was not in care" in page or "has passed" in page) == bool(doubt), sent


@pytest.mark.parametrize(
    ("kind", "sent", "said"),
    [
        ("ppm_held", {"on": "31 Feb", "primary_plan": "adoption"}, "There is no such day"),
        ("ppm_held", {"on": "", "primary_plan": ""}, "Which day was it? Enter the day"),
        ("ppm_held", {"on": TOMORROW, "primary_plan": "adoption"}, "Enter today or an earlier"),
        ("ppm_held", {"on": str(TODAY - timedelta(days=400)), "primary_plan": "adoption"}, "is before the child"),
        ("return_home_approved", {"on": str(TODAY), "by_role": "team_manager"}, "Missing evidence: detailed"),
        ("ppm_booked", {"for": "never"}, "Enter a day, such as 3 Jan"),
    ],
)
async def test_what_cannot_be_taken_is_said_at_its_field_and_stays_as_it_was_typed(
    office: Office, kind: str, sent: dict[str, str], said: str
) -> None:
    anna = await office.browser("anna")
    child, sent = new_child(office), dated(sent)

    page = (await anna.send_form(at(child, kind), **sent, once="o1", do="record")).text

    assert "<title>Error: " in page
    assert any(said in one for one in errors_in(page)), errors_in(page)
    assert all(f'value="{value}"' in page for value in sent.values() if value)
    assert stored(office, child) == []


async def test_what_the_law_sets_can_neither_be_extended_nor_waived_and_may_be_explained(office: Office) -> None:
    mo = await office.browser("mo")
    child = new_child(office)
    for kind in ("deadline_extended", "obligation_waived"):
        page = (await mo.get(f"{at(child, kind)}?step=first-review")).text
        assert "The law sets this date" in page
        assert at(child, "lateness_explained") in page
        assert "<textarea" not in page
    sent = {"reason": "Snow", "authorised_by": "mo", "obligation": "first-review", "once": "o1", "do": "record"}
    assert "The law sets this date" in (await mo.send_form(at(child, "obligation_waived"), **sent)).text
    assert stored(office, child) == []


async def test_a_pause_says_who_will_not_hear_before_it_is_given(office: Office) -> None:
    anna = await office.browser("anna")
    page = (
        await anna.send_form(at(new_child(office), "escalation_acknowledged"), obligation="initial-ppm", once="o1")
    ).text
    assert "Until the end of" in page
    assert "CLA strategic lead (nobody holds the role: desk would be told)" in page
    assert "It stays due, red" in page
    assert "Initial permanency planning meeting" in page


async def test_a_role_is_given_to_nobody_whom_the_directory_does_not_know(office: Office) -> None:
    """`bne` was taken for Ben, and the page said that nothing changes; messages would have gone to the fallback."""
    anna = await office.browser("anna")
    child = new_child(office)
    said = {"on": str(TODAY - timedelta(days=1)), "role": "ppm_chair", "once": "o1", "do": "record"}
    page = (await anna.send_form(at(child, "person_assigned"), **said, contact="bne")).text
    [error] = errors_in(page)
    assert error.startswith(
        "Enter their name, their work mail address, or what the directory calls them: it does not know"
    )
    assert stored(office, child) == []
    for once, contact in (("o2", "ben"), ("o3", "Ben@example.org"), ("o4", "chair@elsewhere.example")):
        await anna.send_form(at(child, "person_assigned"), **{**said, "once": once}, contact=contact)
    assert [one["contact"] for one in stored(office, child)] == ["ben", "Ben@example.org", "chair@elsewhere.example"]


@pytest.mark.parametrize("ahead", [-1, 60])
async def test_a_pause_is_refused_until_a_day_to_which_the_journey_would_not_hold(office: Office, ahead: int) -> None:
    """The check page said who would hear after sixty days, and they were told after twenty working days."""
    anna = await office.browser("anna")
    child = new_child(office)
    said = {"obligation": "initial-ppm", "until": str(TODAY + timedelta(days=ahead)), "once": "o1"}
    page = (await anna.send_form(at(child, "escalation_acknowledged"), **said, do="record")).text
    [error] = errors_in(page)
    assert error.startswith("Enter a day from ")
    assert "(20 working days)" in error
    assert stored(office, child) == []
    said["until"] = str(TODAY + timedelta(days=10))
    await anna.send_form(at(child, "escalation_acknowledged"), **said, do="record")
    assert len(stored(office, child)) == 1


async def test_what_was_typed_outlives_the_session_and_an_old_tab_and_is_recorded_only_when_sent_again(
    office: Office,
) -> None:
    child = new_child(office)
    anna = await office.browser("anna")
    assert (await anna.send_form(at(child, "ppm_held"), **HELD, once="o1", token="older")).headers["location"] == at(
        child, "ppm_held"
    )
    with office.record.engine.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        connection.execute(update(SessionRow).where(SessionRow.person == "anna").values(seen=long_ago))
    answer = await anna.send_form(at(child, "ppm_held"), **HELD, once="o1", do="record", why_late="Ill")
    assert "kept=1" in answer.headers["location"]
    assert stored(office, child) == []
    again: Browser = await office.browser("anna")
    page = (await again.get(at(child, "ppm_held"))).text
    assert "We kept what you had typed" in page
    assert f'value="{HELD["on"]}"' in page
    assert 'name="once" value="o1"' in page


async def test_what_the_journey_refused_is_said_on_the_receipt(office: Office) -> None:
    anna = await office.browser("anna")
    child = new_child(office)
    await anna.send_form(at(child, "care_plan_updated"), on=str(TODAY), once="o1", do="record")
    with office.record.engine.begin() as connection:
        reason = "event desk-o1 (care_plan_updated): on: 2026-01-01 is before the child's entry"
        connection.execute(update(InboxRow).where(InboxRow.child == child).values(reason=reason))
    assert Inbox(office.record.engine).listed(("rejected",), child)

    page = (await anna.get(f"/desk/children/{child}/recorded/o1")).text

    assert "It was not recorded" in page
    assert "1 January 2026 is before the child" in page


async def test_only_who_recorded_it_takes_it_back(office: Office) -> None:
    child = new_child(office)
    document = {"type": "ppm_held", "id": "desk-mine", "child": child, "by": "anna", **HELD}
    noon = datetime.now(UTC) - timedelta(hours=1)
    known = KnownEvent(known_at=noon, event=document)
    office.record.write(RecordEntry(child=child, decided_at=noon, events=[known]))
    anna, mo = await office.browser("anna"), await office.browser("mo")

    assert f"/desk/children/{child}/recorded/mine" in (await anna.get(f"/desk/children/{child}/record")).text
    assert "It did not happen" in (await anna.get(f"/desk/children/{child}/recorded/mine")).text
    assert "It did not happen" not in (await mo.get(f"/desk/children/{child}/recorded/mine")).text
    undo = f"/desk/children/{child}/recorded/mine/undo"
    assert (await mo.send_form(undo, reason="Mine now", once="o1")).status_code == 403
    assert "is open again" in (await anna.get(undo)).text
    wrong = await anna.post(undo, data={"token": anna.token, "reason": "", "once": "o1"})
    assert (wrong.status_code, wrong.headers["location"]) == (303, f"{undo}?mend=o1"), "going back sends nothing again"
    assert errors_in((await anna.get(wrong.headers["location"])).text)
    assert stored(office, child) == []
    for _ in range(2):
        assert (await anna.send_form(undo, reason="Wrong child", once="o1")).status_code == 303
    assert [(one["type"], one["event"]) for one in stored(office, child)] == [("event_voided", "desk-mine")]
    receipt = (await anna.get(f"/desk/children/{child}/recorded/mine")).text
    assert "It will be taken back" in receipt, "its journey does not have it yet"
    assert "It did not happen: take it back" not in receipt


NOBODY = frozenset[Relation]()
WORKER = Viewer("anna")
MANAGER = Viewer("mo", manages=frozenset({"north"}))
HEAD = Viewer("head", roles=frozenset({Role.SERVICE_MANAGER}))


@pytest.mark.parametrize(
    ("viewer", "relations", "facts", "judgements", "decisions"),
    [
        (WORKER, {"allocated"}, True, True, False),
        (WORKER, {"iro"}, True, True, False),
        (WORKER, {"team"}, True, True, False),
        (WORKER, {"covering"}, True, True, False),
        (WORKER, {"named"}, True, True, False),
        (MANAGER, {"team"}, True, True, True),
        (HEAD, {"service"}, False, True, True),
        (HEAD, {"service", "allocated"}, True, True, True),
        (MANAGER, set(), False, False, False),
    ],
)
def test_who_may_record_what(
    viewer: Viewer, relations: set[Relation], facts: bool, judgements: bool, decisions: bool
) -> None:
    by = NOBODY | relations
    assert may_record("ppm_held", viewer, by) is facts
    assert may_record("plan_overseen", viewer, by) is bool(by), "who answers for the service does that themselves"
    assert {may_record(kind, viewer, by) for kind in JUDGEMENTS} == {judgements}
    assert {may_record(kind, viewer, by) for kind in DECISIONS} == {decisions}
    assert may_undo(viewer.key, viewer)
    assert not may_undo("somebody", viewer)
    assert not may_undo(None, viewer)
    assert may_correct("ppm_held", "somebody", viewer, by) is facts
    assert {may_correct(kind, "somebody", viewer, by) for kind in JUDGEMENTS | DECISIONS} == {False}
    assert {may_correct(kind, viewer.key, viewer, by) for kind in JUDGEMENTS} == {judgements}


PACK = (
    "40 became_looked_after policy=iro-handbook team=north | 39 person_assigned role=iro contact=iris"
    " | 20 review_held | 19 dispute_opened | 12 dispute_stage_reached to=service_manager"
)


async def test_an_officer_records_what_their_policy_alone_has_and_sees_the_dispute_go_on(office: Office) -> None:
    iris = await office.browser("iris")
    office.tell("D-1", PACK)

    offered = (await iris.get("/desk/children/D-1/record")).text
    form = (await iris.get(at("D-1", "milestone"))).text
    check = await iris.send_form(at("D-1", "milestone"), on=str(TODAY), milestone="review-record-sent", once="o1")
    child = (await iris.get("/desk/children/D-1")).text
    disputes = (await iris.get("/desk/oversight?tab=disputes")).text

    assert "record/milestone" in offered
    assert "Full record of the review sent to those invited" in form
    assert "is met on" in check.text
    for page in (child, disputes):
        assert f"with the service manager since {in_words(TODAY - timedelta(days=12))}; not resolved" in page
    office.tell("D-1", "1 dispute_resolved")
    assert "No formal dispute about your children goes on" in (await iris.get("/desk/oversight?tab=disputes")).text


async def test_a_policy_without_milestones_offers_none(office: Office) -> None:
    anna = await office.browser("anna")
    page = (await anna.get(f"/desk/children/{new_child(office)}/record")).text
    assert "record/milestone" not in page
    assert "record/siblings_changed" in page

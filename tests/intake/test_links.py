"""The links of messages, opened by people, mail scanners and calendar programs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from icalendar import Calendar

from delivery.references import address_hash
from delivery.tokens import LINK_LASTS, Tokens
from domain.case.calendar import england_and_wales
from domain.clocks.wording import in_words
from record.protections import Protections
from tests.delivery.offices import OFFICE
from tests.intake.linked import Desk, chosen, desk_in, in_days
from tests.intake.service import TODAY, ago
from workflows.protocol import workflow_id

pytestmark = pytest.mark.server


def rungs_of(days: int) -> tuple[dict[int, date], date, date]:
    """Of a meeting due two weeks after an entry so many days ago: the day of each rung by its working days; the latest
    day of a pause, and the morning after it."""
    today, calendar = in_days(0), england_and_wales(TODAY.year - 1, TODAY.year + 1)
    due = TODAY - timedelta(days=days - 14)
    latest = calendar.working_days_after(today, 20)
    return (
        {after: calendar.working_days_after(due, after) for after in (10, 20)},
        latest,
        calendar.working_days_after(latest, 1),
    )


@pytest_asyncio.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path_factory.mktemp("desk")) as up:
        yield up


# Acknowledging


async def test_opening_the_link_any_number_of_times_changes_nothing(desk: Desk) -> None:
    child = await desk.child()
    for method, more in (("GET", ""), ("GET", ""), ("HEAD", ""), ("GET", f"?until={in_days(6)}"), ("GET", "?until=x")):
        answer = await desk.http.request(method, desk.link(child) + more)
        assert answer.status_code in (200, 405, 422)
    page = (await desk.http.get(desk.link(child))).text
    assert child in page
    assert "Initial permanency planning meeting" in page
    assert "I am on to it" in page
    assert "Why is it late?" in page
    assert desk.said(child) == []


async def test_before_it_is_acknowledged_the_page_says_who_will_not_hear_and_until_when(desk: Desk) -> None:
    """By 20 working days two rungs fall into the pause: of the third nobody hears, the fourth is told when it ends."""
    child = await desk.child(days=20)
    due, latest, after = rungs_of(20)
    page = (await desk.http.get(f"{desk.link(child)}?until={latest}")).text
    assert f"Until the end of {in_words(latest)} nobody further is told that this is late." in page
    assert (
        "The CLA service manager (nobody holds the role: duty-desk would be told), "
        f"who would be told on {in_words(due[10])}, will not hear." in page
    )
    lead = "The CLA strategic lead (l-lead), who would be told on"
    assert f"{lead} {in_words(due[20])}, hears on {in_words(after)} instead, if it is not done by then." in page
    assert desk.said(child) == []


async def test_a_day_of_which_the_page_has_not_said_what_it_changes_is_asked_about_first(desk: Desk) -> None:
    child = await desk.child()
    form = {"until": str(in_days(4)), "shown": str(in_days(14))}
    looked = await desk.http.post(desk.link(child), data=form | {"do": "look"})
    asked = await desk.http.post(desk.link(child), data=form | {"do": "acknowledge"})
    for page in (looked, asked):
        assert f"Until the end of {in_words(in_days(4))}" in page.text
    assert "nothing is acknowledged yet" in asked.text
    assert desk.said(child) == []
    again = await desk.http.post(desk.link(child), data=chosen(in_days(4)))
    assert "Thank you, it is acknowledged" in again.text


async def test_each_press_says_what_it_changed_or_that_it_changed_nothing(desk: Desk) -> None:
    child = await desk.child()
    until, later = in_days(4), in_days(6)
    first = await desk.http.post(desk.link(child), data=chosen(until))
    assert first.status_code == 200
    assert f"It is acknowledged until the end of {in_words(until)}, by Sam Worker." in first.text
    assert "It stays due, red" in first.text
    for day in (until, in_days(2), None):
        again = await desk.http.post(desk.link(child), data=chosen(day) if day else {})
        assert f"You had acknowledged it until the end of {in_words(until)} already; nothing has changed." in again.text
    seen = await desk.http.get(desk.link(child))
    assert f"You acknowledged it on {in_words(in_days(0))}, until the end of {in_words(until)}." in seen.text
    assert "I am on to it" not in seen.text
    colleague = await desk.http.post(desk.link(child, "m-north"), data=chosen(until))
    assert f"Sam Worker had acknowledged it until the end of {in_words(until)} already" in colleague.text
    longer = await desk.http.post(desk.link(child, "m-north"), data=chosen(later))
    assert f"It is now until the end of {in_words(later)} instead of {in_words(until)}." in longer.text
    assert [(event["by"], event["obligation"], event["until"]) for event in desk.said(child)] == [
        ("s-worker", "initial-ppm", str(until)),
        ("m-north", "initial-ppm", str(later)),
    ]
    assert desk.chained(child) == [("s-worker", "link-s-worker"), ("m-north", "link-m-north")]


async def test_a_button_pressed_twice_at_once_acknowledges_once(desk: Desk) -> None:
    child = await desk.child()
    presses = (desk.http.post(desk.link(child), data=chosen(in_days(day))) for day in (4, 4, 5))
    answers = [answer.text for answer in await asyncio.gather(*presses)]
    assert sum("Thank you" in answer for answer in answers) >= 1
    assert all("acknowledged" in answer for answer in answers)
    assert len(desk.said(child)) == len({event["until"] for event in desk.said(child)})


async def test_who_has_left_or_is_in_no_directory_cannot_acknowledge(desk: Desk) -> None:
    child = await desk.child()
    for person, why in (
        ("i-first", "The directory says that i-first left on 10 January 2026"),
        ("nobody", "Nobody is called nobody in the directory"),
        ("address-0123456789abcdef", "the case names it for no role"),
    ):
        for answer in (
            await desk.http.get(desk.link(child, person)),
            await desk.http.post(desk.link(child, person), data=chosen(in_days(4))),
        ):
            assert answer.status_code == 403
            assert why in answer.text
    assert desk.said(child) == []


async def test_a_colleague_to_whom_a_link_was_forwarded_says_who_they_are(desk: Desk) -> None:
    child = await desk.child()
    page = await desk.http.get(desk.link(child))
    assert "I am not Sam Worker" in page.text
    wrong = await desk.http.post(desk.link(child), data=chosen(in_days(4)) | {"who": "m-nort"})
    assert "did you mean m-north?" in wrong.text
    assert 'value="m-nort"' in wrong.text, "what was typed is kept, to be mended"
    assert desk.said(child) == []
    await desk.http.post(desk.link(child), data=chosen(in_days(4)) | {"who": "M.North@example.org"})
    assert [event["by"] for event in desk.said(child)] == ["m-north"]
    assert desk.chained(child) == [("m-north", "link-s-worker")]


async def test_of_a_team_it_is_asked_which_person_it_is(desk: Desk) -> None:
    child = await desk.child()
    link = desk.link(child, "duty-desk")
    assert "This link was sent to duty-desk." in (await desk.http.get(link)).text
    nobody = await desk.http.post(link, data=chosen(in_days(4)))
    assert desk.said(child) == []
    assert "It must be a person, by key or work mail address; duty-desk is a team." in nobody.text
    await desk.http.post(link, data=chosen(in_days(4)) | {"who": "a-patel"})
    assert [event["by"] for event in desk.said(child)] == ["a-patel"]


async def test_somebody_whom_only_the_case_names_can_acknowledge_by_their_link(desk: Desk) -> None:
    """An agency worker whom the directory does not have yet: told at the address that the case gives."""
    address = "agency@example.org"
    child = await desk.child(f"{ago(1)} person_assigned @{{child}} #{{child}}-as role=social_worker contact={address}")
    link = desk.link(child, f"address-{address_hash(address)}")
    answer = await desk.http.post(link, data=chosen(in_days(4)))
    assert "by the social worker whom the case names by mail address" in answer.text
    assert address not in answer.text


async def test_a_reason_is_kept_with_whoever_gave_it_and_pauses_nothing(desk: Desk) -> None:
    child = await desk.child()
    reason = "The café meeting was put off: both parents were ill. Booked anew."
    first = await desk.http.post(desk.link(child), data={"do": "explain", "reason": f" {reason}\r\n"})
    assert "Thank you, the reason is kept" in first.text
    again = await desk.http.post(desk.link(child), data={"do": "explain", "reason": reason})
    assert "You have given this reason already." in again.text
    empty = await desk.http.post(desk.link(child, "m-north"), data={"do": "explain", "reason": " "})
    assert "why it is late and what is being done" in empty.text
    long = {"do": "explain", "reason": f"Snow.\r\n{'No bus. ' * 300}"}
    assert ">Snow.\nNo bus." in (await desk.http.post(desk.link(child, "m-north"), data=long)).text
    page = (await desk.http.get(desk.link(child, "m-north"))).text
    assert f"by Sam Worker: {reason}" in page
    assert "I am on to it" in page, "the ladder does not pause by it"
    assert [(e["by"], e["obligation"], e["reason"]) for e in desk.said(child, "lateness_explained")] == [
        ("s-worker", "initial-ppm", reason)
    ]
    assert desk.chained(child) == [("s-worker", "link-s-worker")]


async def test_what_was_done_late_can_still_be_explained(desk: Desk) -> None:
    child = await desk.child()
    link = desk.link(child)
    await desk.tell(child, f"{ago(0)} ppm_held @{child} #{child}-ppm")
    assert "Keep this reason" in (await desk.http.get(link)).text
    await desk.http.post(link, data={"do": "explain", "reason": "The chair was away."})
    assert [event["by"] for event in desk.said(child, "lateness_explained")] == ["s-worker"]


@pytest.mark.parametrize("days", [-1, 60])
async def test_a_day_that_is_past_or_too_far_ahead_is_refused_in_words(desk: Desk, days: int) -> None:
    child = await desk.child()
    day = (datetime.now(UTC) + timedelta(days=days)).date()
    answer = await desk.http.post(desk.link(child), data={"until": str(day)})
    assert "20 working days" in answer.text
    assert desk.said(child) == []


async def test_what_has_been_done_meanwhile_needs_no_acknowledging(desk: Desk) -> None:
    child = await desk.child()
    link = desk.link(child)
    await desk.tell(child, f"{ago(0)} ppm_held @{child} #{child}-ppm")
    for answer in (await desk.http.get(link), await desk.http.post(link)):
        assert "nothing is left to do" in answer.text
    assert desk.said(child) == []


async def test_a_notice_is_not_acknowledged(desk: Desk) -> None:
    child = await desk.child()
    reference = desk.reference(child, "notice", "ppm-invitations")
    answer = await desk.http.get(f"/acknowledge/{desk.tokens.for_acknowledging(reference, 's-worker')}")
    assert "told once" in answer.text


async def test_a_link_that_is_changed_foreign_or_too_old_is_not_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = await desk.child()
    good = desk.link(child)
    assert good.startswith("/acknowledge/W")  # [" in base 64
    foreign = f"/acknowledge/{Tokens(['another']).for_acknowledging(desk.reference(child), 's-worker')}"
    calendars = f"/acknowledge/{desk.tokens.for_calendar('s-worker', 1)}"
    for bad in (good.replace("/acknowledge/W", "/acknowledge/X"), foreign, calendars, "/acknowledge/x"):
        answer = await desk.http.post(bad)
        assert answer.status_code == 404
        assert "Nothing is acknowledged" in answer.text
    later = datetime.now(UTC).timestamp() + LINK_LASTS.total_seconds() + 60
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert "newest message" in (await desk.http.post(good)).text
    assert desk.said(child) == []


async def test_the_page_is_private_and_the_address_says_nothing(desk: Desk) -> None:
    child = await desk.child()
    answer = await desk.http.get(desk.link(child))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert child not in desk.link(child)
    assert "ppm" not in desk.link(child)


# Whom a child is kept from


@pytest.fixture
def protections(desk: Desk) -> Iterator[Protections]:
    """What keeps children from people; lifted after each test."""
    standing, now = Protections(desk.house.record.engine), datetime.now(UTC)
    yield standing
    for exclusion in standing.exclusions():
        standing.lift("exclusion", exclusion.number, "test", now)
    for restriction in standing.restrictions():
        standing.lift("restriction", restriction.number, "test", now)


def restrict(protections: Protections, child: str, *people: str) -> None:
    protections.restrict(child, people, "A relative works here", in_days(30), "head", datetime.now(UTC))


def exclude(protections: Protections, child: str, person: str) -> None:
    protections.exclude(child, person, "A relative of the child", "head", datetime.now(UTC))


async def is_not_ours(desk: Desk, link: str, **form: str) -> bool:
    """Whether a link is answered, opened and pressed, word for word as one that nobody here has made."""
    strange = (await desk.http.get("/acknowledge/x")).text
    given = chosen(in_days(4)) | form
    answers = [
        await desk.http.post(link, data=given | {"do": "acknowledge"}),
        await desk.http.post(link, data=given | {"do": "explain", "reason": "The chair was ill."}),
    ]
    if not form:
        answers += [await desk.http.get(link), await desk.http.get(link, params={"until": str(in_days(4))})]
    return all((answer.status_code, answer.text) == (404, strange) for answer in answers)


async def test_who_is_excluded_has_no_link_of_an_earlier_mail(desk: Desk, protections: Protections) -> None:
    """Sam is told on 2 March, Mo says why it is late, and on the 3rd Sam is kept from the child."""
    child = await desk.child()
    link = desk.link(child)
    await desk.http.post(desk.link(child, "m-north"), data={"do": "explain", "reason": "The parents were ill."})
    assert "The parents were ill." in (await desk.http.get(link)).text
    exclude(protections, child, "s-worker")
    assert await is_not_ours(desk, link)
    assert desk.said(child) == []
    assert "The parents were ill." in (await desk.http.get(desk.link(child, "m-north"))).text, (
        "of others nothing changes"
    )


async def test_what_is_done_is_not_told_to_who_is_excluded_either(desk: Desk, protections: Protections) -> None:
    child = await desk.child()
    links = [desk.link(child)]
    notice = desk.reference(child, "notice", "ppm-invitations")
    links.append(f"/acknowledge/{desk.tokens.for_acknowledging(notice, 's-worker')}")
    await desk.tell(child, f"{ago(0)} ppm_held @{child} #{child}-ppm")
    exclude(protections, child, "s-worker")
    assert [await is_not_ours(desk, link) for link in links] == [True, True]


async def test_who_is_excluded_says_nothing_by_a_colleagues_link(desk: Desk, protections: Protections) -> None:
    child = await desk.child()
    exclude(protections, child, "s-worker")
    for who in ("s-worker", "Sam@example.net"):
        assert await is_not_ours(desk, desk.link(child, "m-north"), who=who)
    assert desk.said(child) == []


async def test_a_restricted_child_has_links_for_those_named_only(desk: Desk, protections: Protections) -> None:
    child = await desk.child()
    restrict(protections, child, "m-north")
    assert [await is_not_ours(desk, desk.link(child, who)) for who in ("s-worker", "duty-desk", "north")] == [True] * 3
    await desk.http.post(desk.link(child, "m-north"), data=chosen(in_days(4)))
    assert [event["by"] for event in desk.said(child)] == ["m-north"]


async def test_a_teams_link_opens_to_nobody_while_one_of_it_is_excluded(desk: Desk, protections: Protections) -> None:
    """The link does not say which of them opens it; the others find the child on the desk."""
    child = await desk.child()
    link = desk.link(child, "adoption-team")
    assert (await desk.http.get(link)).status_code == 200
    exclude(protections, child, "a-patel")
    assert await is_not_ours(desk, link)
    assert (await desk.http.get(desk.link(child, "b-osei"))).status_code == 200


async def test_a_calendar_has_no_child_kept_from_whoever_reads_it(desk: Desk, protections: Protections) -> None:
    chair = f"{ago(2)} person_assigned @{{child}} #{{child}}-as role=ppm_chair contact=a-patel"
    child, other = await desk.child(chair), await desk.child(chair)
    exclude(protections, child, "s-worker")
    exclude(protections, child, "b-osei")
    listed = [await calendar_of(desk, whose) for whose in ("s-worker", "a-patel", "b-osei", "adoption-team")]
    assert [child in text for text in listed] == [False, True, False, False], "a team's calendar is read by all of it"
    assert [other in text for text in listed] == [True, True, False, True]


async def test_a_restricted_child_stands_in_the_calendars_of_those_named(desk: Desk, protections: Protections) -> None:
    child = await desk.child(f"{ago(2)} person_assigned @{{child}} #{{child}}-as role=ppm_chair contact=a-patel")
    restrict(protections, child, "a-patel")
    listed = [await calendar_of(desk, whose) for whose in ("s-worker", "a-patel", "adoption-team")]
    assert [child in text for text in listed] == [False, True, False]
    [restriction] = protections.restrictions([child])
    protections.lift("restriction", restriction.number, "head", datetime.now(UTC))
    assert child in await calendar_of(desk, "s-worker"), "at once, since nothing of it is kept"


async def calendar_of(desk: Desk, whose: str) -> str:
    answer = await desk.http.get(f"/calendar/{desk.tokens.for_calendar(whose, 1)}.ics")
    assert answer.status_code == 200
    return answer.text.replace("\r\n ", "")


# Calendars


async def test_due_dates_and_booked_meetings_stand_in_the_calendar(desk: Desk) -> None:
    booked = (datetime.now(UTC) + timedelta(days=9)).date()
    child = await desk.child(f"{ago(1)} review_booked @{{child}} #{{child}}-b for={booked}")
    answer = await desk.http.get(f"/calendar/{desk.tokens.for_calendar('s-worker', 1)}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.text)
    assert calendar["method"] == "PUBLISH"
    events = {str(e["summary"]): e for e in calendar.walk("VEVENT") if child in str(e["summary"])}
    agenda = await desk.house.client.get_workflow_handle(workflow_id(child)).query("agenda")
    assert isinstance(agenda, list)
    firm = [row for row in agenda if not row["forecast"] and row["status"] in ("upcoming", "due_soon", "overdue")]
    mine = {f"{row['title']}": row for row in firm if row["owner"] == "social_worker"}
    assert mine
    for title, row in mine.items():
        [event] = [e for summary, e in events.items() if summary.endswith(f"{child}: {title} is due")]
        assert str(event.decoded("dtstart")) == row["due"]
        assert str(event["summary"]).startswith("OVERDUE") is (row["status"] == "overdue")
    assert events[f"{child}: Looked-after review is booked"].decoded("dtstart") == booked
    assert len({str(e["uid"]) for e in calendar.walk("VEVENT")}) == len(calendar.walk("VEVENT"))


async def test_asked_again_it_is_not_modified_until_something_is(desk: Desk) -> None:
    child = await desk.child()
    address = f"/calendar/{desk.tokens.for_calendar('s-worker', 1)}.ics"
    first = await desk.http.get(address)
    again = await desk.http.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await desk.tell(child, f"{ago(0)} ppm_held @{child} #{child}-ppm")
    changed = await desk.http.get(address, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert f"{child}: Initial permanency planning meeting is due" not in changed.text.replace("\r\n ", "")


async def test_a_teams_calendar_is_its_members(desk: Desk) -> None:
    child = await desk.child(f"{ago(2)} person_assigned @{{child}} #{{child}}-as role=ppm_chair contact=a-patel")
    answer = await desk.http.get(f"/calendar/{desk.tokens.for_calendar('adoption-team', 1)}.ics")
    assert child in answer.text


async def test_an_address_is_taken_back_in_the_directory(desk: Desk) -> None:
    address = f"/calendar/{desk.tokens.for_calendar('s-worker', 1)}.ics"
    assert (await desk.http.get(address)).status_code == 200
    try:
        desk.directory.write_text(OFFICE.replace("[people.s-worker]", "[people.s-worker]\ncalendar = 2"), "utf-8")
        assert (await desk.http.get(address)).status_code == 404
        renewed = f"/calendar/{desk.tokens.for_calendar('s-worker', 2)}.ics"
        assert (await desk.http.get(renewed)).status_code == 200
    finally:
        desk.directory.write_text(OFFICE, "utf-8")


async def test_one_who_has_left_or_is_unknown_has_no_calendar(desk: Desk) -> None:
    for whose in ("i-first", "nobody"):
        answer = await desk.http.get(f"/calendar/{desk.tokens.for_calendar(whose, 1)}.ics")
        assert answer.status_code == 404

"""The links of messages, opened by people, mail scanners and calendar programs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar

from delivery.references import reference_of
from delivery.settings import DeliverySettings
from delivery.tokens import LINK_LASTS, Tokens
from intake.reach import Reach
from intake.running import intake
from service.ports import own_port
from service.settings import IntakeSettings, Settings
from tests.delivery.offices import OFFICE
from tests.intake.service import ago, story
from tests.workflows.house import House, house_in, new_child
from workflows.protocol import RECORD_EVENTS, TASK_QUEUE, Answer, workflow_id

pytestmark = pytest.mark.server
BEHIND = 30
"""Days since the children of these tests came into care: the first planning meeting is late by sixteen."""


class Desk(NamedTuple):
    """The running intake, and what its links are signed with."""

    http: httpx.AsyncClient
    house: House
    tokens: Tokens
    directory: Path

    async def child(self, more: str = "") -> str:
        """A child whose planning meeting is overdue, escalated, and whose people are in the directory."""
        child = new_child()
        happened = f"""
        {ago(BEHIND)} became_looked_after @{child} #{child}-in policy=ppm-procedure
        {ago(BEHIND)} person_assigned @{child} #{child}-sw role=social_worker contact=s-worker
        {more.format(child=child)}
        """
        await self.house.client.start_workflow(
            "ChildJourney", args=[story(happened)], id=workflow_id(child), task_queue=TASK_QUEUE
        )
        async with asyncio.timeout(20):
            while not self.house.record.actions(child):
                await asyncio.sleep(0.02)
        return child

    async def tell(self, child: str, happened: str) -> None:
        handle = self.house.client.get_workflow_handle(workflow_id(child))
        await handle.execute_update(RECORD_EVENTS, args=[story(happened)], result_type=Answer)

    def reference(self, child: str, kind: str = "escalation", obligation: str = "initial-ppm") -> str:
        keys = [
            a.action.key
            for a in self.house.record.actions(child)
            if (a.action.kind, a.action.obligation) == (kind, obligation)
        ]
        return reference_of(child, keys[-1])

    def link(self, child: str) -> str:
        return f"/acknowledge/{self.tokens.for_acknowledging(self.reference(child), 's-worker')}"

    def acknowledged(self, child: str) -> list[dict[str, object]]:
        events = [known.event for known in self.house.record.history(child)]
        return [event for event in events if event["type"] == "escalation_acknowledged"]


@pytest_asyncio.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    home = tmp_path_factory.mktemp("desk")
    directory = home / "directory.toml"
    directory.write_text(OFFICE, "utf-8")
    async with house_in(home / "house") as house:
        settings = Settings(
            home=home, intake=IntakeSettings(port=own_port()), delivery=DeliverySettings(directory=directory)
        )
        async with (
            intake(Reach(settings, house.client, house.record)) as url,
            httpx.AsyncClient(base_url=url, timeout=30) as http,
        ):
            yield Desk(http, house, Tokens(settings.link_keys), directory)


# Acknowledging


async def test_opening_the_link_any_number_of_times_changes_nothing(desk: Desk) -> None:
    child = await desk.child()
    for method in ("GET", "GET", "HEAD"):
        answer = await desk.http.request(method, desk.link(child))
        assert answer.status_code in (200, 405)
    page = (await desk.http.get(desk.link(child))).text
    assert child in page
    assert "Initial permanency planning meeting" in page
    assert "I am on to it" in page
    assert desk.acknowledged(child) == []


async def test_its_button_acknowledges_once_and_says_until_when(desk: Desk) -> None:
    child = await desk.child()
    until = (datetime.now(UTC) + timedelta(days=4)).date()
    first = await desk.http.post(desk.link(child), data={"until": str(until)})
    assert first.status_code == 200
    assert f"until the end of {until.day} {until:%B %Y}" in first.text
    assert "It stays due and red" in first.text
    again = await desk.http.post(desk.link(child), data={"until": str(until + timedelta(days=1))})
    assert "It was acknowledged on" in again.text
    assert f"until the end of {until.day} {until:%B %Y}" in again.text
    [event] = desk.acknowledged(child)
    assert (event["by"], event["obligation"], event["until"]) == ("s-worker", "initial-ppm", str(until))
    assert "I am on to it" not in (await desk.http.get(desk.link(child))).text


@pytest.mark.parametrize("days", [-1, 60])
async def test_a_day_that_is_past_or_too_far_ahead_is_refused_in_words(desk: Desk, days: int) -> None:
    child = await desk.child()
    day = (datetime.now(UTC) + timedelta(days=days)).date()
    answer = await desk.http.post(desk.link(child), data={"until": str(day)})
    assert "20 working days" in answer.text
    assert desk.acknowledged(child) == []


async def test_what_has_been_done_meanwhile_needs_no_acknowledging(desk: Desk) -> None:
    child = await desk.child()
    link = desk.link(child)
    await desk.tell(child, f"{ago(0)} ppm_held @{child} #{child}-ppm")
    for answer in (await desk.http.get(link), await desk.http.post(link)):
        assert "nothing is left to do" in answer.text
    assert desk.acknowledged(child) == []


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
    assert desk.acknowledged(child) == []


async def test_the_page_is_private_and_the_address_says_nothing(desk: Desk) -> None:
    child = await desk.child()
    answer = await desk.http.get(desk.link(child))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert child not in desk.link(child)
    assert "ppm" not in desk.link(child)


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

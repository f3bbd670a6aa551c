"""A child's pages: stage, people, plan, brothers and sisters, who hears next, the timeline, and why this date."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from desk.about import WORDS
from domain.case.calendar import local_date
from domain.clocks.wording import in_words, short_date
from record.entries import KnownEvent, RecordEntry
from tests.desk.office import TODAY, Browser, Office, office_in, write
from tests.domain.story import raw_events
from tests.structure.test_words import rows

AGO = {days: TODAY - timedelta(days=days) for days in (40, 30, 10, 3)}


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A desk with a child who has a plan, a booking that passed, and two siblings, one of whom is Anna's too."""
    home = tmp_path_factory.mktemp("child")
    async with office_in(home, f"sqlite:///{home / 'record.db'}") as running:
        running.tell(
            "K-1",
            "40 became_looked_after policy=ppm-procedure siblings=N-1,S-1"
            " | 40 person_assigned role=social_worker contact=anna | 40 person_assigned role=iro contact=away"
            " | 30 ppm_held primary_plan=return_home contingency_plan=kinship_care"
            " | 10 review_booked for=" + AGO[3].isoformat() + " | 3 lateness_explained obligation=first-review"
            " reason=ill",
        )
        yield running


async def test_a_reason_that_bears_an_earlier_day_than_it_was_recorded_says_so(office: Office) -> None:
    office.tell(
        "K-2", "40 became_looked_after policy=ppm-procedure | 40 person_assigned role=social_worker contact=anna"
    )
    [event] = raw_events(f"{AGO[3]} lateness_explained @K-2 #K-2-late obligation=first-review reason=ill")
    now = datetime.now(UTC)
    office.record.write(RecordEntry(child="K-2", decided_at=now, events=[KnownEvent(known_at=now, event=event)]))
    anna = await office.browser("anna")
    page = text_of((await anna.get("/desk/children/K-2/timeline?show=explained&period=all")).text)
    later = (local_date(now) - AGO[3]).days  # 3, or 4 if midnight has passed
    assert f"Explained: First looked-after review ill; recorded {later} days later" in page


def text_of(page: str) -> str:
    """A page as it is read."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


async def read(browser: Browser, path: str) -> str:
    answer = await browser.get(f"/desk/children/K-1{path}")
    assert answer.status_code == 200
    return text_of(answer.text)


async def test_a_child_is_seen_whole(office: Office) -> None:
    page = await read(await office.browser("anna"), "")

    assert f"Permanency planning meeting held {short_date(AGO[30])}: here now" in page
    assert "First review held not reached" in page
    assert "Return home Kinship care PPM held" in page
    assert f"Booked for {in_words(AGO[3])}; that day has passed" in page
    assert re.search(r"IRO away away until .+?, ben \(covering\)", page), "who covers today"
    # Which rung comes next hangs on the weekday: on Saturday 28 November 2026 the third, a day before the fourth.
    above = r"\d{4}: escalation \d CLA (service manager|strategic lead): desk \(nobody holds the role\)"
    assert re.search(above, page), "who hears next"
    assert "Nobody was told anything" in page or "What was told" in page


async def test_who_is_18_before_the_next_message_is_said_to_be(office: Office) -> None:
    born = TODAY - timedelta(days=6555)  # 18 in some 20 days; the plan is to be agreed in some 80
    office.tell(
        "K-18",
        f"40 became_looked_after policy=ppm-procedure date_of_birth={born}"
        " | 40 person_assigned role=social_worker contact=anna",
    )
    page = text_of((await (await office.browser("anna")).get("/desk/children/K-18")).text)
    assert "Nobody more: the child is 18 by then" in page


async def test_a_child_who_came_back_was_in_care_before(office: Office) -> None:
    entry = "became_looked_after policy=ppm-procedure"
    once = f"700 {entry} | 690 ppm_held primary_plan=return_home | 500 ceased_to_be_looked_after reason=E4A"
    for child, happened in (("BACK-1", f"{once} | 40 {entry} | 5 ppm_held primary_plan=adoption"), ("LEFT-1", once)):
        office.tell(child, happened)
    head = await office.browser("head")
    back, left = [text_of((await head.get(f"/desk/children/{child}")).text) for child in ("BACK-1", "LEFT-1")]
    days = {ago: TODAY - timedelta(days=ago) for ago in (700, 500, 40)}
    since = f"Looked after since {in_words(days[40])} In care before {in_words(days[700])} to {in_words(days[500])}"
    assert since in back
    assert "stands today Adoption" in back
    assert "In care before" not in left
    assert "the last Return home" in left, "of a child who has left care no plan stands today"


async def test_a_sibling_is_a_link_for_whoever_may_see_them_too(office: Office) -> None:
    anna, head = await office.browser("anna"), await office.browser("head")
    hers = (await anna.get("/desk/children/K-1")).text
    assert 'href="/desk/children/N-1"' in hers
    assert "N-1 : has no plan yet" in text_of(hers)
    assert 'href="/desk/children/S-1"' not in hers
    assert "S-1" in text_of(hers), "K-1's own record names them"
    assert "S-1 :" not in text_of(hers), "and nothing more is said"
    assert 'href="/desk/children/S-1"' in (await head.get("/desk/children/K-1")).text


async def test_the_timeline_has_everything_in_words_and_is_filtered_by_links(office: Office) -> None:
    anna = await office.browser("anna")
    everything = await read(anna, "/timeline")
    assert f"{short_date(AGO[30])} Happened PPM held" in everything
    assert f"{short_date(AGO[40])} Happened Person assigned IRO: away" in everything, "who held which role when"
    assert f"{short_date(AGO[10])} Happened Review booked for {in_words(AGO[3])}" in everything
    assert f"{short_date(AGO[3])} Explained Explained: First looked-after review ill" in everything
    assert re.search(r"Due First looked-after review overdue by \d+ days", everything)
    assert "Happened Lateness explained" not in everything, "said once"
    explained = await read(anna, "/timeline?show=explained&period=all")
    assert "Explained: First" in explained
    assert "PPM held" not in explained
    assert "Nothing of this kind" in await read(anna, "/timeline?show=told")
    assert everything == await read(anna, "/timeline?show=nonsense&period=nonsense")


async def test_a_timeline_shows_what_the_case_system_sent_beside_the_same_recorded_here(office: Office) -> None:
    """Of two that read alike one led to its receipt and the other nowhere: that was an error of the server."""
    write(office.record, "T-2", "30 became_looked_after | 30 person_assigned role=social_worker contact=anna")
    at = datetime.now(UTC) - timedelta(days=2)
    here = {"type": "person_assigned", "id": "desk-one", "child": "T-2", "on": str(at.date()), "contact": "iris"}
    theirs = {**here, "id": "theirs", "contact": "mo"}
    both = [
        KnownEvent(known_at=at, event={**one, "role": role}) for one, role in ((here, "iro"), (theirs, "ppm_chair"))
    ]
    office.record.write(RecordEntry(child="T-2", decided_at=at, events=both))
    anna = await office.browser("anna")
    page = await anna.get("/desk/children/T-2/timeline")
    assert page.status_code == 200
    assert page.text.count("Person assigned") == 3


async def test_why_this_date_counts_the_days_and_says_who_hears_if_nothing_is_done(office: Office) -> None:
    anna = await office.browser("anna")
    page = await read(anna, "/why/first-review/1")
    assert "start" in page
    assert "weekend" in page
    assert "20 due" in page
    assert "Late because ill" in page
    assert re.search(r"CPPCR reg 33\(1\) on legislation.gov.uk , as it stood on \d+ \w+ \d{4}", page)
    assert re.search(r"What if nothing is done .*Escalation \d", page)
    looked_back = await read(anna, f"/why/first-review/1?known_on={AGO[10]}")
    assert re.search(r"Said on .* Known now", looked_back)
    assert "Enter a day, such as" in await read(anna, "/why/first-review/1?known_on=soon")
    for path in ("first-review/9", "first-review/x", "nonsense/1"):
        assert (await anna.get(f"/desk/children/K-1/why/{path}")).status_code == 404


def test_the_words_of_the_help_page_are_the_glossarys() -> None:
    glossary = {row[0]: row[1] for row in rows()}
    assert [one.word for one in WORDS if not glossary[one.word].startswith(one.means.removesuffix("."))] == []

"""A child of whom the case record cannot be read: named to whoever would have the child in a list, to nobody else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from desk.page_views import PageViews
from record.entries import RecordEntry, Terms
from record.report_pages import ReportPages
from record.report_tables import ReportPage
from tests.delivery.conftest import NINE, action
from tests.desk.office import TODAY, Office, office_in
from tests.spoilt import forced, spoil

NAMED = "since the case record cannot be read of this child: N-1."


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """N-1's entry is of a type that nobody knows; S-1 is well."""
    home: Path = tmp_path_factory.mktemp("unreadable")
    async with office_in(home, f"sqlite:///{home / 'record.db'}") as running:
        spoil(running.record, "N-1")
        running.list_all()
        yield running


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("anna", "/desk/my-children"),
        ("iris", "/desk/my-children"),
        ("mo", "/desk/team"),
        ("mo", "/desk/team/children"),
        ("head", "/desk/team"),
        ("head", "/desk/team/children"),
        ("mo", "/desk/report"),
        ("head", "/desk/report"),
        ("iris", "/desk/report"),
    ],
)
async def test_the_childs_own_people_read_who_is_left_out(office: Office, person: str, path: str) -> None:
    shown = await (await office.browser(person)).get(path)
    assert (shown.status_code, NAMED in shown.text) == (200, True), shown.text


async def test_others_have_their_children_and_read_nothing_of_it(office: Office) -> None:
    ben, head = await office.browser("ben"), await office.browser("head")
    covering = (await ben.get("/desk/my-children?tab=covering")).text
    assert "S-1" in covering
    assert "N-1" not in covering
    children = (await head.get("/desk/team/children")).text
    assert "/desk/children/S-1" in children
    assert "/desk/children/N-1" not in children
    oversight = [await head.get(f"/desk/oversight?tab={tab}") for tab in ("late", "escalations", "drift", "disputes")]
    assert [one.status_code for one in oversight] == [200] * 4


async def test_the_childs_page_says_why_it_cannot_be_shown_to_those_alone_who_would_see_it(office: Office) -> None:
    answers = {
        person: await (await office.browser(person)).get("/desk/children/N-1") for person in ("anna", "mo", "ben")
    }
    assert {person: answer.status_code for person, answer in answers.items()} == {"anna": 503, "mo": 503, "ben": 404}
    assert "The case record of this child cannot be read." in answers["anna"].text


async def test_a_report_without_the_child_is_kept_as_any_other(office: Office) -> None:
    assert (await (await office.browser("head")).get("/desk/report")).status_code == 200
    assert ReportPages(office.record.engine).state().settled, "nothing more is to be waited for"


async def test_a_report_without_a_child_whose_messages_alone_cannot_be_read_is_kept_too(office: Office) -> None:
    office.tell("S-3", "8 became_looked_after policy=ppm-procedure")
    office.record.write(RecordEntry(child="S-3", decided_at=NINE, actions=[action(child="S-3")]))
    forced(office.record, """UPDATE actions SET "to" = '[' WHERE child = 'S-3'""")
    office.list_all()
    head, made = await office.browser("head"), []
    for _ in range(2):
        assert "S-3" in (await head.get("/desk/report")).text, "it says whom it leaves out"
        with office.record.engine.connect() as connection:
            made.append(connection.execute(select(func.max(ReportPage.made_at))).scalar_one())
    assert made[0] == made[1], "nothing has moved since"


async def test_who_runs_the_service_reads_what_says_why(office: Office) -> None:
    page = (await (await office.browser("sysop")).get("/desk/service")).text
    assert "permanence record verify CHILD" in page.split("Cannot be read")[1].split("</section>")[0]
    assert "N-1" in page


async def test_a_brother_or_sister_who_cannot_be_read_keeps_no_other_childs_page_from_being_shown(
    office: Office,
) -> None:
    """N-2 is well, and names N-1."""
    office.tell(
        "N-2",
        "30 became_looked_after policy=ppm-procedure team=north siblings=N-1"
        " | 30 person_assigned role=social_worker contact=anna",
    )
    anna = await office.browser("anna")
    page = await anna.get("/desk/children/N-2")
    assert page.status_code == 200
    form = await anna.get("/desk/children/N-2/record/ppm_held")
    assert form.status_code == 200
    assert "the case record of this child cannot be read" in form.text


async def test_that_somebody_asked_for_the_child_is_in_the_log_of_views(office: Office) -> None:
    views = PageViews(office.record.engine)
    await (await office.browser("iris")).get("/desk/children/N-1/timeline")
    latest = views.of_child("N-1")[0]
    assert (latest.person, latest.page, latest.allowed) == ("iris", "/children/{child}/timeline", False)


async def test_a_report_that_names_the_child_is_kept_for_nobody_who_may_not_know_of_them(tmp_path: Path) -> None:
    """Head and Mo see no other child: what each sees of the numbers is the same."""
    now = datetime.now(UTC)
    async with office_in(tmp_path, f"sqlite:///{tmp_path / 'record.db'}") as office:
        spoil(office.record, "N-1")
        office.list_all()
        office.protections.restrict("N-1", ["mo"], "A relative", TODAY + timedelta(days=30), "sysop", now)
        office.protections.exclude("S-1", "head", "A relative", "sysop", now)
        shown = {person: (await (await office.browser(person)).get("/desk/report")).text for person in ("mo", "head")}
    assert {person: "N-1" in html for person, html in shown.items()} == {"mo": True, "head": False}


async def test_whoever_answers_for_the_service_may_restrict_the_child_all_the_same(office: Office) -> None:
    form = await (await office.browser("head")).get("/desk/restrictions/restrict?child=N-1")
    assert (form.status_code, 'value="N-1"' in form.text) == (200, True)


async def test_handing_over_says_whom_it_leaves_out(office: Office) -> None:
    mo = await office.browser("mo")
    assert NAMED in (await mo.get("/desk/team/hand-over/anna")).text


async def test_what_a_newer_version_wrote_beside_the_events_is_no_error_of_the_server(office: Office) -> None:
    office.tell("T-1", "8 became_looked_after policy=ppm-procedure team=north")
    office.record.write(RecordEntry(child="T-1", decided_at=NINE, terms=Terms(policy="ppm-procedure")))
    spoil(office.record, "T-1", "terms of a later version")
    office.list_all()
    page = await (await office.browser("mo")).get("/desk/children/T-1")
    assert (page.status_code, "The case record of this child cannot be read." in page.text) == (503, True)


async def test_a_child_of_whom_a_message_cannot_be_read_is_no_error_of_the_server(office: Office) -> None:
    office.tell("T-2", "8 became_looked_after policy=ppm-procedure team=north")
    office.record.write(RecordEntry(child="T-2", decided_at=NINE, actions=[action(child="T-2")]))
    forced(office.record, """UPDATE actions SET "to" = '[' WHERE child = 'T-2'""")
    page = await (await office.browser("mo")).get("/desk/children/T-2")
    assert (page.status_code, "The case record of this child cannot be read." in page.text) == (503, True)

"""A child of whom the case record cannot be read: named to whoever would have the child in a list, to nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from record.report_pages import ReportPages
from tests.desk.office import Office, office_in
from tests.spoilt import spoil

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


async def test_who_runs_the_service_reads_what_says_why(office: Office) -> None:
    page = (await (await office.browser("sysop")).get("/desk/service")).text
    assert "permanence record verify CHILD" in page.split("Cannot be read")[1].split("</section>")[0]
    assert "N-1" in page

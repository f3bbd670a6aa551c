"""What a manager finds: the work by worker, what nobody holds, who is away; and handing children over."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.directory import read_directory
from desk.workers import vacancies
from domain.case.words import Role
from intake.inbox import Inbox
from record.caseload_reading import CaseloadPart, CaseloadReading
from record.protections import Protections
from tests.desk.office import OFFICE, TODAY, Browser, Office, office_in
from tests.workflows.house import House, house_in

CHILDREN = {
    "T-LATE": "40 became_looked_after policy=ppm-procedure team=North | 40 person_assigned role=social_worker"
    " contact=Anna@example.org | 40 person_assigned role=ppm_chair contact=anna",
    "T-NEW": "1 became_looked_after policy=ppm-procedure team=north",
    "T-ELSE": "1 became_looked_after policy=ppm-procedure team=north | 1 person_assigned role=social_worker"
    " contact=Jo-of-the-agency",
}


@pytest_asyncio.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house_in(tmp_path_factory.mktemp("team")) as up:
        yield up


@pytest_asyncio.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    home: Path = tmp_path_factory.mktemp("desk")
    async with office_in(home, f"sqlite:///{home / 'record.db'}") as running:
        for child, happened in CHILDREN.items():
            running.tell(child, happened)
        yield running


@pytest.fixture(autouse=True)
def lifted(team: Office) -> Iterator[None]:
    """Each test leaves no exclusion behind."""
    yield
    for one in Protections(team.record.engine).exclusions():
        Protections(team.record.engine).lift("exclusion", one.number, "test", datetime.now(UTC))


@pytest_asyncio.fixture
async def mo(team: Office) -> Browser:
    return await team.browser("mo")


def rows(page: str) -> dict[str, list[str]]:
    """The rows of the tables of a page: what stands in the cells, by what stands in the first."""
    plain = [
        [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)
        ]
        for row in re.findall(r"<tr.*?</tr>", page, re.S)
    ]
    return {row[0]: row[1:] for row in plain}


async def test_the_work_is_counted_by_worker_and_what_nobody_holds_is_named(mo: Browser) -> None:
    page = (await mo.get("/desk/team")).text
    counted = rows(page)

    assert counted["anna"][0] == "2"
    assert counted["Nobody: no social worker"][0] == counted["Somebody who is not in the directory"][0] == "1"
    assert counted["All"][0] == "4"
    assert "Social worker: 1 child" in page
    assert "IRO: 3 children" in page
    assert "Jo-of-the-agency" not in page


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("worker=anna", ["N-1", "T-LATE"]),
        ("worker=-nobody", ["T-NEW"]),
        ("worker=-unknown", ["T-ELSE"]),
        ("role=iro", ["T-ELSE", "T-LATE", "T-NEW"]),
        ("worker=anna&colour=green", []),
        ("team=elsewhere", []),
        ("", ["N-1", "T-ELSE", "T-LATE", "T-NEW"]),
    ],
)
async def test_each_number_leads_to_its_children(mo: Browser, asked: str, listed: list[str]) -> None:
    page = (await mo.get(f"/desk/team/children?{asked}")).text
    assert sorted({*re.findall(r"/desk/children/([A-Z-]+\d?)", page)}) == listed
    assert listed or "No child of these" in page


async def test_a_manager_counts_no_child_from_whom_they_are_kept(team: Office, mo: Browser) -> None:
    head = await team.browser("head")
    sent = {"child": "T-NEW", "person": "mo", "reason": "A relative"}
    await head.send_form("/desk/restrictions/exclude", **sent)
    page = (await mo.get("/desk/team")).text
    assert "Nobody: no social worker" not in rows(page)
    assert rows(page)["All"][0] == "3"
    assert "T-NEW" not in (await mo.get("/desk/team/children")).text
    assert rows((await head.get("/desk/team?team=north")).text)["All"][0] == "4"


async def test_whoever_answers_for_the_service_begins_with_the_teams(team: Office) -> None:
    head = await team.browser("head")
    page = (await head.get("/desk/team")).text
    assert rows(page)["north"][0] == "4"
    assert rows(page)["No team"][0] == "1"
    of_none, red = re.findall(r"/desk/team/children\?(?:team=-none|colour=red)", page)
    assert {*rows((await head.get(of_none)).text)} == {"Child", "S-1"}
    assert {*rows((await head.get(red)).text)} == {"Child", "N-1", "T-LATE"}


async def test_what_falls_due_together_is_seen_by_month(team: Office, mo: Browser) -> None:
    counted: dict[str, int] = {}
    part, reading = CaseloadPart(teams=["north"]), CaseloadReading(team.record.engine, datetime.now(UTC))
    for step in reading.steps(part, until=TODAY + timedelta(days=120)):
        if step.due >= TODAY:
            counted[f"{step.due:%B %Y}"] = counted.get(f"{step.due:%B %Y}", 0) + 1
    shown = rows((await mo.get("/desk/team/ahead")).text)
    assert counted
    assert {month: int(shown[month][0]) for month in counted} == counted
    assert "Initial permanency planning meeting" in " ".join(cell for row in shown.values() for cell in row)


async def test_before_entry_a_social_worker_is_missed_and_an_iro_is_not(team: Office) -> None:
    team.tell("T-BEFORE", "3 pre_proceedings_started")
    part = CaseloadPart(children=["T-BEFORE"])
    directory, reading = read_directory(OFFICE), CaseloadReading(team.record.engine, datetime.now(UTC))
    assert vacancies(directory, reading, part) == [(Role.SOCIAL_WORKER, 1)]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"child": ["T-LATE"]}, "Choose who takes the children over"),
        ({"child": ["T-LATE"], "successor": "anna"}, "Choose who takes the children over"),
        ({"child": ["T-LATE"], "successor": "gone"}, "Choose somebody who stays"),
        ({"successor": "ben"}, "Choose the children to hand over"),
        ({"child": ["S-1"], "successor": "ben"}, "Choose the children to hand over"),
    ],
)
async def test_what_cannot_be_handed_over_is_told_and_nothing_is_recorded(
    team: Office, mo: Browser, sent: dict[str, object], said: str
) -> None:
    page = (await mo.send_form("/desk/team/hand-over/anna", once="1", sure="yes", **sent)).text
    assert said in page
    assert "<title>Error: " in page
    assert Inbox(team.record.engine).depth()[0].get("received", 0) == 0


async def test_a_child_is_not_handed_to_somebody_who_is_kept_from_it(team: Office, mo: Browser) -> None:
    head = await team.browser("head")
    await head.send_form("/desk/restrictions/exclude", child="T-LATE", person="ben", reason="A relative")
    page = (await mo.send_form("/desk/team/hand-over/anna", once="2", child=["N-1", "T-LATE"], successor="ben")).text
    assert "Leave out T-LATE" in page


async def test_children_are_handed_over_by_one_act_each_and_a_form_sent_twice_is_one(
    house: House, tmp_path: Path
) -> None:
    lives = [
        await house.begin(
            f"{TODAY} became_looked_after policy=ppm-procedure team=north\n"
            f"{TODAY} person_assigned role=social_worker contact=anna\n"
            f"{TODAY} person_assigned role=ppm_chair contact=anna@example.org",
            at=datetime.now(UTC),
        )
        for _ in range(2)
    ]
    async with office_in(tmp_path, str(house.record.engine.url), client=house.client) as office:
        mo, children = await office.browser("mo"), sorted(life.child for life in lives)
        form = {"successor": "ben", "child": children, "once": "of-the-form"}
        check = (await mo.send_form("/desk/team/hand-over/anna", **form)).text
        assert "Nothing is recorded yet" in check
        assert rows(check)[children[0]] == ["Social worker, PPM chair"]

        first, again = [await mo.send_form("/desk/team/hand-over/anna", sure="yes", **form) for _ in range(2)]

        assert first.headers["location"] == again.headers["location"]
        receipt = (await mo.get(first.headers["location"])).text
        assert receipt.count("Recorded</caption>") == 1
        assert receipt.count(">ben<") == 4
        assert "There is no such act" in (await (await office.browser("head")).get(first.headers["location"])).text
        assigned = [e for e in house.record.history(children[0]) if e.event["type"] == "person_assigned"]
        assert [one.event["contact"] for one in assigned[2:]] == ["ben", "ben"]
        assert {one.event["by"] for one in assigned[2:]} == {"mo"}
        assert children[0] in (await (await office.browser("ben")).get("/desk/my-children")).text
        assert children[0] not in (await mo.get("/desk/team/hand-over/anna")).text

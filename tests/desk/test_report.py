"""The report on the desk: the command's numbers, of the children whom somebody may see, each open to its children."""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from random import Random, randrange

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from cli.app import app
from desk import kept_report
from domain.policy.loading import Policies
from reporting.keeping import ReportKeeper
from tests.desk.office import Browser, Office, office_in

CHILDREN = {
    "R-1": "60 became_looked_after policy=ppm-procedure team=north | 60 person_assigned role=iro contact=iris"
    " | 50 ppm_held primary_plan=return_home | 35 review_held",
    "R-2": "60 became_looked_after policy=ppm-procedure team=south | 20 review_held"
    " | 19 lateness_explained obligation=first-review reason==cmd",
    "R-3": "300 became_looked_after policy=ppm-procedure team=north | 275 review_held | 250 review_held"
    " | 100 ceased_to_be_looked_after reason=E4A",
}
"""R-1's first review was in time and R-2's was late, whose reason a spreadsheet would obey; R-3 has left care."""
OF_STEP = "/desk/report/children?table=reviews-by-team&row={row}&column={column}"


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    home: Path = tmp_path_factory.mktemp("desk")
    async with office_in(home, f"sqlite:///{home / 'case-record.db'}") as running:
        for child, happened in CHILDREN.items():
            running.tell(child, happened)
        yield running


async def as_csv(browser: Browser, table: str, **more: str) -> list[dict[str, str]]:
    answer = await browser.get("/desk/report/csv", params={"table": table, **more})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def shown(html: str, table: str) -> list[list[str]]:
    """The rows of a table of the page, as they are read."""
    [section] = re.findall(rf'<section class="report-section" id="{table}">(.*?)</section>', html, re.DOTALL)
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", section.partition("<tbody>")[2], re.DOTALL)
    hidden = re.compile(r'<span class="govuk-visually-hidden">.*?</span>')
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub(r"<[^>]+>", "", hidden.sub("", cell))).strip() for cell in row] for row in cells]


async def test_page_command_and_csv_have_the_same_numbers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    head = await office.browser("head")
    html = (await head.get("/desk/report")).text
    monkeypatch.setenv("PERMANENCE_HOME", str(office.settings.home))
    monkeypatch.setenv("PERMANENCE_DELIVERY_DIRECTORY", str(office.settings.delivery.directory))
    printed = json.loads(CliRunner().invoke(app, ["report", "--json"]).stdout)
    assert printed["children"] == 5
    for table, rows in printed["tables"].items():
        of_page = shown(html, table)
        of_csv = [list(row.values()) for row in await as_csv(head, table)]
        assert [row[1:] for row in of_page] == [list(row.values()) for row in rows.values()], table
        assert [row[1:] for row in of_csv] == [row[1:] for row in of_page], table


async def test_a_number_opens_to_its_children_with_the_reason(office: Office) -> None:
    head = await office.browser("head")
    html = (await head.get("/desk/report")).text
    [href] = re.findall(r'href="(report/children\?[^"]*row=south&amp;column=statutory_late[^"]*)"', html)[:1]
    opened = (await head.get(f"/desk/{unescape(href)}")).text
    assert "/desk/children/R-2" in opened
    assert "/desk/children/R-1" not in opened
    assert "=cmd" in opened
    [line] = [one for one in await as_csv(head, "reviews-by-team", children="1") if one["Column"] == "Late"]
    assert (line["Child"], line["Reason"]) == ("R-2", "'=cmd")


async def test_a_manager_sees_their_team_an_iro_whom_they_review_and_both_those_who_have_left(office: Office) -> None:
    children = {}
    for person in ("head", "mo", "iris"):
        browser = await office.browser(person)
        rows = await as_csv(browser, "reviews-by-team", children="1")
        children[person] = {row["Child"] for row in rows} & {*CHILDREN}
    assert children == {"head": {"R-1", "R-2", "R-3"}, "mo": {"R-1", "R-3"}, "iris": {"R-1"}}
    mo = await office.browser("mo")
    assert (await mo.get(OF_STEP.format(row="south", column="statutory_late"))).status_code == 404
    assert (await (await office.browser("anna")).get("/desk/report")).status_code == 403


async def test_whoever_is_kept_from_a_child_has_them_in_no_number(office: Office) -> None:
    office.tell("R-4", "60 became_looked_after policy=ppm-procedure team=north | 20 review_held")
    mo = await office.browser("mo")
    assert "R-4" in {row["Child"] for row in await as_csv(mo, "reviews-by-team", children="1")}
    office.protections.exclude("R-4", "mo", "family", "head", datetime.now(UTC))
    assert "R-4" not in {row["Child"] for row in await as_csv(mo, "reviews-by-team", children="1")}


async def test_days_that_cannot_be_read_are_said_and_what_was_typed_stays(office: Office) -> None:
    head = await office.browser("head")
    html = (await head.get("/desk/report", params={"since": "nonsense", "day": "3/1/2026"})).text
    assert "There is a problem" in html
    assert 'value="nonsense"' in html
    known = (await head.get("/desk/report", params={"known_on": "1 Jan 2020"})).text
    assert "0 children" in known


async def test_days_that_no_case_can_name_are_said_too(office: Office) -> None:
    """Each was an error of the server, or a table of 24,000 months."""
    head = await office.browser("head")
    for asked in ({"since": "1/1/0001"}, {"day": "0001-01-01"}, {"known_on": "1 Jan 0001"}, {"since": "3/1/0026"}):
        answer = await head.get("/desk/report", params=asked)
        assert answer.status_code == 200, asked
        assert "Enter a day of the years 1950 to 2150" in answer.text
    number = {"table": "time-in-stage", "row": "all", "column": "children", "at": "0001-01-01T00:00:00+14:00"}
    assert (await head.get("/desk/report/children", params=number)).status_code == 200


# Kept


def number(html: str, table: str, row: str) -> str:
    return next(one[1] for one in shown(html, table) if one[0] == row)


def lines_of(office: Office) -> None:
    """Have every child's lines worked out, as a worker does within half a minute."""
    ReportKeeper(office.record, Policies.load(), office.settings.default_policy).renew_all()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a report took long to make: it is not made while somebody waits, nor twice within a minute."""
    monkeypatch.setattr(kept_report, "QUICK", 0)


async def test_a_second_look_is_what_the_first_was_and_says_so_once_more_is_recorded(
    office: Office, slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.tell("R-5", "90 became_looked_after policy=ppm-procedure team=west")
    head = await office.browser("head")
    lines_of(office)
    first = (await head.get("/desk/report", params={"since": "2020-01-01"})).text
    assert (await head.get("/desk/report", params={"since": "2020-01-01"})).text.count("yet:") == 0
    office.tell("R-5", "1 review_held")
    second = (await head.get("/desk/report", params={"since": "2020-01-01"})).text
    assert "As recorded at" in second
    assert shown(second, "reviews-by-team") == shown(first, "reviews-by-team")
    opened = [f"/desk/{unescape(one)}" for one in re.findall(r'href="(report/children\?[^"]*)"', second)]
    [due, late] = [
        next(one for one in opened if one.endswith(f"row=west&column=statutory_{of}")) for of in ("due", "open")
    ]
    assert f"west, the law&#39;s limit: {number(second, 'reviews-by-team', 'west')}" in (await head.get(due)).text
    assert "/desk/children/R-5" in (await head.get(late)).text  # not held, as the number says that leads here
    monkeypatch.setattr(kept_report, "SOON", timedelta(0))
    async with asyncio.timeout(60):
        while "yet:" in (third := (await head.get("/desk/report", params={"since": "2020-01-01"})).text):
            await asyncio.sleep(0.05)
    assert shown(third, "reviews-by-team") != shown(first, "reviews-by-team")


async def test_whatever_is_edited_a_page_is_as_worked_out_afresh_or_says_that_it_is_not(
    office: Office, slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(seed := randrange(10**6))
    people = [await office.browser(person) for person in ("head", "mo", "iris")]
    edits: list[Callable[[], object]] = [
        lambda: office.tell(f"K-{chance.randrange(4)}", f"{chance.randrange(40, 99)} became_looked_after {KEPT}"),
        lambda: office.tell(f"R-{chance.randrange(1, 4)}", f"{chance.randrange(1, 30)} review_held"),
        lambda: office.tell("R-2", f"{chance.randrange(1, 18)} lateness_explained obligation=first-review reason=ill"),
        lambda: office.protections.exclude("R-3", "mo", "family", "head", datetime.now(UTC)),
        lambda: office.protections.exclude("R-1", "iris", "family", "head", datetime.now(UTC)),
        lambda: None,
    ]
    said = 0
    for step in range(12):
        chance.choice(edits)()
        if chance.random() < 0.5:
            lines_of(office)
        monkeypatch.setattr(kept_report, "SOON", timedelta(minutes=chance.choice((0, 1))))
        for person in people:
            html = (await person.get("/desk/report")).text
            said += "yet:" in html
            if "yet:" not in html:
                for table in ("reviews-by-team", "changes-of-plan", "time-in-stage", "falls-due-by-role"):
                    rows = [list(row.values()) for row in await as_csv(person, table)]
                    assert shown(html, table) == rows, (seed, step, table)
    assert said < 36


KEPT = "policy=ppm-procedure team=north"

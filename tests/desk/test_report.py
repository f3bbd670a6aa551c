"""The report on the desk: the command's numbers, of the children whom somebody may see, each open to its children."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from cli.app import app
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
    [href] = re.findall(r'href="(/desk/report/children\?[^"]*row=south&amp;column=statutory_late[^"]*)"', html)[:1]
    opened = (await head.get(unescape(href))).text
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

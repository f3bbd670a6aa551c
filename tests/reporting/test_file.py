"""The report's file in a real browser: numbers open without a script, it is for everybody, and it prints."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page

from reporting.rendering import page as rendered
from reporting.report import Report
from tests.ui.browser import IN_A_BROWSER, chromium
from tests.ui.complaints import complaints

pytestmark = [*IN_A_BROWSER]
KINDS = (
    ("reviews-by-month", "statutory_in_time"),
    ("reviews-by-team", "statutory_due"),
    ("meetings-by-month", "local_late"),
    ("children-with-all-reviews-in-time", "all"),
    ("from-entry-to-each-stage", "median"),
    ("time-in-stage", "long"),
    ("changes-of-plan", "none"),
    ("time-under-section-20", "children"),
    ("escalations-by-rung", "answered"),
)


@pytest_asyncio.fixture
async def opened(made: Report, tmp_path: Path) -> AsyncIterator[Page]:
    file = tmp_path / "report.html"
    file.write_text(rendered(made), "utf-8")
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(file.as_uri())
        yield page


async def test_numbers_open_to_their_children_it_is_for_everybody_and_it_prints(made: Report, opened: Page) -> None:
    for key, column in KINDS:
        table = made.table(key)
        assert table is not None
        number, row = next((n, one) for n, one in enumerate(table.rows) if one.cell(column).of and not one.total)
        place = [one.key for one in table.columns].index(column)
        cell = opened.locator(f"#{key} tbody tr").nth(number).locator("td").nth(place)
        assert row.cell(column).text in await cell.inner_text()
        await cell.locator("a").click()
        listed = await opened.evaluate(
            "() => { const it = document.querySelector(':target'); return (it.nextElementSibling || it).innerText }"
        )
        shown = re.findall(r"CLA-\d+", listed)
        expected = sorted(one.child for one in row.cell(column).of)
        if table.columns[place].parts:  # what makes it up is listed, those with a reason once more
            assert {*shown} == {*expected}, (key, column)
        else:
            assert sorted(shown) == expected, (key, column)
    assert await complaints(opened) == []
    await opened.emulate_media(media="print")
    assert await opened.locator("#children").is_hidden()
    assert await opened.locator("#reviews-by-month").is_visible()
    assert (await opened.pdf(prefer_css_page_size=True)).startswith(b"%PDF")


def test_every_number_of_the_file_leads_to_a_place_that_is_there(made: Report) -> None:
    html = rendered(made)
    leads, there = set(re.findall(r'href="#([^"]+)"', html)), re.findall(r' id="([^"]+)"', html)
    assert leads - {*there} == set()
    assert len(there) == len({*there})
    assert sum(one.startswith("children-time-under-section-20") for one in leads) > 1


def test_a_file_of_numbers_only_has_no_child(made: Report) -> None:
    assert "CLA-" in rendered(made)
    assert "CLA-" not in rendered(made, numbers_only=True)

"""`permanence timeline`: the desk's timeline of a child as a file of its own, and the look at it is logged."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from cli.app import app
from cli.timeline import who_asks
from desk.page_views import PageViews
from tests.desk.office import Office, office_in

CHILD = "T-1"


@pytest_asyncio.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    home: Path = tmp_path_factory.mktemp("desk")
    async with office_in(home, f"sqlite:///{home / 'case-record.db'}") as running:
        running.tell(
            CHILD,
            "60 became_looked_after policy=ppm-procedure team=north"
            " | 60 person_assigned role=social_worker contact=anna | 50 ppm_held primary_plan=return_home"
            " | 20 lateness_explained obligation=first-review reason=<flu> by=anna",
        )
        yield running


@pytest.fixture
def command(office: Office, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.setenv("PERMANENCE_HOME", str(office.settings.home))
    monkeypatch.setenv("COLUMNS", "200")
    return Command()


class Command:
    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["timeline", *words])


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html.partition("The same in words")[2], re.DOTALL)
    each = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in each if row]


def picture(html: str) -> str:
    [drawn] = re.findall(r"<svg class=\"desk-timeline\".*?</svg>", html, re.DOTALL)
    return str(drawn)


@pytest.mark.parametrize(("show", "period"), [("", "half"), ("due", "all")])
async def test_the_file_has_the_picture_and_the_lines_of_the_desks_page(
    office: Office, command: Command, tmp_path: Path, show: str, period: str
) -> None:
    file = tmp_path / "timeline.html"
    result = command.run(CHILD, "-o", str(file), "--period", period, *(["--show", show] if show else []))
    assert result.exit_code == 0, result.output
    page = file.read_text("utf-8")
    anna = await office.browser("anna")
    of_desk = (await anna.get(f"/desk/children/{CHILD}/timeline", params={"show": show, "period": period})).text
    assert cells(page) == cells(of_desk)
    assert len(cells(page)) > 3
    assert picture(page) == picture(of_desk)
    assert file.stat().st_mode & 0o077 == 0


def test_the_file_needs_nothing_else_and_says_what_it_is_of(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "timeline.html"
    command.run(CHILD, "-o", str(file))
    page = file.read_text("utf-8")
    assert not re.search(r"<(script|link|a|img)\b|@import|url\(", page)
    assert "&lt;flu&gt;" in page
    assert ".desk-mark--full" in page
    for said in ("Timeline of T-1", "Looked after since", "6 months back, 3 ahead", "Confidential"):
        assert said in page


def test_without_a_file_it_is_read_on_the_screen(command: Command) -> None:
    shown = command.run(CHILD, "--show", "explained").stdout
    assert "Explained: " in shown
    assert "Ppm held" not in shown


def test_a_look_at_it_is_logged_with_who_looked(office: Office, command: Command) -> None:
    command.run(CHILD)
    assert office.record is not None
    [seen] = PageViews(office.record.engine).find(1, child=CHILD)
    assert (seen.person, seen.page, seen.allowed) == (who_asks(), "/children/{child}/timeline", True)
    assert seen.person.startswith("terminal")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["t1"], "Did you mean T-1?"),
        ([CHILD, "--period", "week"], "accepted: half, year, all"),
        ([CHILD, "--show", "x"], "accepted: happened, due, told, explained"),
    ],
)
def test_what_it_cannot_show_it_says(command: Command, words: list[str], said: str) -> None:
    result = command.run(*words)
    assert result.exit_code != 0
    assert said in result.output

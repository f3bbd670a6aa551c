"""What the nights brought and what is doubtful, on the desk: who sees whom, what is sent back, what is settled."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from desk.rendering import clock
from record.doubts import DoubtsKept, of_keys
from record.nights import Nights
from tests.desk.nights import FAILED, NIGHT, key_of_line, read_nights
from tests.desk.office import TODAY, Office, office_in

LINES = "/desk/source/doubts/lines"


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with office_in(tmp_path, f"sqlite:///{tmp_path / 'record.db'}") as running:
        read_nights(running.record.engine)
        running.list_all()
        yield running


async def rows(office: Office, person: str, query: str = "") -> list[dict[str, str]]:
    """The lines of the file, as somebody gets it."""
    answer = await (await office.browser(person)).get(f"/desk/source/csv{query}")
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


async def test_a_manager_sees_the_doubts_of_their_children_the_head_all_and_an_operator_references(
    office: Office,
) -> None:
    assert [(one["child"], one["rule"]) for one in await rows(office, "mo")] == [
        ("N-1", "twice"),
        ("N-1", "rec-missing"),
    ]
    assert {one["child"] for one in await rows(office, "head")} == {"N-1", "S-1", "X-9"}
    of_operator = await rows(office, "sysop")
    assert {one["child"] for one in of_operator} == {"N-1", "S-1", "X-9"}
    [general] = [one["message"] for one in of_operator if one["rule"] == "twice"]
    assert "2026-05-04" not in general
    assert "recorded here as of ..." in general
    [whole] = [one["message"] for one in await rows(office, "mo") if one["rule"] == "twice"]
    assert "2026-05-04" in whole


async def test_doubts_stand_by_rule_and_by_team_and_the_file_of_a_team_can_be_sent_back(office: Office) -> None:
    page = (await (await office.browser("head")).get("/desk/source/doubts")).text
    assert page.index("By rule") < page.index("rec-missing") < page.index("By team")
    assert 'href="/desk/source/csv?team=north"' in page
    assert [one["child"] for one in await rows(office, "head", "?team=north")] == ["N-1", "N-1"]
    assert [one["child"] for one in await rows(office, "head", "?team=-&rule=no-birth")] == ["X-9"]


async def test_what_is_settled_with_a_reason_does_not_come_again_until_that_is_taken_back(office: Office) -> None:
    mo, key = await office.browser("mo"), key_of_line(0)
    asked = {"token": mo.token, "once": "s1", "rule": "rec-missing", "team": "", "key": key}
    wrong = await mo.post(f"{LINES}?rule=rec-missing", data=asked)
    assert wrong.headers["location"] == f"{LINES}?rule=rec-missing&number=1&mend=s1", "going back sends nothing again"
    missing = (await mo.get(wrong.headers["location"])).text
    assert "Enter why it is settled" in missing
    assert "We kept what you had typed" in (await mo.get(f"{LINES}?rule=rec-missing")).text
    assert "We kept what you had typed" not in (await mo.get(f"{LINES}?rule=twice")).text, "that is of another"
    assert "checked" in missing, "what was ticked stays"
    assert "Choose what is settled" in (await mo.send_form(LINES, why="As it stands")).text
    sent = await mo.send_form(f"{LINES}?rule=rec-missing", key=key, why="Checked: it is right")
    assert sent.headers["location"] == f"{LINES}?rule=rec-missing&settled=1"
    assert "Settled: 1" in (await mo.get(sent.headers["location"])).text
    assert [one["rule"] for one in await rows(office, "mo")] == ["twice"]
    assert key in DoubtsKept(office.record.engine).settled(), "what `--settled FILE` means, and the nights ask"
    settled = (await mo.get("/desk/source/settled")).text
    assert "Checked: it is right" in settled
    await mo.send_form("/desk/source/settled", key=key)
    assert [one["rule"] for one in await rows(office, "mo")] == ["twice", "rec-missing"]


async def test_nobody_settles_what_they_do_not_see(office: Office) -> None:
    mo, of_other = await office.browser("mo"), key_of_line(2)
    sent = await mo.send_form(LINES, key=of_other, why="None of mine")
    assert sent.headers["location"] == f"{LINES}?settled=0"
    assert of_other not in DoubtsKept(office.record.engine).settled()


async def test_a_failed_night_and_who_is_missing_are_seen_by_whom_they_concern(office: Office) -> None:
    office.settings.sync_source = None
    head = (await (await office.browser("head")).get("/desk/source")).text
    assert FAILED in head
    assert "No source is read every night" in head


async def test_a_restricted_child_is_not_seen_by_who_answers_for_the_service(office: Office) -> None:
    office.protections.restrict("S-1", ["ben"], "A relative", TODAY, "head", NIGHT)
    assert {one["child"] for one in await rows(office, "head")} == {"N-1", "X-9"}


async def test_whoever_runs_the_service_sees_a_failed_night_first(office: Office) -> None:
    sysop = await office.browser("sysop")
    assert "The nightly reading" not in (await sysop.get("/desk/service")).text, "none is configured"
    office.settings.sync_source = SecretStr("/returns")
    page = (await sysop.get("/desk/service")).text
    assert "The nightly reading: 1" in page
    assert f"failed and is tried again: {FAILED}" in page


async def test_whoever_runs_the_service_sees_a_night_that_left_only_doubts(office: Office) -> None:
    office.settings.sync_source = SecretStr("/returns")
    tonight, engine = NIGHT + timedelta(days=1), office.record.engine
    Nights(engine).end(tonight, {"children": 3, "doubted": 4}, tonight + timedelta(minutes=2))
    sysop = await office.browser("sysop")
    page = (await sysop.get("/desk/service")).text
    assert "The nightly reading:" not in page, "it came to its end"
    assert "Doubts: 4" in page
    assert f"Source 903: 4 lines, the newest in doubt since {clock(NIGHT)}" in page
    [link] = re.findall(r'href="(/desk/source[^"]*)">See them', page)
    assert "rec-missing" in (await sysop.get(link)).text

    kept = DoubtsKept(engine)
    kept.settle(of_keys(kept.open(), {key_of_line(number) for number in range(4)}), "mo", "As it stands", NIGHT)
    page = (await sysop.get("/desk/service")).text
    assert "Doubts:" not in page
    assert "No line of a source is in doubt." in page

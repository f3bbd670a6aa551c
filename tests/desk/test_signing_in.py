"""Signing in by a real OpenID provider, by a one-time link and as one of the demo's people; sessions that end."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from delivery.directory import DirectoryRefused, read_directory
from desk.sessions import hashed
from desk.ways_in import OneTimeLinks, Persona, WaysIn
from record.desk_tables import SessionRow
from service.settings import Settings
from tests.desk.office import OFFICE, Browser, Office, office_in
from tests.desk.provider import leave, let_in, provider, query, sign_in

CLIENT: dict[str, Any] = {"client_id": "desk", "client_secret": "a-secret"}
WAYS = WaysIn(personas=(Persona("anna", "Social worker", "with a child"),))


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as url:
        yield url


@pytest_asyncio.fixture(scope="module")
async def signing(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A desk whose people sign in by the provider."""
    home: Path = tmp_path_factory.mktemp("signing")
    url = f"sqlite:///{home / 'record.db'}"
    async with office_in(home, url, issuer=issuer, **CLIENT) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def near(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A desk without a provider, as `up` and the demo have it."""
    home: Path = tmp_path_factory.mktemp("near")
    async with office_in(home, f"sqlite:///{home / 'record.db'}", WAYS) as running:
        yield running


async def is_in(browser: Browser) -> bool:
    return (await browser.get("/desk/help")).status_code == 200


# By the provider


async def test_who_is_let_in_by_the_provider_comes_to_the_page_they_wanted(signing: Office) -> None:
    browser = await signing.browser()
    first = await browser.get("/desk/children/N-1")
    assert first.headers["location"] == "/desk/sign-in?back=%2Fdesk%2Fchildren%2FN-1"
    assert "Sign in with your work account" in (await browser.get(first.headers["location"])).text

    answer = await sign_in(browser, "subject-anna", "/desk/children/N-1")

    assert answer.headers["location"] == "/desk/children/N-1"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await browser.get("/desk/children/N-1")).status_code == 200


async def test_the_provider_is_asked_with_pkce_state_and_nonce(signing: Office) -> None:
    asked = query(await leave(await signing.browser()))

    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


async def test_roles_come_from_the_provider_too(signing: Office) -> None:
    browser = await signing.browser()
    assert (await (await signing.browser("ben")).get("/desk/restrictions")).status_code == 303, "not signed in by it"

    await sign_in(browser, "subject-ben")

    assert (await browser.get("/desk/restrictions")).status_code == 200


@pytest.mark.parametrize("subject", ["subject-new", "subject-gone"])
async def test_whom_the_directory_does_not_know_is_told_what_to_send_to_whoever_keeps_it(
    signing: Office, subject: str
) -> None:
    browser = await signing.browser()
    answer = await sign_in(browser, subject)

    assert answer.status_code == 403
    assert f'sign_in = "{subject}"' in answer.text
    assert not await is_in(browser)


async def test_an_answer_is_good_once_in_the_browser_that_asked_and_with_its_state(signing: Office) -> None:
    browser, other = await signing.browser(), await signing.browser()
    back = await let_in(await leave(browser), "subject-anna")

    assert (await other.get(back)).status_code == 403, "another browser"
    assert (await browser.get(back.replace("state=", "state=x"))).status_code == 403, "another state"
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 403, "the second time"


async def test_a_provider_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    nowhere: dict[str, Any] = {"issuer": "http://localhost:9", "client_id": "desk"}
    async with office_in(tmp_path, f"sqlite:///{tmp_path / 'record.db'}", **nowhere) as office:
        answer = await (await office.browser()).get("/desk/sign-in/leave")

    assert answer.status_code == 403
    assert "cannot be reached just now" in answer.text


async def test_who_leaves_the_directory_is_out_at_once(signing: Office, tmp_path: Path) -> None:
    browser = await signing.browser()
    await sign_in(browser, "subject-anna")
    directory = signing.settings.delivery.directory
    assert directory is not None
    try:
        directory.write_text(OFFICE.replace('sign_in = "subject-anna"', ""), "utf-8")
        assert not await is_in(browser)
    finally:
        directory.write_text(OFFICE, "utf-8")
    assert await is_in(browser)


def test_two_people_of_one_identity_are_refused() -> None:
    twice = OFFICE.replace("[people.iris]", '[people.iris]\nsign_in = "subject-anna"')
    with pytest.raises(DirectoryRefused, match=r"people\.iris\.sign_in: is that of anna too"):
        read_directory(twice)


def test_a_provider_reached_in_clear_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMANENCE_DESK_ISSUER", "http://login.example.org")
    with pytest.raises(ValueError, match="accepted: an address with https://"):
        Settings()


# Without a provider, on this machine


async def test_a_one_time_link_lets_in_once_and_opening_it_changes_nothing(near: Office) -> None:
    link = f"/desk/enter/{OneTimeLinks(near.settings.link_keys).make('operator')}"
    browser = await near.browser()
    for _ in range(2):
        assert "Come in" in (await browser.get(link)).text

    assert (await browser.post(link)).headers["location"] == "/desk/"
    assert await is_in(browser)
    again = await (await near.browser()).post(link)
    assert again.status_code == 403
    assert "has been used" in again.text


async def test_a_link_of_another_key_or_of_yesterday_is_not_there(
    near: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await near.browser()
    assert (await browser.post(f"/desk/enter/{OneTimeLinks(['another']).make('head')}")).status_code == 404
    old = OneTimeLinks(near.settings.link_keys).make("head")
    later = datetime.now(UTC).timestamp() + 16 * 60
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert (await browser.post(f"/desk/enter/{old}")).status_code == 404


async def test_in_the_demo_one_chooses_whom_to_be_among_its_people(near: Office) -> None:
    browser = await near.browser()
    assert "Who do you want to be?" in (await browser.get("/desk/sign-in")).text
    assert (await browser.post("/desk/be", data={"person": "head"})).status_code == 404, "none of the demo's people"

    answer = await browser.post("/desk/be", data={"person": "anna", "back": "/desk/children/N-1"})

    assert answer.headers["location"] == "/desk/children/N-1"
    assert (await browser.get("/desk/children/N-1")).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"host": "desk.example.org"}, {"x-forwarded-for": "10.0.0.7"}, {"forwarded": "for=10.0.0.7"}]
)
async def test_links_and_choices_are_for_a_browser_on_this_machine(near: Office, headers: dict[str, str]) -> None:
    browser = await near.browser()
    link = f"/desk/enter/{OneTimeLinks(near.settings.link_keys).make('operator')}"

    assert (await browser.post(link, headers=headers)).status_code == 403
    assert (await browser.post("/desk/be", data={"person": "anna"}, headers=headers)).status_code == 403
    assert "Who do you want to be?" not in (await browser.get("/desk/sign-in", headers=headers)).text


async def test_where_people_reach_it_by_another_name_nobody_is_near(tmp_path: Path) -> None:
    """A proxy on this machine may say nothing of those who come by it."""
    url = f"sqlite:///{tmp_path / 'record.db'}"
    async with office_in(tmp_path, url, WAYS, public="https://desk.example") as office:
        browser = await office.browser()
        assert (await browser.post("/desk/be", data={"person": "anna"})).status_code == 403


@pytest.mark.parametrize("back", ["https://elsewhere.example", "//elsewhere.example", "/desk//x", "/metrics", "\\\\x"])
async def test_nobody_is_sent_on_to_another_site(near: Office, back: str) -> None:
    browser = await near.browser()
    answer = await browser.post("/desk/be", data={"person": "anna", "back": back})
    assert answer.headers["location"] == "/desk/"


# Sessions


async def test_signing_out_ends_the_session_itself(near: Office) -> None:
    browser = await near.browser("anna")
    cookie = browser.cookies["desk"]
    assert (await browser.send_form("/desk/sign-out")).headers["location"] == "/desk/signed-out"

    stolen = Browser(near.url, cookie)
    async with stolen:
        assert not await is_in(stolen)


async def test_a_revoked_session_is_over_at_once(near: Office) -> None:
    browser = await near.browser("ben")
    assert await is_in(browser)
    assert near.sessions.end("revoked", datetime.now(UTC), person="ben") == 1
    assert not await is_in(browser)


@pytest.mark.parametrize(("hours", "seen_hours"), [(2, 2), (13, 0)])
async def test_a_session_ends_after_an_hour_without_a_page_and_after_twelve_in_all(
    near: Office, hours: int, seen_hours: int
) -> None:
    now = datetime.now(UTC)
    cookie = near.cookie("anna", began=now - timedelta(hours=hours))
    session = near.sessions.find(cookie)
    assert session is not None
    with near.record.engine.begin() as connection:
        seen = now - timedelta(hours=seen_hours)
        connection.execute(update(SessionRow).where(SessionRow.secret == session.secret).values(seen=seen))
    async with Browser(near.url, cookie) as browser:
        assert not await is_in(browser)


async def test_the_database_holds_no_cookie(near: Office) -> None:
    cookie = near.cookie("anna")
    with near.record.engine.connect() as connection:
        rows = connection.execute(select(*SessionRow.__table__.columns)).all()

    assert cookie not in str(rows)
    assert hashed(cookie) in str(rows)


async def test_by_tls_the_cookie_is_bound_to_this_host(tmp_path: Path, issuer: str) -> None:
    url = f"sqlite:///{tmp_path / 'record.db'}"
    async with office_in(tmp_path, url, public="https://desk.example", issuer=issuer, **CLIENT) as office:
        browser = await office.browser()
        back = httpx.URL(await let_in(await leave(browser), "subject-anna"))
        kept = f"desk-signing-in={browser.cookies['desk-signing-in']}"  # no browser sends it in clear
        answer = await browser.get(back.raw_path.decode(), headers={"cookie": kept})

    assert back.host == "desk.example"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-desk=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie
    assert "Domain" not in cookie


async def test_an_address_in_clear_offers_no_signing_in(tmp_path: Path, issuer: str) -> None:
    url = f"sqlite:///{tmp_path / 'record.db'}"
    clear: dict[str, Any] = {"public": "http://desk.example", "issuer": issuer, "client_id": "desk"}
    async with office_in(tmp_path, url, WaysIn(links=False), **clear) as office:
        browser = await office.browser()
        assert "not protected by TLS" in (await browser.get("/desk/sign-in")).text
        assert (await browser.get("/desk/sign-in/leave")).status_code == 404

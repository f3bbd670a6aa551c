"""Every route by everybody: what is declared is what is answered, and nothing is served that declares nothing."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import APIRoute

from desk.app import PAGES
from desk.needs import Need
from desk.pages import NEEDS
from tests.desk.office import CHILDREN, EVERYBODY, TODAY, Office

NOW = datetime.now(UTC)
ROUTES = [route for pages in PAGES for route in pages.router.routes if isinstance(route, APIRoute)]
SEES = {"anna": {"N-1"}, "iris": {"N-1"}, "mo": {"N-1"}, "ben": {"S-1"}, "head": {"N-1", "S-1"}}
"""Which children somebody sees."""
HOLDS = {
    Need.SESSION: {*EVERYBODY},
    Need.CHILDREN: {*EVERYBODY} - {"sysop"},
    Need.CHILD: {*EVERYBODY},
    Need.CHILD_AS_MANAGER: {"mo", "head"},
    Need.CHILD_TO_RECORD: {*EVERYBODY} - {"head"},
    Need.MANAGER: {"mo", "head"},
    Need.OVERSIGHT: {"iris", "mo", "head"},
    Need.SOURCE: {"mo", "head", "sysop"},
    Need.SERVICE_MANAGER: {"head"},
    Need.OPERATOR: {"sysop"},
}
"""Who is what a need asks, whatever the child."""
CASES = [
    (route, method, person)
    for route, person in itertools.product(ROUTES, ("", *EVERYBODY))
    for method in sorted({*(route.methods or ())} - {"HEAD"})
    if NEEDS[route.endpoint] is not Need.NOTHING
]


def expected(need: Need, person: str, child: str) -> int:
    """Without a session to signing in; a child out of scope is not there; what others hold is theirs."""
    if not person:
        return 303
    if need.of_child and child not in SEES.get(person, set()):
        return 404
    return 200 if person in HOLDS[need] else 403


def children(route: APIRoute) -> Iterator[str]:
    yield from ("N-1", "S-1", "no-such-child") if "{child}" in route.path else ("",)


def at(route: APIRoute, child: str) -> str:
    """The page of a route, of a child."""
    path = "/desk" + route.path.replace("{child}", child).replace("{kind}", "ppm_held").replace("{once}", "0")
    return path.replace("{obligation}/{occurrence}", "initial-ppm/1")


@pytest.mark.parametrize(
    ("route", "method", "person"), CASES, ids=[f"{m} {r.path} {p or 'stranger'}" for r, m, p in CASES]
)
async def test_a_route_answers_as_its_declaration_says(
    office: Office, route: APIRoute, method: str, person: str
) -> None:
    browser = await office.browser(person)
    for child in children(route):
        answer = await browser.request(
            method, at(route, child), data={"token": browser.token} if method == "POST" else None
        )
        wanted = expected(NEEDS[route.endpoint], person, child)
        if wanted == 200:
            assert answer.status_code in (200, 303, 404 if method == "POST" else 200), answer.text
            assert answer.headers.get("location", "/desk/").startswith("/desk/")
            assert "/sign-in" not in answer.headers.get("location", "")
        else:
            assert answer.status_code == wanted, answer.text
        if wanted == 303:
            assert answer.headers["location"].startswith("/desk/sign-in?back=")


async def test_a_restriction_and_an_exclusion_hold_on_every_page_of_a_child(office: Office) -> None:
    """K-1 is Anna's, restricted to Ben and Mo, and Mo is excluded: Ben alone sees it, by being named."""
    office.tell("K-1", CHILDREN["N-1"])
    office.protections.restrict("K-1", ["ben", "mo"], "A relative", TODAY + timedelta(days=30), "head", NOW)
    office.protections.exclude("K-1", "mo", "A relative", "head", NOW)
    walked = [(route, method) for route, method, person in CASES if person == "anna" and NEEDS[route.endpoint].of_child]
    for person in ("anna", "mo", "head", "ben"):
        browser = await office.browser(person)
        for route, method in walked:
            form = {"token": browser.token} if method == "POST" else None
            answer = await browser.request(method, at(route, "K-1"), data=form)
            seen = answer.status_code != 404 or (method == "POST" and person == "ben")
            assert seen is (person == "ben"), (person, method, route.path)


def test_nothing_is_served_that_declares_no_need() -> None:
    assert [route.path for route in ROUTES if route.endpoint not in NEEDS] == []
    assert len(ROUTES) == sum(len(pages.router.routes) for pages in PAGES)


async def test_a_child_out_of_scope_is_answered_as_one_who_is_not_there(office: Office) -> None:
    ben = await office.browser("ben")
    there, not_there = [await ben.get(f"/desk/children/{child}") for child in ("N-1", "no-such-child")]

    assert there.status_code == not_there.status_code == 404
    nonces = [
        page.headers["content-security-policy"].partition("nonce-")[2].partition("'")[0] for page in (there, not_there)
    ]
    texts = [page.text.replace(nonce, "") for page, nonce in zip((there, not_there), nonces, strict=True)]
    assert texts[0] == texts[1]

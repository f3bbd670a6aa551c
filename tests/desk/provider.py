"""A real OpenID provider on a socket, and signing in by it as a browser does."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
from oidc_provider_mock import User, run_server_in_thread

from tests.desk.office import Browser

PEOPLE = {
    "subject-anna": [],
    "subject-gone": [],
    "subject-new": [],
    "subject-ben": ["assistant_director", "unknown_role"],
}
"""Whom the provider knows, and which roles it says they have."""


@contextmanager
def provider() -> Iterator[str]:
    """The provider's issuer."""
    users = [User(sub=subject, claims={"roles": roles}) for subject, roles in PEOPLE.items()]
    with run_server_in_thread(require_nonce=True, user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


async def leave(browser: Browser, back: str = "/desk/my-children") -> httpx.URL:
    """To the provider; where the browser was sent."""
    answer = await browser.get("/desk/sign-in/leave", params={"back": back})
    assert answer.status_code == 303, answer.text
    return httpx.URL(answer.headers["location"])


async def let_in(asked: httpx.URL, subject: str) -> str:
    """The provider lets somebody in; where it sends them back to."""
    async with httpx.AsyncClient(verify=False) as at_provider:  # no TLS here
        answer = await at_provider.post(str(asked), data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def sign_in(browser: Browser, subject: str, back: str = "/desk/my-children") -> httpx.Response:
    """Sign in as one whom the provider calls so; what the desk answered."""
    return await browser.get(await let_in(await leave(browser, back), subject))


def query(url: httpx.URL | str) -> dict[str, str]:
    """What an address carries."""
    return {name: values[0] for name, values in parse_qs(urlsplit(str(url)).query).items()}

"""The HTTP intake as its callers meet it: a real server on a socket, over a real database and Temporal."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from intake.credentials import Credentials, Role
from intake.inbox import Inbox
from intake.reach import Reach
from intake.running import intake
from record.store import CaseRecord
from service.ports import own_port
from service.settings import IntakeSettings, Settings
from tests.domain.story import raw_events

JSON = {"content-type": "application/json"}
TODAY = datetime.now(UTC).date()


def ago(days: int) -> str:
    return str(TODAY - timedelta(days=days))


def entry(child: str, days: int = 30) -> dict[str, Any]:
    return raw_events(f"{ago(days)} became_looked_after @{child} #{child}-in")[0]


def story(text: str) -> list[dict[str, Any]]:
    return raw_events(text)


@dataclass
class Caller:
    """A case system with a token."""

    http: httpx.AsyncClient
    token: str
    home: Path
    record: CaseRecord = field(repr=False)

    @property
    def authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def post(self, document: Any, **headers: str) -> httpx.Response:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        sent = {**self.authorization, **JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.http.post("/events", content=body, headers=sent)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers=self.authorization)

    async def outcomes(self, document: Any) -> list[str]:
        answer = await self.post(document)
        assert answer.status_code == 202, answer.text
        return [result["outcome"] for result in answer.json()["results"]]

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.record.engine)

    def known(self, child: str) -> list[str]:
        """The events that a child's journey has taken."""
        return [known.event["id"] for known in self.record.history(child)]


def with_credential(home: Path, name: str, roles: Sequence[Role], *, signing: bool = False, renew: bool = False) -> str:
    """A new token, or secret to sign by."""
    path = home / "credentials.toml"
    return Credentials(path).add(name, list(roles), signing=signing, renew=renew)


@asynccontextmanager
async def calling(home: Path, client: Client, record: CaseRecord, **limits: Any) -> AsyncIterator[Caller]:
    """The intake up, and a caller who may do everything."""
    # However busy the machine, an answer waits until the journeys have taken what they are told.
    settings = Settings(
        home=home,
        intake=IntakeSettings(**{"port": own_port(), "answer_seconds": 30, "failures": "100000/minute", **limits}),
    )
    roles: list[Role] = ["events:write", "inbox:read", "metrics:read"]
    token = with_credential(home, "case-system", roles)
    async with intake(Reach(settings, client, record)) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield Caller(http, token, home, record)

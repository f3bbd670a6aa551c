"""The desk as people meet it: a real server on a socket over a real database, and children in the case record.

No journey runs: pages read the record. What needs a journey takes a house (tests/workflows/house.py) as its `client`.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from delivery.settings import DeliverySettings, LinksSettings
from desk.app import desk
from desk.sessions import Sessions, form_token
from desk.ways_in import LINKS_ALONE, WaysIn
from domain.case.calendar import local_date
from domain.policy.loading import Policies
from intake.reach import Reach
from intake.running import intake
from record.entries import KnownEvent, RecordEntry
from record.protections import Protections
from record.store import CaseRecord
from service.connection import connect
from service.ports import own_port
from service.settings import DeskSettings, IntakeSettings, Settings
from tests.domain.story import raw_events

TODAY = datetime.now(UTC).date()
TOMORROW = "tomorrow"
"""Stands for the day after the one on which a form is sent: a run that goes on over midnight has two todays."""
OFFICE = f"""
fallback = "desk"
operators = "sysop"

[roles]
service_manager = "head"

[people.anna]
email = "anna@example.org"
sign_in = "subject-anna"
[people.ben]
email = "ben@example.org"
sign_in = "subject-ben"
[people.away]
email = "away@example.org"
absent = [{{ from = {TODAY - timedelta(days=3)}, until = {TODAY + timedelta(days=3)}, cover = "ben" }}]
[people.iris]
email = "iris@example.org"
[people.mo]
email = "mo@example.org"
[people.head]
email = "head@example.org"
[people.sysop]
email = "sysop@example.org"
[people.gone]
email = "gone@example.org"
sign_in = "subject-gone"
left = {TODAY}

[teams.desk]
email = "desk@example.org"
[teams.north]
members = ["anna"]
roles.team_manager = "mo"
"""
"""Anna works with N-1, and Iris reviews her; Mo manages the team North; Ben covers for who works with S-1, who is away;
Head answers for the service; Sysop runs it."""

CHILDREN = {
    "N-1": "30 became_looked_after policy=ppm-procedure team=north | 30 person_assigned role=social_worker contact=anna"
    " | 30 person_assigned role=iro contact=iris",
    "S-1": "8 became_looked_after policy=ppm-procedure | 8 person_assigned role=social_worker contact=away",
}
"""Each with what happened how many days ago. Of N-1 the first planning meeting is late; of S-1 it is due soon."""

EVERYBODY = ("anna", "ben", "iris", "mo", "head", "sysop", "nobody")


@dataclass
class Browser(httpx.AsyncClient):
    """Somebody's browser, signed in: asks as one, and knows what its forms carry."""

    def __init__(self, url: str, cookie: str = "") -> None:
        super().__init__(
            base_url=url, timeout=30, verify=False, headers={"sec-fetch-site": "same-origin"}
        )  # no TLS here
        self.token = form_token(cookie)
        if cookie:
            self.cookies.set("desk", cookie)

    async def send_form(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form of this session; the page that it leads to, if it leads to another look at it."""
        answer = await self.post(path, data={"token": self.token, **fields})
        leads_to = httpx.URL(answer.headers.get("location", ""))
        return await self.get(leads_to) if {"check", "mend"} & {*leads_to.params} else answer


@dataclass
class Office:
    """A running desk."""

    url: str
    settings: Settings
    record: CaseRecord = field(repr=False)
    stack: AsyncExitStack = field(repr=False)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.record.engine)

    @property
    def protections(self) -> Protections:
        return Protections(self.record.engine)

    async def browser(self, person: str = "", **session: Any) -> Browser:
        """The browser of somebody who has signed in; without a name, of nobody."""
        return await self.stack.enter_async_context(Browser(self.url, self.cookie(person, **session) if person else ""))

    def cookie(self, person: str, began: datetime | None = None) -> str:
        """A session of somebody, and what its cookie holds."""
        cookie = self.sessions.begin("demo", "test", person, [], began or datetime.now(UTC))
        assert cookie is not None
        return cookie

    def tell(self, child: str, happened: str) -> None:
        """Let something have happened to a child: lines of how many days ago and what, with | between."""
        write(self.record, child, happened)
        self.list_all()

    def list_all(self) -> None:
        """Have every child of the record in the lists, as a worker does within a second or two."""
        own = [self.settings.policies] if self.settings.policies else []
        CaseloadKeeper(self.record, Cases(Policies.load(*own), self.settings.default_policy)).rebuild()


def dated(sent: dict[str, str]) -> dict[str, str]:
    """What a form is sent with, its day of tomorrow by the pages' own clock."""
    tomorrow = local_date(datetime.now(UTC)) + timedelta(days=1)
    return {name: str(tomorrow) if value == TOMORROW else value for name, value in sent.items()}


def write(record: CaseRecord, child: str, happened: str) -> None:
    """Events in the case record, known at noon of their day."""
    for number, line in enumerate(happened.split("|")):
        ago, rest = line.strip().split(maxsplit=1)
        on = TODAY - timedelta(days=int(ago))
        [event] = raw_events(f"{on} {rest} @{child} #{child}-{ago}-{number}")
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        record.write(RecordEntry(child=child, decided_at=at, events=[KnownEvent(known_at=at, event=event)]))


@asynccontextmanager
async def office_in(
    home: Path,
    url: str,
    ways: WaysIn = LINKS_ALONE,
    client: Client | None = None,
    public: str | None = None,
    policies: Path | None = None,
    ui_url: str | None = None,
    **options: Any,
) -> AsyncIterator[Office]:
    """A desk over a record at a database URL, with its directory and children.

    `public` is where people reach it, `ui_url` where Temporal's UI is, `policies` a folder of the authority's own;
    `options` are of DeskSettings.
    """
    directory = home / "directory.toml"
    directory.write_text(OFFICE, "utf-8")
    port = own_port()
    settings = Settings(
        home=home,
        intake=IntakeSettings(port=port, failures="100000/minute"),
        delivery=DeliverySettings(directory=directory, ui_url=ui_url),
        links=LinksSettings(url=public or f"http://127.0.0.1:{port}"),
        desk=DeskSettings(**options),
        policies=policies,
    )
    record = CaseRecord.open(url)
    for child, happened in CHILDREN.items():
        write(record, child, happened)
    client = client or await connect("127.0.0.1:1", lazy=True)
    async with AsyncExitStack() as stack:
        stack.callback(record.close)
        served = await stack.enter_async_context(intake(Reach(settings, client, record), parts=[desk(ways)]))
        running = Office(served, settings, record, stack)
        running.list_all()
        yield running

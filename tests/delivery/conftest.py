"""An office with a case record, a directory, a clock of its own, and whichever channels a story wants."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from delivery.channels.channel import Channel
from delivery.channels.registry import ChannelName
from delivery.directory_file import DirectoryFile
from delivery.draining import Drain
from delivery.ledger import Attempt, Ledger
from delivery.links import Links
from delivery.outbox import Outbox
from delivery.post import Post
from delivery.settings import DeliverySettings
from delivery.still import JourneyNow
from delivery.writing import Writer
from domain.clocks.actions import Action
from domain.policy.loading import Policies
from record.entries import KnownEvent, RecordEntry
from record.store import CaseRecord
from tests.delivery.offices import OFFICE
from tools.faults.mailserver import MailServer

NINE = datetime(2026, 1, 8, 9, tzinfo=UTC)
ENTRY = {"type": "became_looked_after", "on": "2025-12-24", "date_of_birth": "2018-05-05", "legal_status": "C2"}
TITLES = Policies.load().titles()
WRITER = Writer()
"""Made once: a writer reads its templates when it first writes, which takes longer than to write."""


def action(**changes: Any) -> Action:
    """The first escalation of a meeting that was due the day before."""
    told: dict[str, Any] = {
        "at": NINE,
        "child": "CLA-1",
        "obligation": "initial-ppm",
        "occurrence": 1,
        "kind": "escalation",
        "rung": 1,
        "to": ("social_worker",),
        "due": date(2026, 1, 7),
        "clause": "S1 §2, §5",
        "message": "CLA-1: said otherwise.",
    }
    return Action.model_validate(told | changes)


@dataclass
class Office:
    """Where the stories of delivery are lived: `now` moves only when it is moved."""

    folder: Path
    record: CaseRecord
    now: datetime = NINE
    channels: dict[ChannelName, Channel] = field(default_factory=dict)
    settings: DeliverySettings = field(default_factory=DeliverySettings)
    standing: dict[str, JourneyNow] = field(default_factory=dict)
    links: Links = field(default_factory=lambda: Links("https://ui.example.org"))

    def __post_init__(self) -> None:
        self.outbox, self.ledger = Outbox(self.record.engine), Ledger(self.record.engine)
        self.people(OFFICE)

    def people(self, text: str) -> None:
        """Have another directory."""
        (self.folder / "people.toml").write_text(text, "utf-8")
        self._directory = DirectoryFile(self.folder / "people.toml")

    def child(self, child: str = "CLA-1", **people: str) -> None:
        """A child comes into care, with whom the case names for each role."""
        event = ENTRY | {"id": f"{child}-entry", "child": child, "people": people}
        known = KnownEvent(known_at=NINE - timedelta(days=14), event=event)
        self.record.write(RecordEntry(child=child, decided_at=known.known_at, events=[known]))

    def decide(self, *actions: Action) -> None:
        """A journey decides actions, at this instant."""
        for one in actions:
            self.record.write(RecordEntry(child=one.child, decided_at=self.now, actions=[one]))

    def worker(self) -> Drain:
        """A worker that drains the outbox; each has its own memory, and none but the record outlives it."""
        post = Post(self.settings, self.channels, self._directory, WRITER)
        return post.drain(self.record, TITLES, self.links, self._stands, lambda: self.now)

    async def _stands(self, child: str) -> JourneyNow | None:
        return self.standing.get(child)

    async def deliver(self, drain: Drain | None = None) -> int:
        """Deliver all that can be delivered at this instant; how many rows were in hand."""
        drain, done = drain or self.worker(), 0
        while some := await drain.once():
            done += some
        return done

    async def later(self, **by: float) -> None:
        """Time passes, and what can go by then goes."""
        self.now += timedelta(**by)
        await self.deliver()

    # What became of it

    def states(self, child: str | None = None) -> dict[str, str]:
        """How each row stands, by `kind rung role`."""
        return {f"{q.action.kind} {q.action.rung} {q.role}": q.state for q in self.outbox.rows(child)}

    def told(self, child: str = "CLA-1") -> list[str]:
        """The ledger of a child: `person channel outcome`, in order."""
        return [f"{a.person} {a.channel} {a.outcome}" for a in self.attempts(child)]

    def attempts(self, child: str = "CLA-1") -> list[Attempt]:
        return self.ledger.of_child(child)


@pytest.fixture
def office(tmp_path: Path, record_file: str) -> Iterator[Office]:
    record = CaseRecord.open(record_file)
    yield Office(tmp_path, record)
    record.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def record(database_url: str) -> Iterator[CaseRecord]:
    """A case record on SQLite, and again on PostgreSQL."""
    opened = CaseRecord.open(database_url)
    yield opened
    opened.close()

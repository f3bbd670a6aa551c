"""A large authority for the desk to show: 20,000 children of 40 teams, with what was told of them, made in SQL.

A few dozen synthetic children are lived through by the rules; the rest are their rows under other references, other
workers and other teams. The chain is left out: no page reads it but for what a journey runs under.
"""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Connection, Text, case, cast, func, insert, literal, select, type_coerce, update

from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.documents import document_of, parse_event
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulated, Simulation
from record.caseload_tables import CaseloadChild, CaseloadPerson, CaseloadStep
from record.delivery_tables import AttemptRow
from record.desk_tables import ExclusionRow, RestrictionRow
from record.entries import KnownEvent, RecordEntry
from record.inbox_tables import InboxDeliveryRow, InboxRow
from record.report_rows import TABLES as REPORT
from record.store import CaseRecord
from record.tables import ActionRow, EventRow, OutboxRow, Table
from reporting.keeping import ReportKeeper
from synthetic.caseload import SyntheticChild, caseload, concerning

PATTERNS: Final = 40
POLICY: Final = "england-statutory"
WORKERS: Final = 3
"""To a copy of the patterns: 12 children a worker (ours: the middle of what is reported in England is near 15)."""
TEAMS: Final = 40
RESTRICTED, EXCLUDED = 50, 200
"""Of so many children one is restricted, one kept from somebody (ours: 400 and 100 of 20,000)."""
REJECTED: Final = 5_000
"""Of so many events one is rejected, and so many wait for a journey (ours)."""
KEPT_IN_MEMORY: Final = 1_000_000
"""Kilobytes of the file that SQLite keeps in memory while it is filled (ours: 20,000 children take about as much)."""
COPIED: Final[tuple[type[Table], ...]] = (
    EventRow,
    ActionRow,
    OutboxRow,
    AttemptRow,
    InboxRow,
    CaseloadChild,
    CaseloadStep,
    CaseloadPerson,
    *REPORT,
)


def worker(copy: int, number: int = 0) -> str:
    """The key of a social worker."""
    return f"sw-{copy}-{number}"


class Authority:
    """Fills an empty case record; knows afterwards who is there."""

    def __init__(self, record: CaseRecord, children: int, now: datetime) -> None:
        self._record = record
        self._now = now
        self.references = self._patterns()
        self.copies = max(1, children // len(self.references))
        if record.engine.dialect.name == "sqlite":  # by itself it keeps 2 MB, and reads the indexes again for each row
            with record.engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA cache_size=-{KEPT_IN_MEMORY}")
        with record.engine.begin() as connection:
            for copy in range(self.copies):
                _copy(connection, copy)
            _deliver(connection)
            _protect(connection, now)
        if record.engine.dialect.name == "postgresql":  # which does so by itself in time, and SQLite never
            with record.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")

    @property
    def children(self) -> int:
        """How many there are."""
        return (self.copies + 1) * len(self.references)

    def directory(self) -> str:
        """Everybody, as the directory has them: one worker in twenty is away, and a colleague covers."""
        return "\n".join(_directory(self.copies, local_date(self._now)))

    def _patterns(self) -> list[str]:
        today = local_date(self._now)
        made = caseload(PATTERNS, seed=1, today=today)
        events = [event for number, one in enumerate(made) for event in _events(one, number)]
        lived = Simulation(Policies.load(), POLICY).run(
            [EventLine(number, event) for number, event in enumerate(events)], today - timedelta(days=1)
        )
        running = {ref: one for ref, one in lived.items() if not one.journey.ended}
        for ref, one in running.items():
            own = concerning([SyntheticChild("", "", "", events)], ref)
            known = [KnownEvent(known_at=event.known_from, event=document_of(event)) for event in own]
            self._record.write(RecordEntry(child=ref, decided_at=known[0].known_at, events=known))
            self._decided(ref, one)
        CaseloadKeeper(self._record, Cases(Policies.load(), POLICY)).rebuild()
        began = time.process_time()
        worked_out = ReportKeeper(self._record, Policies.load(), POLICY).rebuild()
        self.worked_out = (time.process_time() - began) / worked_out
        """Seconds of processor for the lines of one child in the report."""
        with self._record.engine.begin() as connection:
            told_in_time(connection)
            _arrived(connection)
        return sorted(running)

    def _decided(self, child: str, lived: Simulated) -> None:
        """What was due, at its time."""
        actions = sorted([*lived.actions, *lived.passed_over], key=lambda one: one.at)
        for at, together in groupby(actions, key=lambda one: one.at):
            of_instant = list(together)
            sent = [one for one in of_instant if one in lived.actions]
            skipped = [one for one in of_instant if one not in sent]
            self._record.write(RecordEntry(child=child, decided_at=at, actions=sent, skipped=skipped))


def _events(child: SyntheticChild, number: int) -> Iterator[ev.Event]:
    """The child's events, with people and a team that each copy has of its own."""
    people = {"social_worker": f"sw-p-{number % WORKERS}", "iro": "iro-p-0", "team_manager": "tm-t-0"}
    for event in child.events:
        document = json.loads(json.dumps(document_of(event)))
        if "team" in document:
            document["team"] = "team-t-0"
        if document.get("role") in people:
            document["contact"] = f"{people[document['role']]}@example.org"
        if "people" in document:
            document["people"] |= {role: f"{one}@example.org" for role, one in people.items()}
        yield parse_event(document)


def told_in_time(connection: Connection) -> None:
    """Everything was told when it was due, each role by one mail."""
    connection.execute(update(OutboxRow).values(state="sent"))
    person = func.coalesce(
        select(CaseloadPerson.contact)
        .where(CaseloadPerson.child == OutboxRow.child, CaseloadPerson.role == OutboxRow.role)
        .scalar_subquery(),
        "duty",
    )
    values: dict[str, Any] = {
        "delivery": OutboxRow.child + "/" + OutboxRow.action_key + "/" + OutboxRow.role,
        "attempt": literal(1),
        "child": OutboxRow.child,
        "action_key": OutboxRow.action_key,
        "role": OutboxRow.role,
        "person": func.replace(person, "@example.org", ""),
        "via": literal("holder"),
        "channel": literal("smtp"),
        "reference": OutboxRow.child + "/" + OutboxRow.action_key,
        "outcome": literal("sent"),
        "at": ActionRow.at,
        "began": ActionRow.at,
        "ended": ActionRow.at,
    }
    same = (ActionRow.child == OutboxRow.child) & (ActionRow.key == OutboxRow.action_key)
    query = select(*values.values()).select_from(OutboxRow).join(ActionRow, same)
    connection.execute(insert(AttemptRow).from_select(list(values), query))


def _arrived(connection: Connection) -> None:
    """Every event came by the inbox, and its journey took it."""
    values = {
        "key": EventRow.child + "/" + EventRow.event_id,
        "content": EventRow.event_id,
        "received_at": EventRow.known_at,
        "credential": literal("cms"),
        "child": EventRow.child,
        "event_id": EventRow.event_id,
        "type": EventRow.type,
        "document": EventRow.document,
    }
    connection.execute(insert(InboxRow).from_select(list(values), select(*values.values())))


def _copy(connection: Connection, copy: int) -> None:
    """All rows of the patterns once more, under this copy's names."""
    names = {"CLA-": f"C{copy}-", "-p-": f"-{copy}-", "-t-": f"-{copy % TEAMS}-"}
    for table in COPIED:
        columns = [column for column in table.__table__.columns if column.name not in ("number", "amends")]
        named = [_renamed(connection, column, names) for column in columns]
        child = table.__table__.c.child
        query = select(*named).where(child >= "CLA-", child < "CLA.")  # by the index: LIKE would read what was copied
        connection.execute(insert(table).from_select([column.name for column in columns], query))


def _renamed(connection: Connection, column: Any, names: dict[str, str]) -> Any:
    is_json = isinstance(column.type, JSON)
    if not is_json and (column.type.python_type is not str):
        return column
    text: Any = cast(column, Text) if is_json else column
    for before, after in names.items():
        text = func.replace(text, before, after)
    if not is_json:
        return text
    return cast(text, JSON) if connection.dialect.name == "postgresql" else type_coerce(text, column.type)


def _deliver(connection: Connection) -> None:
    """Nearly everything was taken; some was refused, or waits for its journey."""
    number = InboxRow.number % REJECTED
    state = case((number == 0, "rejected"), (number == 1, "pending"), else_="taken")
    query = select(InboxRow.number, InboxRow.child, state)
    connection.execute(insert(InboxDeliveryRow).from_select(["inbox", "child", "state"], query))


def _protect(connection: Connection, now: datetime) -> None:
    """Some children are restricted to their worker and their team's manager, some kept from a worker."""
    contact = select(CaseloadPerson.child, CaseloadPerson.contact).where(CaseloadPerson.role == "social_worker")
    rows = connection.execute(contact.order_by(CaseloadPerson.child)).all()
    said = {"reason": "measured", "set_by": "head", "set_at": now}
    restricted = [
        {"child": child, "people": [_key(who), "tm-0-0"], "review_on": local_date(now), **said}
        for child, who in rows[::RESTRICTED]
    ]
    excluded = [{"child": child, "person": _key(who), **said} for child, who in rows[1::EXCLUDED]]
    connection.execute(insert(RestrictionRow), restricted)
    connection.execute(insert(ExclusionRow), excluded)


def _key(contact: str) -> str:
    return contact.removesuffix("@example.org")


def _directory(copies: int, today: Any) -> Iterator[str]:
    yield 'fallback = "duty"\noperators = "sysop"\n[roles]\nservice_manager = "head"'
    for one in ("duty", "sysop", "head"):
        yield _person(one)
    until = today + timedelta(days=9)
    for copy in range(copies):
        yield _person(f"iro-{copy}-0")
        for number in range(WORKERS):
            away = f'absent = [{{ from = {today}, until = {until}, cover = "{worker(copy, 1)}" }}]'
            yield _person(worker(copy, number), away if not number and copy % 7 == 3 else "")
    for team in range(min(TEAMS, copies)):
        yield _person(f"tm-{team}-0")
        members = json.dumps([worker(copy, n) for copy in range(team, copies, TEAMS) for n in range(WORKERS)])
        yield f'[teams.team-{team}-0]\nmembers = {members}\nroles.team_manager = "tm-{team}-0"'


def _person(key: str, more: str = "") -> str:
    return f'[people.{key}]\nname = "{key.title()}"\nemail = "{key}@example.org"\n{more}'


def write_directory(authority: Authority, file: Path) -> None:
    """The directory's file."""
    file.write_text(authority.directory(), "utf-8")

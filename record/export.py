"""The file of one child: all that the record holds of it, as plain JSON, to be kept for decades and read by anyone.

Every table with a column `child` is in it, also tables of a later version, and beside them what they come to: who was
told what (`account`). Rows are as the database has them, their
instants in UTC, so that whoever has the file can work the chain out again (docs/adr/0007-chain.md).
"""

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Connection, MetaData, Table, select

from record.chain import plain
from record.engine import snapshot
from record.failures import in_plain_words
from record.migrating import revision_of
from record.store import CaseRecord
from record.verifying import verify

FORMAT = "permanence case file, 1"
NAMES = {"delivery_attempts": "deliveries"}
"""Tables that are better known by another name."""

Data = dict[str, Any]


def case_file(
    record: CaseRecord, child: str, now: datetime, account_in: Callable[[Connection, str], list[Data]]
) -> Data:
    """All that the record holds of a child; empty of rows if it knows nothing. Raises RecordUnavailable.

    `account_in` tells who was told what about a child, as it stands at the instant of the rest: delivery knows that.
    """
    verified = verify(record.engine, child)
    with in_plain_words(), snapshot(record.engine) as connection:
        rows = _rows(connection, child)
        revision = revision_of(connection)
        account = account_in(connection, child)
    chain = rows.pop("chain", [])
    heads = rows.pop("chain_heads", [])
    events = rows.pop("events", [])
    return {
        "format": FORMAT,
        "child": child,
        "made_at": plain(now),
        "made_by": f"permanence {_program()}, tables at revision {revision}",
        "chain_head": {name: heads[0][name] for name in ("position", "hash")} if heads else None,
        "verified": {
            "up_to": verified.heads[child].position if child in verified.heads else 0,
            "faults": [{"position": fault.position, "what": fault.what} for fault in verified.faults],
        },
        "events": events,
        "voidings": [event for event in events if event["type"] == "event_voided"],
        "decisions": _decisions(chain, events),
        "account": account,
        **{NAMES.get(name, name): listed for name, listed in rows.items()},
        "chain": chain,
    }


def knows(file: Data) -> bool:
    """Whether there is anything in a file."""
    return bool(file["chain"] or file["events"])


def _rows(connection: Connection, child: str) -> dict[str, list[Data]]:
    """The rows of a child by table."""
    metadata = MetaData()
    metadata.reflect(connection)
    tables = [table for table in metadata.sorted_tables if "child" in table.columns]
    return {table.name: _of_child(connection, table, child) for table in sorted(tables, key=lambda t: t.name)}


def _of_child(connection: Connection, table: Table, child: str) -> list[Data]:
    query = select(table).where(table.c.child == child).order_by(table.c.get("position", table.c.number))
    return [plain(dict(row)) for row in connection.execute(query).mappings()]


def _decisions(chain: list[Data], events: list[Data]) -> list[Data]:
    """What people decided, each with who it was and by which credential it came."""
    documents = {event["event_id"]: event["document"] for event in events}
    taken = ("position", "at", "by", "credential")
    return [
        {**{name: entry[name] for name in taken}, "decision": entry["content"] or documents.get(entry["ref"])}
        for entry in chain
        if entry["kind"] == "decision"
    ]


def _program() -> str:
    try:
        return version("permanence")
    except PackageNotFoundError:
        return "(not installed)"

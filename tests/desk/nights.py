"""Nights of a source in a record, as the desk shows them: one that was applied, and one that failed."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from intake.returns.doubts import RULES
from intake.sources.doubts import key_of
from record.doubts import DoubtsKept
from record.nights import Nights

NIGHT: Final = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0) - timedelta(days=1)
FAILED: Final = "/returns: there is no such folder; give the folder that holds the tables as CSV files"
SETTLED: Final = "0123456789abcdef"
LINES: Final[tuple[tuple[str, str, str, int, dict[str, str]], ...]] = (
    ("N-1", "rec-missing", "2026-episodes.csv", 7, {}),
    ("N-1", "twice", "", 0, {"day": "2026-05-04"}),
    ("S-1", "rec-missing", "2026-episodes.csv", 9, {}),
    ("X-9", "no-birth", "2026-episodes.csv", 11, {}),
)
"""X-9 is in the source alone."""


def read_nights(engine: Engine) -> None:
    """Let two nights have been, and lines be doubtful."""
    nights, kept = Nights(engine), DoubtsKept(engine)
    nights.begin(NIGHT, "903", "apply", NIGHT)
    nights.read(NIGHT, ["2026-episodes.csv: Episodes", "2026-Episodes.xlsx: not read: a workbook is not read"])
    nights.put(NIGHT, "only_here", {"S-1": {}, "N-1": {}})
    nights.put(NIGHT, "only_there", {"X-9": {}})
    nights.end(NIGHT, {"children": 3, "taken": 2, "doubted": 4, "new_doubts": 1}, NIGHT + timedelta(minutes=2))
    nights.begin(NIGHT + timedelta(days=1), "903", "apply", NIGHT + timedelta(days=1))
    nights.fail(NIGHT + timedelta(days=1), FAILED)
    kept.replace("903", ["N-1", "S-1", "X-9"], [doubt(*line) for line in LINES], NIGHT)
    kept.settle([(SETTLED, "N-1", "gap")], "mo", "Checked in the case system", NIGHT)


def key_of_line(number: int) -> str:
    """The key of a doubtful line."""
    return str(doubt(*LINES[number])["key"])


def doubt(child: str, rule: str, table: str, line: int, said: dict[str, str]) -> dict[str, object]:
    """A doubtful line."""
    known = RULES[rule]
    place = {"child": child, "rule": rule, "table": table, "line": line}
    message, key = known.message.format(**said), key_of(child, rule, {"line": line})
    return place | {"message": message, "action": known.action, "key": key}

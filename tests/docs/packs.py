"""The example packs of docs/packs/: a policy, sample events, and the agenda that is expected of them.

`python -m tests.docs.packs` writes what the engine answers now into each agenda.json; read it before it is kept.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

from domain.agenda import agenda
from domain.case.calendar import end_of
from domain.case.documents import parse_event
from domain.policy.loading import Policies
from domain.study.simulation import EventLine, Simulated
from tests.domain.story import OneCalendar

PACKS = sorted((Path(__file__).parents[2] / "docs" / "packs").glob("*/policy.toml"))


def answered(folder: Path, at: str) -> dict[str, Any]:
    """What of a pack's own rules stands at the end of a day, and what was told at once until then."""
    known = Policies.load(folder)
    own = {row.id for row in known.file(folder.name).obligation}
    lines = (folder / "events.jsonl").read_text("utf-8").splitlines()
    events = [EventLine(number, parse_event(json.loads(line))) for number, line in enumerate(lines, 1)]
    lived = OneCalendar(known, folder.name).run(events, date.fromisoformat(at))
    rows = [row for child in sorted(lived) for row in agenda(lived[child].journey, end_of(date.fromisoformat(at)))]
    return {
        "at": at,
        "agenda": [
            {
                "child": row.child,
                "obligation": row.obligation,
                "occurrence": row.occurrence,
                "owner": row.owner,
                "opened_on": str(row.opened_on),
                "due": str(row.due),
                "status": row.status,
                "met_on": str(row.met_on) if row.met_on else None,
            }
            for row in rows
            if row.obligation in own
        ],
        "told_at_once": [line for child in sorted(lived) for line in at_once(lived[child])],
    }


def at_once(lived: Simulated) -> list[str]:
    """Notices and breaches of the pack, a line each."""
    actions = [action for action in lived.actions if action.kind in ("notice", "breach")]
    return [f"{a.at:%Y-%m-%d} {a.child} {a.kind} {a.obligation} to {', '.join(a.to)}" for a in actions]


def expected(folder: Path) -> dict[str, Any]:
    """What is expected of a pack."""
    read: dict[str, Any] = json.loads((folder / "agenda.json").read_text("utf-8"))
    return read


if __name__ == "__main__":
    for policy in PACKS:
        now = answered(policy.parent, expected(policy.parent)["at"])
        (policy.parent / "agenda.json").write_text(json.dumps(now, indent=1) + "\n", "utf-8")

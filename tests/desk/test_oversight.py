"""What climbed, as whoever answers for it reads it."""

import re
from datetime import UTC, datetime, timedelta

from domain.clocks.actions import Action
from record.entries import RecordEntry
from tests.desk.office import TODAY, Office


def escalate(office: Office, child: str, days_ago: int) -> None:
    """Let the first rung about a child's first planning meeting have come due."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    said = {"obligation": "initial-ppm", "occurrence": 1, "kind": "escalation", "rung": 1, "to": ["iro"]}
    due = TODAY - timedelta(days=20)
    rung = Action.model_validate({"at": at, "child": child, "due": due, "clause": "S1 §2", "message": "Late", **said})
    office.record.write(RecordEntry(child=child, decided_at=at, actions=[rung]))


async def test_what_is_late_stands_before_what_is_settled_also_of_another_child(office: Office) -> None:
    """Of two children whose meeting escalated, the one who has had it since came first: it had climbed later."""
    care = "30 became_looked_after policy=ppm-procedure | 30 person_assigned role=iro contact=iris"
    office.tell("E-1", f"{care} | 1 ppm_held primary_plan=return_home")
    office.tell("E-2", care)
    escalate(office, "E-1", 2)
    escalate(office, "E-2", 3)
    iris = await office.browser("iris")
    page = (await iris.get("/desk/oversight?tab=escalations")).text
    assert "what is late stands before what is settled" in page
    assert re.findall(r"E-\d(?=</a>)|Settled", page) == ["E-2", "E-1", "Settled"]

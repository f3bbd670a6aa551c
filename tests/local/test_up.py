"""A running `permanence up` and the commands beside it: send, look, compare, and its server killed under it."""

import asyncio
import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery.references import reference_of
from record.store import CaseRecord
from service.folder import Occupant, ServerFolder
from service.payload_keys import KEY_FILE
from service.ports import own_port
from tests.delivery.offices import OFFICE
from tests.domain.story import raw_events
from tests.local.programs import Up, permanence, quick, up
from tests.local.working_day import escalated

pytestmark = [pytest.mark.server, pytest.mark.slow]


def a_child(child: str, days_ago: int = 40) -> list[dict[str, object]]:
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    return raw_events(f"{day} became_looked_after @{child} #{child}-in\n{day} review_held @{child} #{child}-rev")


def file_of(folder: Path, events: list[dict[str, object]]) -> str:
    path = folder / "events.jsonl"
    path.write_text("\n".join(json.dumps(event) for event in events), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Up]:
    """At ports of its own: while a killed server is away, another module's `up` may take one of the usual ones."""
    with up(home, PERMANENCE_SERVER_PORT=str(own_port()), PERMANENCE_UI_PORT=str(own_port())) as running:
        yield running


def test_it_says_where_everything_is_and_that_is_so(service: Up, home: Path) -> None:
    with urllib.request.urlopen(service.address("Temporal UI"), timeout=10) as page:
        assert page.status == 200
    with urllib.request.urlopen(service.address("Metrics"), timeout=10) as metrics:
        assert "# TYPE temporal_" in metrics.read().decode()
    with urllib.request.urlopen(service.address("Desk"), timeout=10) as desk:
        assert "permanence desk link" in desk.read().decode(), "where nobody is signed in"
    link = next(line.strip() for line in service.said().splitlines() if "/desk/enter/" in line)
    with urllib.request.urlopen(link, timeout=10) as page:
        assert "Come in" in page.read().decode()
    another = quick(home, "desk", "link").out.split()[0]  # seen on 29 November 2026: it led to another home's desk
    assert another.startswith(service.address("Desk"))
    with urllib.request.urlopen(another, timeout=10) as page:
        assert "Come in" in page.read().decode()
    assert service.address("Case record").endswith("case-record.db")
    assert (home / "case-record.db").exists()
    assert (home / "permanence.log").read_text("utf-8") == "" or json.loads(
        (home / "permanence.log").read_text("utf-8").splitlines()[0]
    )


def test_events_are_sent_and_the_journey_seen(service: Up, home: Path, tmp_path: Path) -> None:
    events = file_of(tmp_path, a_child("U-1"))

    sent = permanence(home, "send", events, "--json")

    assert sent.code == 0, sent.err
    [delivery] = sent.json
    assert delivery["child"] == "U-1"
    assert delivery["refusal"] is None
    assert delivery["answer"]["stage"] == "first_review"
    assert delivery["answer"]["taken"] == ["U-1-in", "U-1-rev"]
    status = quick(home, "status", "U-1", "--json")
    assert status.code == 0
    assert status.json["journey"]["stage"] == "first_review"
    assert {row["obligation"] for row in status.json["agenda"]} >= {"first-review", "second-review"}
    caseload = quick(home, "caseload", "--json")
    assert [row["child"] for row in caseload.json if row["child"] == "U-1"] == ["U-1"]


def test_the_same_file_again_changes_nothing(service: Up, home: Path, tmp_path: Path) -> None:
    events = file_of(tmp_path, a_child("U-2"))
    assert quick(home, "send", events).code == 0

    again = quick(home, "send", events, "--json")

    assert again.code == 0
    assert again.json[0]["answer"]["taken"] == []
    assert len(again.json[0]["answer"]["known"]) == 2


def test_tables_for_people(service: Up, home: Path, tmp_path: Path) -> None:
    sent = quick(home, "send", file_of(tmp_path, a_child("U-3")))
    assert (sent.code, "U-3" in sent.out) == (0, True)
    assert "U-3" in quick(home, "status", "U-3").out
    assert "U-3" in quick(home, "caseload").out


def test_what_a_journey_refuses_is_told_and_the_rest_taken(service: Up, home: Path, tmp_path: Path) -> None:
    day = datetime.now(UTC).date()
    refused = raw_events(f"{day} review_held @U-9 #early")
    sent = quick(home, "send", file_of(tmp_path, [*a_child("U-4"), *refused]))
    assert sent.code == 2
    assert "U-4" in sent.out
    assert "not everything was taken" in sent.err
    assert "U-9: event early (review_held): type: the child has no journey yet" in sent.err

    mistyped = quick(home, "send", file_of(tmp_path, raw_events(f"{day} review_held @u-4 #slip")))
    assert mistyped.out == "", "no table of what was taken, where nothing was"
    assert mistyped.err.endswith("Did you mean U-4?\n")


def test_a_file_with_one_bad_line_sends_nothing(service: Up, home: Path, tmp_path: Path) -> None:
    sent = quick(home, "send", file_of(tmp_path, [*a_child("U-5"), {"type": "ppm_hled", "id": "x"}]))
    assert (sent.code, sent.out) == (2, "")
    assert "line 3" in sent.err
    assert "did you mean ppm_held?" in sent.err
    assert quick(home, "status", "U-5").code == 2


def test_the_same_id_with_other_content_is_refused(service: Up, home: Path, tmp_path: Path) -> None:
    events = a_child("U-6")
    assert quick(home, "send", file_of(tmp_path, events)).code == 0
    events[1]["plan_agreed"] = True

    again = quick(home, "send", file_of(tmp_path, events))

    assert again.code == 2, again.out
    assert "U-6-rev" in again.err


def test_events_come_from_standard_input(service: Up, home: Path) -> None:
    text = "\n".join(json.dumps(event) for event in a_child("U-7"))
    sent = quick(home, "send", "-", "--json", text=text)
    assert (sent.code, sent.json[0]["child"]) == (0, "U-7")


def test_a_group_of_brothers_and_sisters_and_who_in_it_lacks_a_plan(service: Up, home: Path, tmp_path: Path) -> None:
    day = (datetime.now(UTC) - timedelta(days=30)).date()
    entries = raw_events(
        f"""
        {day} became_looked_after @U-30 #U-30-in siblings=U-31,U-32
        {day} became_looked_after @U-31 #U-31-in siblings=U-30,U-32
        {day} ppm_held @U-30 #U-30-ppm primary_plan=adoption plans={{"U-33":{{"primary_plan":"adoption"}}}}
        """
    )
    sent = quick(home, "send", file_of(tmp_path, entries))
    assert (sent.code, "U-33" in sent.err) == (2, True)

    group = quick(home, "caseload", "--siblings", "U-31", "--json")

    assert group.code == 0, group.err
    assert [(one["child"], one["journey"], one["primary_plan"], one["lacks_a_plan"]) for one in group.json] == [
        ("U-30", True, "adoption", False),
        ("U-31", True, None, True),
        ("U-32", False, None, False),
    ]
    assert group.json[0]["left_out_of_joint_meeting"] == ["U-31", "U-32"]
    shown = quick(home, "caseload", "--siblings", "U-30")
    assert "No plan of their own yet: U-31" in shown.out
    assert "Brothers and sisters: U-31, U-32; without a plan" in quick(home, "status", "U-30").out
    assert quick(home, "caseload", "--siblings", "U-99").code == 2


def test_a_source_is_reconciled_with_what_runs(service: Up, home: Path, tmp_path: Path) -> None:
    sent = [*a_child("U-20"), *a_child("U-21")]
    assert quick(home, "send", file_of(tmp_path, sent)).code == 0
    source = file_of(tmp_path, [*sent, *a_child("U-22")])
    repairs = tmp_path / "repairs.jsonl"

    compared = quick(home, "reconcile", source, "--repairs", str(repairs), "--json")

    assert compared.code == 1
    ours = {one["child"]: one for one in compared.json if one["child"] in ("U-20", "U-21", "U-22")}
    assert [(child, one["kind"]) for child, one in ours.items()] == [("U-22", "missing")]
    assert [json.loads(line)["id"] for line in repairs.read_text("utf-8").splitlines()] == ["U-22-in", "U-22-rev"]
    assert re.search(r"U-22 +no journey runs", quick(home, "reconcile", source).out)

    assert quick(home, "send", str(repairs)).code == 0
    again = quick(home, "reconcile", source, "--json")
    assert "U-22" not in {one["child"] for one in again.json}

    assert "none is configured" in quick(home, "reconcile").err


def test_a_child_nobody_knows(service: Up, home: Path, tmp_path: Path) -> None:
    assert quick(home, "send", file_of(tmp_path, a_child("U-40"))).code == 0
    status = quick(home, "status", "nobody")
    assert status.code == 2
    assert "no journey is known for 'nobody'" in status.err
    for command in (("status", "u_40"), ("explain", "--child", "u_40", "--obligation", "first-review")):
        assert quick(home, *command).err.endswith("lists those running. Did you mean U-40?\n")


def test_a_second_up_on_the_same_home_is_refused(service: Up, home: Path) -> None:
    second = quick(home, "up")
    assert second.code == 1
    assert "A server already runs on" in second.err
    assert service.address("Temporal UI") in second.err


def test_joint_meetings_and_their_voiding_reach_each_child(service: Up, home: Path, tmp_path: Path) -> None:
    day = datetime.now(UTC).date() - timedelta(days=5)
    plans = '{"U-8b":{"primary_plan":"adoption"}}'
    events = raw_events(
        f"""
        {day} became_looked_after @U-8a #8a siblings=U-8b
        {day} became_looked_after @U-8b #8b siblings=U-8a
        {day} ppm_held @U-8a #8ppm plans={plans}
        """
    )
    assert quick(home, "send", file_of(tmp_path, events)).code == 0
    assert quick(home, "status", "U-8b", "--json").json["journey"]["stage"] == "ppm"

    voiding = raw_events(f"{day} event_voided @U-8a #8void event=8ppm")
    assert quick(home, "send", file_of(tmp_path, voiding)).code == 0

    for child in ("U-8a", "U-8b"):
        assert quick(home, "status", child, "--json").json["journey"]["stage"] == "looked_after", child


def test_acknowledging_says_who_will_not_hear_and_what_each_time_has_changed(
    service: Up, home: Path, tmp_path: Path
) -> None:
    child = a_child("U-10", 34)  # the strategic lead is told twenty working days after the fourteenth day
    child[0] |= {"policy": "ppm-procedure"}
    asyncio.run(escalated(service.address("Temporal server"), home, "U-10", [[event] for event in child]))
    reference = reference_of("U-10", sent(home, "U-10", "escalation"))
    (tmp_path / "people.toml").write_text(OFFICE, "utf-8")
    people = {"PERMANENCE_DELIVERY_DIRECTORY": str(tmp_path / "people.toml")}
    later = str((datetime.now(UTC) + timedelta(days=24)).date())
    why = ("explain-lateness", reference, "--by", "s-worker", "--reason", "The chair was ill.")

    first = quick(home, "acknowledge", reference.lower(), "--by", "s-worker", **people)
    again = quick(home, "acknowledge", reference, "--by", "a.patel@example.org", **people)
    longer = quick(home, "acknowledge", reference, "--by", "s-worker", "--until", later, **people)
    explained, twice = quick(home, *why, **people), quick(home, *why, **people)

    assert first.code == 0, first.err
    assert "U-10: Initial permanency planning meeting, due on" in first.out
    assert "The CLA strategic lead (l-lead), who would be told on" in first.out
    assert "by Sam Worker." in first.out
    assert "Sam Worker had acknowledged it until the end of" in again.out
    assert "already; nothing has changed." in again.out
    assert "It is now until the end of" in longer.out
    assert "explained by Sam Worker" in explained.out
    assert "has given this reason for it already; nothing has changed." in twice.out
    with case_record(home) as record:
        events = [known.event for known in record.history("U-10")]
    said = ("escalation_acknowledged", "lateness_explained")
    assert [(e["by"], e.get("until") == later) for e in events if e["type"] in said] == [
        ("s-worker", False),
        ("s-worker", True),
        ("s-worker", False),
    ]


@contextmanager
def case_record(home: Path) -> Iterator[CaseRecord]:
    record = CaseRecord.open(f"sqlite:///{home / 'case-record.db'}")
    yield record
    record.close()


def sent(home: Path, child: str, kind: str) -> str:
    """The key of a child's first action of a kind about the planning meeting."""
    with case_record(home) as record:
        keys = [
            a.action.key for a in record.actions(child) if (a.action.kind, a.action.obligation) == (kind, "initial-ppm")
        ]
    return keys[0]


# Starting and stopping


def test_a_server_killed_under_up_comes_back_by_itself(service: Up, home: Path, tmp_path: Path) -> None:
    assert quick(home, "send", file_of(tmp_path, a_child("U-50"))).code == 0
    address, killed = service.address("Temporal server"), server_of(home)
    os.kill(killed.server_pid, signal.SIGKILL)
    service.until_said("The Temporal server has ended (by signal SIGKILL). It is started again in 0.5 s.")

    back = until_another_server(home, killed)

    assert back.address == address
    until_it_answers(home)
    sent = quick(home, "send", file_of(tmp_path, a_child("U-51")), "--json")
    assert (sent.code, sent.json[0]["answer"]["taken"]) == (0, ["U-51-in", "U-51-rev"]), sent.err
    assert quick(home, "status", "U-50", "--json").json["journey"]["events"] == 2
    said = [json.loads(line) for line in (home / "permanence.log").read_text("utf-8").splitlines()]
    assert [line["why"] for line in said if line["event"] == "ended and is started again"] == ["by signal SIGKILL"]


def test_all_that_up_writes_is_for_its_owner_alone(service: Up, home: Path, tmp_path: Path) -> None:
    assert quick(home, "intake", "new-credential", "case-system").code == 0
    written = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir() if path.name != service.out.name}
    assert {"case-record.db", "case-record.db-wal", "temporal.db", "temporal.db-wal", "temporal.log", "temporal.lock",
            "permanence.log", "credentials.toml", "installation.id"} <= written.keys()  # fmt: skip
    assert {name: oct(mode) for name, mode in written.items() if mode != 0o600} == {}
    assert home.stat().st_mode & 0o777 == 0o700


def server_of(home: Path) -> Occupant:
    occupant = ServerFolder(home).occupant()
    assert occupant
    return occupant


def until_another_server(home: Path, than: Occupant) -> Occupant:
    deadline = time.monotonic() + 60
    while (now := ServerFolder(home).occupant()) is None or now.server_pid == than.server_pid:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return now


def until_it_answers(home: Path) -> None:
    deadline = time.monotonic() + 60
    while (asked := quick(home, "caseload")).code != 0:
        assert time.monotonic() < deadline, asked.err
        time.sleep(0.05)


def test_up_uses_a_server_of_ones_own(tmp_path: Path, service: Up, home: Path) -> None:
    keys, home = home / KEY_FILE, tmp_path / "home"
    with up(
        home, PERMANENCE_PAYLOADS_KEYS_FILE=str(keys), TEMPORAL_ADDRESS=service.address("Temporal server")
    ) as second:
        assert "Temporal UI" not in second.said()
        assert not (home / "temporal.db").exists()
        assert second.stop() == 0

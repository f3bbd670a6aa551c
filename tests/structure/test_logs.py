"""Logs are JSON, one object a line, written once though histories are replayed, and hold nothing personal."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import FileIO, StringIO, TextIOWrapper
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest
import pytest_asyncio
import structlog
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RPCError
from temporalio.worker import Worker

from domain.case.documents import parse_event
from journeys.sending import send_batch
from local.server import EmbeddedServer
from service.connection import connect, runtime_with_metrics
from service.logs import configure_logs, logs_in
from service.payload_keys import keys_in
from service.ports import own_port
from tests.domain.story import raw_events
from tests.logs_kept import logs_as_before
from tests.structure.journal import Journal, Stumbling
from tests.system.workers import WorkerProcess, worker_process
from workflows.protocol import CASE_EVENTS, RECORD_EVENTS, workflow_id

CONTACT = "canary-contact@example.org"
NAME = "Quagga Zebedee Canary"
BORN = "2017-07-23"
FAILED = "Completing activity as failed"
REJECTED, REJECTIONS = '"event": "event_rejected"', 8
CANARIES = ("canary-contact", "Quagga", "Zebedee", BORN, "20170723")


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """The log of this process for one test, as the service writes it."""
    root, before, stream = logging.getLogger(), logging.getLogger().handlers[:], StringIO()
    level = root.level
    configure_logs("INFO", stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_structlog_and_the_standard_library_write_the_same_json(logged: StringIO) -> None:
    structlog.get_logger("ours").info("event_taken", child="CLA-1", on="2026-01-05")
    logging.getLogger("theirs").warning("%s is late", "it")
    logging.getLogger("theirs").error("two\nlines")
    logging.getLogger("theirs").debug("not this")
    logged_lines = lines(logged)
    assert [(line["event"], line["level"], line["logger"]) for line in logged_lines] == [
        ("event_taken", "info", "ours"),
        ("it is late", "warning", "theirs"),
        ("two\nlines", "error", "theirs"),
    ]
    assert all(datetime.fromisoformat(str(line["timestamp"])).tzinfo for line in logged_lines)
    assert logged_lines[0]["child"] == "CLA-1"


def test_an_exception_is_one_line_too(logged: StringIO) -> None:
    try:
        raise ValueError("what was wrong")
    except ValueError:
        logging.getLogger("theirs").exception("it failed")
    [line] = lines(logged)
    assert "ValueError: what was wrong" in str(line["exception"])


@pytest.mark.server
async def test_a_workflow_that_is_replayed_at_every_step_logs_each_line_once(logged: StringIO, tmp_path: Path) -> None:
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await Client.connect(server.address)
        async with Worker(client, task_queue="journals", workflows=[Journal], max_cached_workflows=0):
            # A worker that takes longer than ten seconds over a task, as one may that first imports the workflow on a
            # busy machine, is given the same task anew and says its lines again: that is no replay.
            patience = timedelta(minutes=2)
            await client.execute_workflow(Journal.run, id="journal", task_queue="journals", task_timeout=patience)
    logged_lines = lines(logged)
    assert [line["number"] for line in logged_lines if line["event"] == "nap"] == [0, 1, 2]
    assert sum("stdlib nap" in str(line["event"]) for line in logged_lines) == 3


@contextmanager
def no_file_grows() -> Iterator[None]:
    """As on a full disk, which not every system can pretend to have: no file of this process takes a byte more."""
    soft, hard = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        setrlimit(RLIMIT_FSIZE, (soft, hard))


def test_a_log_on_a_full_disk_says_so_once_and_goes_on_once_it_was_taken_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line left a traceback on the terminal, and a log that was removed was still what filled the disk."""
    log = tmp_path / "permanence.log"
    with logs_as_before(), logs_in(tmp_path, "INFO"):
        line = structlog.get_logger("ours").info
        with no_file_grows():
            for number in range(3):
                line("event_taken", child="CLA-1", number=number)
        assert capsys.readouterr().err == f"{log}: File too large; lines of the log are left out\n"
        log.unlink()
        for number in range(3, 6):
            line("event_taken", child="CLA-1", number=number)
        written = [json.loads(one)["number"] for one in log.read_text("utf-8").splitlines()]
        assert written in ([3, 4, 5], [4, 5]), "the first may still be what finds that the old one cannot be written"
        log.rename(tmp_path / "permanence.log.1")
        line("event_taken", child="CLA-1", number=6)
        assert json.loads(log.read_text("utf-8"))["number"] == 6
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("closed", [True, False])
def test_whoever_logs_goes_on_where_neither_the_log_nor_stderr_takes_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    with logs_as_before(), logs_in(tmp_path / "home", "INFO"), FileIO(tmp_path / "stderr", "w") as full:
        (tmp_path / "home").rename(tmp_path / "elsewhere")
        monkeypatch.setattr("sys.stderr", None if closed else TextIOWrapper(full, write_through=True))
        with no_file_grows():
            structlog.get_logger("ours").info("event_taken", child="CLA-1")
        monkeypatch.undo()


@pytest.mark.server
async def test_what_the_core_of_the_sdk_says_is_a_line_as_every_other(logged: StringIO, tmp_path: Path) -> None:
    runtime, _ = runtime_with_metrics("127.0.0.1", own_port())
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await Client.connect(server.address, runtime=runtime)
        async with Worker(client, task_queue="journals", workflows=[Stumbling], max_cached_workflows=0):
            await client.start_workflow(Stumbling.run, id="stumbling", task_queue="journals")
            async with asyncio.timeout(30):
                while not (said := [line for line in lines(logged) if "sdk_core" in str(line["logger"])]):
                    await asyncio.sleep(0.05)
    assert said[0]["level"] == "warning"
    assert "Failing workflow task" in str(said[0]["event"])


@pytest.mark.server
async def test_what_the_core_says_of_a_server_that_is_gone_is_no_text_on_a_terminal(
    logged: StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with EmbeddedServer(tmp_path, ui=False, in_memory=True, grpc_port=own_port()) as server:
        client = await connect(server.address)
    with pytest.raises(RPCError):  # tried again for ten seconds, and said from the sixth time on
        await client.count_workflows()
    assert capfd.readouterr() == ("", "")
    assert [line for line in lines(logged) if "retried" in str(line["event"])]


# Canaries


@pytest_asyncio.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Client, WorkerProcess]]:
    """A worker process without a cache, and children whose every event holds something personal."""
    folder = tmp_path_factory.mktemp("canaries")
    async with EmbeddedServer(folder / "server", ui=False, in_memory=True, grpc_port=own_port()) as server:
        with worker_process(server.address, folder / "home", PERMANENCE_CACHED_JOURNEYS="0") as worker:
            await worker.until_started()
            client = await connect(server.address, ring=keys_in(folder / "home"))
            await tell(client, worker, folder / "home" / "case-record.db")
            yield client, worker


def entry(child: str, day: str) -> dict[str, object]:
    event = raw_events(f"{day} became_looked_after @{child} #{child}-in date_of_birth={BORN}")[0]
    return event | {"people": {"social_worker": CONTACT, "iro": NAME}, "note": f"{NAME} was seen", "by": NAME}


async def tell(client: Client, worker: WorkerProcess, record: Path) -> None:
    """Good and bad events, by every way in; the record locked until an activity has failed, which is logged."""
    day = str(datetime.now(UTC).date() - timedelta(days=3))
    await client.start_workflow(
        "ChildJourney",
        args=[[entry("P-1", day), {"type": NAME, "id": NAME, "note": NAME}]],
        id=workflow_id("P-1"),
        task_queue="permanence",
    )
    journey = client.get_workflow_handle(workflow_id("P-1"))
    bad = [
        {"type": "ppm_held", "id": "p1", "child": "P-1", "on": NAME, "primary_plan": NAME, NAME: NAME},
        {"type": "person_assigned", "id": "p2", "child": "P-1", "on": day, "role": NAME, "contact": CONTACT},
        {"type": "became_looked_after", "id": "p3", "child": "P-1", "on": day, "date_of_birth": BORN + "T"},
        {"type": "became_looked_after", "id": "p4", "child": "P-1", "on": "2016-01-01", "date_of_birth": BORN,
         "legal_status": "C2"},
        {"type": NAME, "id": "p5", "child": NAME},
        NAME,
    ]  # fmt: skip
    for payload in bad:
        await journey.signal(CASE_EVENTS, payload)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await journey.execute_update(RECORD_EVENTS, args=[payload])
        assert_clean("a refusal", f"{refused.value} {refused.value.cause} {refused.value.cause!r}")
    await journey.signal("person_" + "assigned", {"contact": CONTACT, "date_of_birth": BORN})
    other = sqlite3.connect(record, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    events = raw_events(
        f"{day} person_assigned @P-1 #contact role=iro contact={CONTACT}\n{day} plan_changed @P-1 #plan"
    )
    events[1] |= {"reasons": f"{NAME} said so"}
    update = asyncio.create_task(journey.execute_update(RECORD_EVENTS, args=[events]))
    async with asyncio.timeout(60):
        while FAILED not in worker.said():
            await asyncio.sleep(0.1)
    other.execute("ROLLBACK")
    other.close()
    await update
    async with asyncio.timeout(60):
        while worker.said().count(REJECTED) < REJECTIONS:  # what came while the record was locked is written later
            await asyncio.sleep(0.1)


def assert_clean(what: str, text: str) -> None:
    leaked = [canary for canary in CANARIES if canary.lower() in text.lower()]
    assert not leaked, f"{what} holds {leaked}: {text[:2000]}"


@pytest.mark.server
async def test_every_log_line_is_json_and_none_is_personal(service: tuple[Client, WorkerProcess]) -> None:
    _, worker = service
    said = worker.said().rpartition("\n")[0]  # read once: the worker goes on writing, and may be amid a line
    events = [str(json.loads(line)["event"]) for line in said.splitlines()]
    assert events.count("event_taken") == 3
    assert events.count("event_rejected") >= REJECTIONS
    assert any(FAILED in event for event in events), "the record was to fail once"
    assert_clean("the worker's log", worker.said())


@pytest.mark.server
async def test_what_the_server_lists_is_not_personal(service: tuple[Client, WorkerProcess]) -> None:
    client, _ = service
    async for run in client.list_workflows():
        assert run.id == "child-P-1" or run.id.startswith("standing-")
        assert_clean("a listed run", str(run.raw_info))
    described = await client.get_workflow_handle("child-P-1").describe()
    assert await described.memo() == {}
    assert {pair.key.name for pair in described.typed_search_attributes} >= {"Stage", "Rag", "RejectedEvents"}
    assert_clean("its description", str(described.raw_description))


@pytest.mark.server
async def test_failures_and_summaries_in_its_history_are_not_personal(service: tuple[Client, WorkerProcess]) -> None:
    """Payloads can be encrypted; failure texts, timers' names and attributes never are."""
    client, _ = service
    async for event in client.get_workflow_handle("child-P-1").fetch_history_events():
        marker = event.marker_recorded_event_attributes
        assert_clean("a failure", str(marker.failure))
        assert_clean("a failure", str(event.activity_task_failed_event_attributes.failure))
        assert_clean("a refusal", str(event.workflow_execution_update_completed_event_attributes.outcome.failure))
        assert_clean("a summary", str(event.user_metadata))
        assert_clean("search attributes", str(event.upsert_workflow_search_attributes_event_attributes))


@pytest.mark.server
async def test_an_unknown_child_is_refused_without_a_name(service: tuple[Client, WorkerProcess]) -> None:
    client, _ = service
    event = raw_events("2026-01-05 review_held @P-2")[0] | {"note": NAME}
    refused = (await send_batch(client, "P-2", [parse_event(event)])).refusal
    assert refused
    assert_clean("a refusal", refused)

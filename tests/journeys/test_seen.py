"""A stuck journey is seen within minutes, and every day it is proved that a timer becomes a delivered message."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
from pydantic import SecretStr
from temporalio.common import MetricMeter

from cli.caseload import show_caseload
from cli.errors import CommandFailed
from cli.health import show_health
from cli.sending import send_lines
from cli.watching import show_status
from delivery.channels.smtp import SmtpSettings
from delivery.outbox import Outbox
from delivery.proofs import Proofs
from delivery.settings import DeliverySettings
from domain.case.documents import parse_event
from domain.study.simulation import EventLine
from journeys import sending, watching
from journeys.caseload import caseload, differences
from journeys.looking import Look, OnServer, Stuck, look
from journeys.sending import send_batch
from journeys.silent import silent_in, silent_in_words
from journeys.stuck import FAILING, overslept
from local.running import Running, running
from record.entries import KnownEvent, RecordEntry
from record.tables import PROOF
from service.logs import logs_in
from service.ports import own_port
from service.retries import Retries
from service.schedules import DAILY_PROOF
from service.settings import IntakeSettings, Settings
from tests.delivery.offices import OFFICE
from tests.deploy.metrics import named_in_deploy, names_in
from tests.domain.story import raw_events
from tests.intake.service import with_credential
from tests.journeys.stuck import stuck_journey, unasked_journey
from tests.service.test_schedules import until_run
from tools.faults.mailserver import MailServer

pytestmark = [pytest.mark.server, pytest.mark.slow]
PATIENCE = 90.0
STUCK = "STUCK-1"
WELL = "WELL-1"
SLEEPS = "SLEEPS-1"


@dataclass
class Service:
    """A service with mail, a stuck journey beside one that is well, and whoever asks for its metrics."""

    settings: Settings
    up: Running
    mail: MailServer
    token: str

    async def metrics(self) -> str:
        """What workers and intake serve to Prometheus."""
        async with httpx.AsyncClient(timeout=10) as http:
            worker = await http.get(self.up.metrics_url)
            intake = await http.get(f"{self.up.intake_url}/metrics", headers={"authorization": f"Bearer {self.token}"})
        assert (worker.status_code, intake.status_code) == (200, 200)
        return worker.text + intake.text


@pytest_asyncio.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    folder = tmp_path_factory.mktemp("seen")
    home = folder / "home"
    (folder / "people.toml").write_text(OFFICE, "utf-8")
    (folder / "backups" / "2026-11-27T020000Z").mkdir(parents=True)
    (folder / "backups" / "2026-11-27T020000Z" / "case-record.db").write_text("a backup", "utf-8")
    (folder / "returns").mkdir()
    for name, columns in {
        "header": "CHILD,DOB",
        "episodes": "CHILD,DECOM,RNE,LS,PLACE,DEC,REC",
        "reviews": "CHILD,REVIEW",
    }.items():
        (folder / "returns" / f"2026-{name}.csv").write_text(f"{columns}\n", "utf-8")
    (folder / "source.jsonl").write_text(json.dumps(entry("MISSING-1")), "utf-8")
    with MailServer() as mail:
        settings = Settings(
            home=home,
            metrics_port=own_port(),
            backups=folder / "backups",
            reconcile_source=str(folder / "source.jsonl"),
            sync_source=SecretStr(str(folder / "returns")),
            intake=IntakeSettings(port=own_port()),
            delivery=DeliverySettings(channels=("smtp",), directory=folder / "people.toml", proof="s-worker"),
            smtp=SmtpSettings(host="127.0.0.1", port=mail.port, security="none", sender="permanence@county.example"),
            default_policy="ppm-procedure",
        )
        home.mkdir()
        token = with_credential(home, "prometheus", ["events:write", "metrics:read"])
        with pytest.MonkeyPatch.context() as patch, logging_to(folder):
            patch.setattr(watching, "EVERY", timedelta(seconds=1))
            patch.delenv("TEMPORAL_ADDRESS", raising=False)
            async with running(settings) as up:
                assert (await send_batch(up.client, WELL, [parse_event(entry(WELL))])).answer
                async with stuck_journey(up.client, STUCK):
                    yield Service(settings, up, mail, token)


@contextmanager
def logging_to(folder: Path) -> Iterator[None]:
    """The log as `up` writes it, in a file and not among what commands print."""
    root, before, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    with logs_in(folder, "INFO"):
        yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def entry(child: str) -> dict[str, Any]:
    day = datetime.now(UTC).date() - timedelta(days=5)
    return raw_events(f"{day} became_looked_after @{child} #{child}-in")[0]


async def until(holds: Callable[[], Any]) -> Any:
    """What something answers once it answers it."""
    async with asyncio.timeout(PATIENCE):
        while not (held := await holds()):
            await asyncio.sleep(0.2)
    return held


async def until_served(service: Service, *wanted: str) -> str:
    """The metrics, once all these lines are among them."""

    async def served() -> str:
        text = await service.metrics()
        return text if all(re.search(line, text, re.MULTILINE) for line in wanted) else ""

    return str(await until(served))


async def test_a_stuck_journey_comes_first_in_the_caseload(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    async def flagged() -> int:
        return (await service.up.client.count_workflows(FAILING)).count

    await until(flagged)

    async def listed() -> bool:
        return len(await caseload(service.up.client)) == 2

    await until(listed)
    rows = await caseload(service.up.client)
    assert [(row.child, row.stuck) for row in rows] == [(STUCK, "failing"), (WELL, None)]
    await show_caseload(service.settings, as_json=False)
    said = capsys.readouterr().out
    assert "STUCK: its workflow tasks fail" in said
    assert "1 journey is stuck" in said
    await show_caseload(service.settings, as_json=True)
    assert [row["stuck"] for row in json.loads(capsys.readouterr().out)] == ["failing", None]


async def test_of_those_who_are_listed_only_what_a_list_cannot_know_is_asked(service: Service) -> None:
    client = service.up.client

    async def both_run() -> bool:
        return len(await caseload(client)) == 2

    await until(both_run)
    well = await differences(client, {WELL, STUCK})
    assert (set(well.journeys), well.not_running) == ({STUCK}, frozenset()), "a row only of the one that stands still"
    unlisted = await differences(client, {STUCK})
    assert (set(unlisted.journeys), unlisted.not_running) == ({STUCK, WELL}, frozenset())
    missing = await differences(client, {STUCK, "MISSING-1"})
    assert (set(missing.journeys), missing.not_running) == ({STUCK, WELL}, frozenset({"MISSING-1"})), (
        "as many, and not the same"
    )
    assert (await differences(client, ())).journeys.keys() == {STUCK, WELL}
    many = await differences(client, {WELL, STUCK, *(f"{'X' * 60}-{number}" for number in range(70_000))})
    assert len(many.not_running) == 70_000, "more than the server takes in one question"
    assert many.journeys.keys() == {STUCK, WELL}


async def test_status_says_at_once_what_is_wrong_and_which_command_mends_it(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(CommandFailed) as failed:
            await show_status(service.settings, STUCK, as_json=True)
    said = str(failed.value)
    assert f"The journey of {STUCK} is stuck: its workflow task fails" in said
    assert f"permanence record restart {STUCK} --replace" in said
    assert "canary" not in said
    assert json.loads(capsys.readouterr().out)["problem"]["kind"] == "failing"
    await show_status(service.settings, WELL, as_json=True)
    assert json.loads(capsys.readouterr().out)["problem"] is None


async def test_metrics_and_health_tell_of_it_and_no_label_names_a_child(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    text = await until_served(service, r'^permanence_journeys_stuck\{kind="failing".*\} 1$')
    assert re.search(r"^permanence_journeys_running\{.*\} 2$", text, re.MULTILINE)
    assert STUCK not in text
    with pytest.raises(CommandFailed, match="runbook"):
        await show_health(service.settings, as_json=True)
    stated = json.loads(capsys.readouterr().out)["findings"]
    stated.pop("disk", None)  # of the machine that tests
    assert stated == {"journeys_failing": {"count": 1, "named": [STUCK]}}


def test_what_changes_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []

    class Log:
        def error(self, event: str, *, what: str, **_: object) -> None:
            said.append((event, what))

        info = error

    def seen(count: int) -> Look:
        stuck = [Stuck("failing", count, ("A-1",)[:count])]
        server = OnServer(journeys=1, workers=1, stuck=stuck, standing={"inbox": True}, schedules={})
        return Look(datetime.now(UTC), server, "the case record cannot be used: it is locked", free=0.5, backup=None)

    monkeypatch.setattr(watching, "log", Log())
    watch = watching.Lookout(MetricMeter.noop)
    for count in (0, 1, 1, 0, 0):
        watch.see(seen(count))
    assert said == [
        ("watch_found", "record"),
        ("watch_found", "journeys_failing"),
        ("watch_well_again", "journeys_failing"),
    ]


async def test_schedules_that_are_well_are_asked_after_at_each_fifth_look(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_at: list[int] = []
    looks = 0

    async def looked(_client: object, _record: object, _settings: object, _retrying: object, schedules: object) -> Look:
        nonlocal looks
        looks += 1
        asked_at.extend([looks] if schedules is None else [])
        if looks == 7:
            raise OSError("home is away")
        server = OnServer(1, 1, (), {}, {"digests": looks != 13})
        away = "the Temporal server does not answer"
        return Look(datetime.now(UTC), away if looks == 9 else server, "away", free=0.5, backup=None)

    monkeypatch.setattr(watching, "look", looked)
    monkeypatch.setattr(watching, "meter_of", lambda _: MetricMeter.noop)
    monkeypatch.setattr(watching, "EVERY", timedelta())
    nobody: Any = None
    async with watching.watching(nobody, nobody, nobody, Retries()):
        while looks < 16:
            await asyncio.sleep(0)
    after_what_failed, after_no_answer, after_a_paused_one = 8, 10, 14
    asked_at = [number for number in asked_at if number <= 16]
    assert asked_at == [1, 6, after_what_failed, after_no_answer, 11, after_a_paused_one, 16]


async def test_a_journey_that_has_not_woken_for_a_due_date_is_found_without_any_flag(service: Service) -> None:
    rows = {row.child: row for row in await caseload(service.up.client)}
    due = rows[WELL].next_due
    assert due is not None
    morning = datetime(due.year, due.month, due.day, 6, tzinfo=UTC)
    for days, expected in ((0, 0), (1, 1)):
        assert (await service.up.client.count_workflows(overslept(morning + timedelta(days=days)))).count == expected
    midnight = morning - timedelta(hours=6) + timedelta(days=1, minutes=1)
    assert (await service.up.client.count_workflows(overslept(midnight))).count == 0, "it has ten minutes to wake"


async def test_it_is_proved_from_timer_to_delivered_message_and_no_list_of_children_has_it(service: Service) -> None:
    await service.up.client.get_schedule_handle(DAILY_PROOF.name).trigger()

    async def arrived() -> list[Any]:
        return [mail for mail in service.mail.mails if "daily proof" in mail["Subject"]]

    [mail] = await until(arrived)
    assert mail["To"] == "s.worker@example.org"
    assert "Nothing is to be done" in mail.get_content()

    proof = await until(lambda: asyncio.to_thread(Proofs(service.up.record.engine).last))
    assert proof.reached == "people"
    assert timedelta() < proof.took < timedelta(minutes=1)
    await until_served(service, r'^permanence_proof_timestamp_seconds\{reached="people".*\} 1\.?\d')
    run = await until_run(service.up.client, DAILY_PROOF.name)
    assert (await service.up.client.get_workflow_handle(run).result()).startswith("from timer to people in ")
    events = (await service.up.client.get_workflow_handle(run).fetch_history()).events
    assert [event.HasField("timer_fired_event_attributes") for event in events].count(True) == 1

    record, outbox = service.up.record, Outbox(service.up.record.engine)
    assert record.children() == [WELL]
    assert PROOF not in {one.action.child for one in record.actions()}
    assert PROOF not in {child for child, _ in record.keys_sent()}
    assert PROOF not in {item.child for item in record.outbox()}
    assert PROOF not in {row.child for row in outbox.rows()}
    assert [row.child for row in outbox.rows(PROOF)] == [PROOF]
    assert sum(outbox.counts().values()) == record.summary()["outbox"] == len(outbox.rows())
    assert PROOF not in {row.child for row in await caseload(service.up.client)}


async def test_a_journey_that_sleeps_and_cannot_be_asked_is_named_from_the_nightly_look_on(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """No task of it has failed: it has none before the next date."""
    client = service.up.client
    async with unasked_journey(client, SLEEPS):
        await client.get_schedule_handle("journeys").trigger()

        async def named() -> bool:
            seen = (await look(client, service.up.record, service.settings, ask_silent=True)).stuck
            return {one.kind: one.children for one in seen}["silent"] == (SLEEPS,)

        await until(named)
        with pytest.raises(CommandFailed):
            await show_health(service.settings, as_json=True)
        stated = json.loads(capsys.readouterr().out)["findings"]
        assert stated["journeys_silent"] == {"count": 1, "named": [SLEEPS]}
        assert stated["journeys_failing"]["named"] == [STUCK], "the look has no answer of it either, and its tasks fail"
        with pytest.raises(CommandFailed):
            await show_health(service.settings, as_json=False)
        assert f"do not answer: they fail once they wake (`permanence status CHILD`): {SLEEPS}" in " ".join(
            capsys.readouterr().out.split()
        )
    with pytest.raises(CommandFailed):
        await show_health(service.settings, as_json=True)
    assert "journeys_silent" not in json.loads(capsys.readouterr().out)["findings"], "it was mended since"


def test_of_many_that_do_not_answer_the_first_are_named_and_found_again_in_the_words() -> None:
    children = [f"S-{number:03}" for number in range(30)]
    assert silent_in(f"Journeys: 1 lacked events; 30 {silent_in_words(children)}.") == children[:20]
    assert silent_in(f"Journeys: 1 {silent_in_words(['S-1.2'])}.") == ["S-1.2"]
    assert silent_in("all 20 journeys run and agree with the case record") == []


async def test_every_metric_that_alerts_and_dashboard_name_is_truly_served(service: Service) -> None:
    for nightly in ("reconcile", "journeys", "sync"):
        await service.up.client.get_schedule_handle(nightly).trigger()
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{service.up.intake_url}/metrics")).status_code == 401
        bearer = {"authorization": f"Bearer {service.token}"}
        assert (await http.post(f"{service.up.intake_url}/events", json=entry(WELL), headers=bearer)).status_code == 202
    wanted = named_in_deploy()

    async def all_served() -> bool:
        return wanted <= names_in(await service.metrics())

    try:
        await until(all_served)
    except TimeoutError:
        missing = wanted - names_in(await service.metrics())
        pytest.fail(f"named in deploy/ and served by nobody: {sorted(missing)}")


async def test_look_and_watch_see_a_paused_schedule_and_a_standing_process_that_is_gone(service: Service) -> None:
    client = service.up.client
    await until_served(service, r'^permanence_schedule_active\{.*schedule="digests".*\} 1')
    await client.get_schedule_handle("digests").pause()
    await client.get_workflow_handle("standing-inbox").terminate()

    async def seen() -> bool:
        server = (await look(client, service.up.record, service.settings)).server
        assert not isinstance(server, str)
        return (server.standing, server.schedules["digests"]) == ({"inbox": False, "outbox": True}, False)

    await until(seen)
    await until_served(service, r'^permanence_schedule_active\{.*schedule="digests".*\} 0')
    await client.get_schedule_handle("digests").unpause()
    await until_served(service, r'^permanence_schedule_active\{.*schedule="digests".*\} 1')


async def test_a_send_that_is_not_answered_says_what_was_taken_for_certain_and_that_it_may_be_sent_again(
    service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ANSWER_WITHIN", timedelta(seconds=2))
    known = KnownEvent(known_at=datetime.now(UTC), event=entry(STUCK))
    service.up.record.write(RecordEntry(child=STUCK, decided_at=known.known_at, events=[known]))
    later = {**entry(STUCK), "type": "care_plan_updated", "id": "S-2", "date_of_birth": None, "legal_status": None}
    sent = [entry(WELL), entry(STUCK), {key: value for key, value in later.items() if value is not None}]
    lines = [EventLine(number, parse_event(raw)) for number, raw in enumerate(sent, 1)]
    with pytest.raises(CommandFailed) as failed:
        await send_lines(service.settings, lines, None, as_json=False)
    said = str(failed.value)
    assert f"{STUCK}: taken for certain, by the case record: {STUCK}-in; not known: S-2, which may be taken yet" in said
    assert "Send them again: a journey knows by their ids which events it has, and takes none twice." in said
    assert f"permanence record restart {STUCK} --replace" in said
    out = capsys.readouterr().out
    assert WELL in out
    assert STUCK not in out


async def test_a_send_to_a_child_whose_policy_was_taken_away_says_which_it_is(service: Service) -> None:
    known = KnownEvent(known_at=datetime.now(UTC), event=entry("CLA-GONE") | {"policy": "newtown"})
    service.up.record.write(RecordEntry(child="CLA-GONE", decided_at=known.known_at, events=[known]))
    met = EventLine(1, parse_event({"type": "review_held", "id": "G-1", "child": "CLA-GONE", "on": known.event["on"]}))
    with pytest.raises(CommandFailed, match="CLA-GONE: policy 'newtown' is unknown; known: england-statutory, "):
        await send_lines(service.settings, [met], None, as_json=False)

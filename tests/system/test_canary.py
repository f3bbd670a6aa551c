"""A planted name, date of birth and contact go through the whole running service, and show nowhere in the clear.

Nowhere is: subjects, addresses of the web, log lines, metrics, answers to callers, search attributes, workflow ids,
summaries and failures in Temporal, and the files of its store; nor the texts of messages and calendars. The case record
holds events as they came: that is another matter (docs/operating.md).
"""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from delivery.case_now import Cases
from delivery.channels.smtp import SmtpChannel, SmtpSettings
from delivery.choices import next_digest
from delivery.directory_file import DirectoryFile
from delivery.links import Links
from delivery.post import Post
from delivery.settings import DeliverySettings
from delivery.tokens import Tokens, key_in
from delivery.writing import Writer
from domain.case.calendar import england_and_wales
from domain.policy.loading import Policies
from intake.credentials import Credentials
from record.store import CaseRecord
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import own_port
from service.sealing import SEALED
from tests.delivery.notify_stand_in import KEY, TEMPLATE, NotifyStandIn
from tests.delivery.test_webhook import SECRET, Receiver
from tests.domain.story import raw_events
from tests.local.programs import Up, up
from tests.local.working_day import escalated
from tests.structure.test_logs import BORN, CONTACT, NAME, assert_clean
from tools.faults.mailserver import MailServer
from workflows.protocol import workflow_id

pytestmark = [pytest.mark.server, pytest.mark.slow]
NOW = datetime.now(UTC)
SENDER = "Permanence <permanence@county.example>"
UNKNOWN_CONTACT = "other-canary-contact@example.org"
DIRECTORY = f"""
fallback = "duty-desk"

[people.s-worker]
name = "{NAME}"
email = "{CONTACT}"

[people.i-reader]
name = "{NAME}"
email = "reader-{CONTACT}"
reminders = "daily"
escalations = "daily"

[people.n-manager]
name = "{NAME}"
email = "manager-{CONTACT}"
channels = ["notify"]

[teams.duty-desk]
email = "duty-{CONTACT}"

[teams.case-system]
webhook = "HOOK"
"""


@dataclass
class Scene:
    """The service, the world around it, and somebody who calls it."""

    service: Up
    home: Path
    url: str
    token: str
    mail: MailServer
    notify: NotifyStandIn
    hook: Receiver

    def post(self, document: Any) -> httpx.Response:
        """Send events as a case system does."""
        return httpx.post(f"{self.url}/events", json=document, headers=self._authorization, timeout=30)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=self._authorization, timeout=30)

    def metrics(self) -> str:
        return httpx.get(self.service.address("Metrics"), timeout=30).text

    @property
    def _authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def logged(self) -> str:
        """Every line that any part of it has written, the server's own log included."""
        return "\n".join(path.read_text("utf-8", "replace") for path in self.home.rglob("*") if is_log(path))

    def escalations(self) -> list[EmailMessage]:
        return [mail for mail in self.mail.mails if "escalation" in mail["Subject"]]


def is_log(path: Path) -> bool:
    return path.suffix in (".log", ".out")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home, port = tmp_path_factory.mktemp("canary"), own_port()
    url = f"http://127.0.0.1:{port}"
    token = Credentials(home / "credentials.toml").add(
        "case-system", ["events:write", "inbox:read", "metrics:read"], signing=False
    )
    with MailServer() as mail, NotifyStandIn() as notify, Receiver() as hook:
        directory = home / "directory.toml"
        directory.write_text(
            DIRECTORY.replace("HOOK", hook.url).replace(
                'fallback = "duty-desk"', 'fallback = "duty-desk"\ncopies = "case-system"'
            ),
            "utf-8",
        )
        with up(
            home,
            PERMANENCE_DEFAULT_POLICY="ppm-procedure",
            PERMANENCE_INTAKE_PORT=str(port),
            PERMANENCE_LINKS_URL=url,
            PERMANENCE_DELIVERY_CHANNELS="smtp,notify,webhook",
            PERMANENCE_DELIVERY_DIRECTORY=str(directory),
            PERMANENCE_SMTP_HOST="127.0.0.1",
            PERMANENCE_SMTP_PORT=str(mail.port),
            PERMANENCE_SMTP_SECURITY="none",
            PERMANENCE_SMTP_SENDER=SENDER,
            PERMANENCE_NOTIFY_API_KEY=KEY,
            PERMANENCE_NOTIFY_BASE_URL=notify.url,
            PERMANENCE_NOTIFY_TEMPLATES=json.dumps({"default": TEMPLATE}),
            PERMANENCE_WEBHOOK_SECRET=SECRET,
            PERMANENCE_WEBHOOK_NETWORKS="127.0.0.0/8",
        ) as service:  # fmt: skip
            one = Scene(service, home, url, token, mail, notify, hook)
            tell(one)
            yield one


def ago(days: int) -> str:
    return str(NOW.date() - timedelta(days=days))


def tell(scene: Scene) -> None:
    """Events that hold what is personal wherever an event can; the good are taken, the bad refused and kept."""
    happened = f"""
    {ago(12)} became_looked_after @K-1 #k-in date_of_birth={BORN}
    {ago(12)} person_assigned @K-1 #k-iro role=iro contact=i-reader
    {ago(12)} person_assigned @K-1 #k-cs role=case_supervisor contact=n-manager
    {ago(11)} ppm_held @K-1 #k-ppm primary_plan=adoption
    {ago(10)} plan_changed @K-1 #k-plan
    """
    events = [event | {"note": f"{NAME}, born {BORN}", "by": NAME} for event in raw_events(happened)]
    events[0] |= {"people": {"social_worker": "s-worker", "ppm_chair": UNKNOWN_CONTACT}}
    events[4] |= {"reasons": f"{NAME} asked for it"}
    batches = events[:1], events[1:]  # all at once they would be a history, told in one summary later
    asyncio.run(escalated(scene.service.address("Temporal server"), scene.home, "K-1", batches))
    for documents in batches:
        answer = scene.post(documents)
        assert answer.status_code == 202, answer.text
    bad = [
        {"type": "ppm_held", "id": "b1", "child": "K-1", "on": NAME, "primary_plan": NAME, NAME: NAME},
        {"type": "person_assigned", "id": "b2", "child": "K-1", "on": ago(1), "role": NAME, "contact": CONTACT},
        {"type": "became_looked_after", "id": "b3", "child": "K-3", "on": ago(1), "date_of_birth": BORN + "T"},
        {"type": "review_held", "id": "b4", "child": "K-4", "on": ago(1), "note": NAME},
        {"type": NAME, "id": NAME, "child": NAME},
        NAME,
    ]
    for document in bad:
        answer = scene.post(document)
        assert_clean("an answer to a caller", answer.text)


async def until(holds: Any) -> None:
    async with asyncio.timeout(40):
        while not holds():
            await asyncio.sleep(0.1)


def texts(mail: EmailMessage) -> str:
    return "".join(str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")


def digests(scene: Scene) -> str:
    """Everyone's digests, of the next working day at nine: the service's own schedule waits for that."""
    record = CaseRecord.open(f"sqlite:///{scene.home / 'case-record.db'}")
    smtp = SmtpSettings(host="127.0.0.1", port=scene.mail.port, security="none", sender=SENDER)
    post = Post(
        DeliverySettings(channels=("smtp",)),
        {"smtp": SmtpChannel(smtp)},
        DirectoryFile(scene.home / "directory.toml"),
        Writer(),
    )
    nine = next_digest("daily", NOW, england_and_wales(NOW.year, NOW.year + 1))

    async def ask(_child: str) -> None:
        return None

    links = Links("http://ui.example", intake_url=scene.url, tokens=Tokens([key_in(scene.home)]))
    drain = post.drain(record, Policies.load().titles(), links, ask, lambda: nine)
    try:
        return post.digests(drain, Cases(Policies.load(), "ppm-procedure")).send()
    finally:
        record.close()


async def test_it_reaches_people_and_nothing_personal_is_in_what_they_get(scene: Scene) -> None:
    await until(lambda: scene.escalations() and scene.notify.taken and scene.hook.posts)
    assert digests(scene).startswith("1 sent")
    assert any("daily digest" in mail["Subject"] for mail in scene.mail.mails)
    assert {CONTACT, UNKNOWN_CONTACT, f"reader-{CONTACT}"} <= set(scene.mail.recipients)
    for mail in scene.mail.mails:
        assert_clean("a subject", mail["Subject"])
        assert_clean("a Message-ID", mail["Message-ID"])
        assert_clean("the text of a mail", texts(mail))
    for taken in scene.notify.taken:
        assert_clean("what Notify gets", json.dumps({k: v for k, v in taken.items() if k != "email_address"}))
    for headers, body in scene.hook.posts:
        assert_clean("what a webhook gets", f"{headers} {body}")


async def test_its_links_and_pages_hold_nothing_personal(scene: Scene) -> None:
    await until(scene.escalations)
    links = {link for mail in scene.mail.mails for link in re.findall(r"https?://\S+", texts(mail))}
    assert any("/acknowledge/" in link for link in links)
    for link in links:
        assert_clean("a link", link)
    [acknowledge, *_] = sorted(link.strip('">') for link in links if "/acknowledge/" in link)
    async with httpx.AsyncClient(base_url=scene.url, timeout=30) as http:
        for page in (await http.get(acknowledge), await http.post(acknowledge)):
            assert page.status_code == 200
            assert_clean("the page of a link", page.text)
        feed = await http.get(f"/calendar/{Tokens([key_in(scene.home)]).for_calendar('s-worker', 1)}.ics")
        assert "K-1" in feed.text
        assert_clean("a calendar", feed.text)
        assert_clean("a page that is not found", (await http.get(f"/calendar/{NAME}.ics")).text)


async def test_the_inbox_and_the_metrics_hold_nothing_personal(scene: Scene) -> None:
    for path in ("/inbox", "/metrics", "/readyz"):
        answer = scene.get(path)
        assert answer.status_code == 200
        assert_clean(path, answer.text)
    assert_clean("the worker's metrics", scene.metrics())


async def test_temporal_lists_and_names_nothing_personal(scene: Scene) -> None:
    client = await connect(scene.service.address("Temporal server"), ring=keys_in(scene.home))
    schedule = client.get_schedule_handle("digests")
    await schedule.trigger()
    async with asyncio.timeout(40):
        while not (await schedule.describe()).info.recent_actions:
            await asyncio.sleep(0.1)
    seen = 0
    async for run in client.list_workflows():
        seen += 1
        assert_clean("a listed run", str(run.raw_info))
        description = await client.get_workflow_handle(run.id).describe()
        assert_clean("its memo and attributes", f"{await description.memo()} {description.typed_search_attributes}")
        await in_its_history(client, run.id)
    assert seen >= 3  # a child and two standing processes; a schedule's run is listed a little later
    assert_clean("a schedule", str((await schedule.describe()).raw_description))


async def in_its_history(client: Client, run: str) -> None:
    """What is never encrypted: failures, summaries, attributes, and the names of things."""
    async for event in client.get_workflow_handle(run).fetch_history_events():
        assert_clean("a summary", str(event.user_metadata))
        assert_clean("a failure", str(event.activity_task_failed_event_attributes.failure))
        assert_clean("a failure", str(event.marker_recorded_event_attributes.failure))
        assert_clean("a refusal", str(event.workflow_execution_update_completed_event_attributes.outcome.failure))
        assert_clean("attributes", str(event.upsert_workflow_search_attributes_event_attributes))


async def test_what_temporal_keeps_holds_nothing_of_it_at_all(scene: Scene) -> None:
    """The files of the engine's store themselves: payloads are sealed before they come there."""
    kept = b"".join(path.read_bytes() for path in scene.home.glob("temporal.db*"))
    assert SEALED in kept
    for planted in (NAME, BORN, CONTACT, UNKNOWN_CONTACT):
        assert planted.encode() not in kept


async def test_the_planted_is_where_it_belongs_or_none_of_this_proves_anything(scene: Scene) -> None:
    record = CaseRecord.open(f"sqlite:///{scene.home / 'case-record.db'}")
    try:
        kept = json.dumps([known.event for known in record.history("K-1")])
    finally:
        record.close()
    assert all(canary in kept for canary in (NAME, BORN, UNKNOWN_CONTACT))
    assert workflow_id("K-1") == "child-K-1"


async def test_no_log_line_holds_anything_personal(scene: Scene) -> None:
    """The last: everything above has been logged by now."""
    logged = scene.logged()
    assert logged.count('"event"') > 20
    for event in ("event_taken", "delivery", "request"):
        assert f'"event": "{event}"' in logged
    for line in logged.splitlines():
        assert_clean("a log line", line)

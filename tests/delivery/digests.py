"""What tests of digests share: who reads how, what becomes known of a case, and a morning on which digests go."""

import re
from datetime import date
from email.message import EmailMessage

from delivery.case_now import Cases
from delivery.channels.smtp import SmtpChannel, SmtpSettings
from delivery.digesting import Digests
from delivery.directory_file import DirectoryFile
from delivery.post import Post
from domain.clocks.actions import Action
from record.entries import KnownEvent, RecordEntry
from tests.delivery.conftest import WRITER, Office, action
from tests.delivery.offices import OFFICE
from tests.delivery.test_mail import plain as mail_text
from tests.domain.story import london, policies
from tools.faults.mailserver import MailServer

DAILY = '[people.s-worker]\nreminders = "daily"'
ALL_DAILY = '[people.s-worker]\nreminders = "daily"\nescalations = "daily"'
WEEKLY = '[people.s-worker]\nreminders = "weekly"'
REMINDER = action(kind="reminder", rung=1, due=date(2026, 1, 26), obligation="first-review")
A_WEDNESDAY = REMINDER.model_copy(update={"due": date(2026, 1, 21)})
BREACH = action(kind="breach", rung=0, due=None, event="e9", message="CLA-1: No plan was made.", clause="S1 §2")


def by_mail(office: Office, mail: MailServer) -> Office:
    """A child of s-worker in care since 24 December, whose planning meeting was due on 7 January; told by mail."""
    settings = SmtpSettings(host="127.0.0.1", port=mail.port, security="none", sender="p@county.example", timeout=5)
    office.channels = {"smtp": SmtpChannel(settings)}
    office.child(social_worker="s-worker")
    return office


def sam_reading_daily(office: Office, mail: MailServer) -> Office:
    """Sam Worker, who reads reminders daily."""
    by_mail(office, mail)
    chosen(office, DAILY)
    return office


def plain(mail: EmailMessage) -> str:
    """The words of a mail."""
    return mail_text(mail).replace("\r\n", "\n")


async def held(office: Office, *actions: Action, at: str = "2026-01-19 15:00") -> None:
    """Something is decided, and held for a digest."""
    office.now = london(*at.split())
    office.decide(*(actions or (REMINDER,)))
    await office.deliver()


def chosen(office: Office, how: str, more: str = "") -> None:
    """Sam Worker chooses."""
    office.people(OFFICE.replace("[people.s-worker]", how) + more)


def reading_daily(text: str, *keys: str) -> str:
    """A directory in which some read everything daily."""
    for key in keys:
        text = re.sub(
            rf"^(\[\w+\.{key}\])$", r'\1\nreminders = "daily"\nescalations = "daily"', text, flags=re.MULTILINE
        )
    return text


def away(key: str, since: str, until: str, cover: str) -> str:
    return f'\n[[people.{key}.absent]]\nfrom = {since}\nuntil = {until}\ncover = "{cover}"\n'


async def morning(office: Office, day: str) -> None:
    """Digests go, and then what waits in the outbox."""
    office.now = london(day, "09:00")
    digests(office).send()
    await office.deliver()


def digests(office: Office) -> Digests:
    post = Post(office.settings, office.channels, DirectoryFile(office.folder / "people.toml"), WRITER)
    return post.digests(office.worker(), Cases(policies(), "ppm-procedure"))


def assigned(office: Office, day: str, contact: str) -> None:
    """Another social worker from a day on."""
    happened(office, day, type="person_assigned", on=day, role="social_worker", contact=contact)


def happened(office: Office, day: str, **event: str) -> None:
    event |= {"id": f"CLA-1-{event['type']}-{day}", "child": "CLA-1"}
    known = KnownEvent(known_at=london(day, "08:00"), event=event)
    office.record.write(RecordEntry(child="CLA-1", decided_at=known.known_at, events=[known]))

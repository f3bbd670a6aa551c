"""`permanence health`: what the watch sees, in words, for whoever is called because something is wrong."""

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.errors import CommandFailed
from cli.options import Json
from cli.output import print_json
from cli.running import settings
from cli.screen import console
from delivery.proofs import Proof
from domain.case.events import LONDON
from journeys.looking import NEVER, InRecord, Look, OnServer, look
from journeys.watching import findings
from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.locate import find_service, record_of_service
from service.settings import Settings

WORDS = {
    "record": "The case record cannot be written",
    "left_out": "Children in no list: the case record cannot be read of them (`permanence record verify CHILD`)",
    "server": "The server cannot be asked",
    "night": "The nightly reading of the source (`permanence sync report`)",
    "workers": "No worker polls the task queue: nothing wakes",
    "journeys_failing": "Journeys whose workflow tasks fail (`permanence status CHILD`)",
    "journeys_overslept": "Journeys that have not woken though a due date has passed (`permanence status CHILD`)",
    "journeys_silent": "Journeys that sleep and do not answer: they fail once they wake (`permanence status CHILD`)",
    "journeys_abandoned": "Journeys on a release that has no workers (`permanence release show`)",
    "releases": "Releases (docs/releases.md)",
    "standing": "Standing processes that do not get on",
    "schedules": "Schedules that are paused or not there",
    "messages": "Messages that somebody must see to (`permanence outbox`)",
    "channels": "Channels by which nothing goes (`permanence outbox`)",
    "outbox": "A message has waited for more than an hour (`permanence outbox`)",
    "proof": "The daily proof has not arrived for more than a day",
    "backup": "No backup of the last day stands in the folder of PERMANENCE_BACKUPS",
    "disk": "Less than a tenth of the disk is free",
}


def health(*, as_json: Json = False) -> None:
    """Is all well? Stuck journeys, workers, standing processes, schedules, the outbox, the daily proof, the disk.

    Ends with exit code 1 where something is not, and docs/runbook.md says what to do about it.
    """
    asyncio.run(show_health(settings(), as_json=as_json))


async def show_health(settings: Settings, *, as_json: bool) -> None:
    """One look at the service. Raises CommandFailed if anything is not as it should be."""
    client = await find_service(settings)
    try:
        record = CaseRecord.open(record_of_service(settings))
    except RecordUnavailable as unavailable:
        raise CommandFailed(f"{unavailable}; docs/runbook.md, RecordDown, says what to do") from None
    try:
        seen = await look(client, record, settings, ask_silent=True)
    finally:
        record.close()
    if as_json:
        print_json(_as_data(seen))
    else:
        _show(seen, console())
    if findings(seen):
        raise CommandFailed("not everything is well; docs/runbook.md says for each finding what to do")


def _show(seen: Look, out: Console) -> None:
    if isinstance(seen.server, OnServer):
        journeys, workers = seen.server.journeys, seen.server.workers
        out.print(
            f"{_counted(journeys, 'journey')} {'runs' if journeys == 1 else 'run'}; "
            f"{_counted(workers, 'worker')} {'asks' if workers == 1 else 'ask'} for work."
        )
    if isinstance(seen.record, InRecord):
        since = seen.record.waits_since
        out.print(f"The oldest message waits since {_moment(since)}." if since else NO_MAIL)
        out.print(proved(seen.record.proof))
        if seen.record.night_ended:
            out.print(f"The source was last read to the end on {_moment(seen.record.night_ended)}.")
    out.print(f"{seen.free:.0%} of the disk is free." + _backed_up(seen.backup))
    findings_now = findings(seen)
    for what, (count, named) in findings_now.items():
        names = f": {', '.join(named)}" if named else ""
        out.print(Text(f"{WORDS[what]}: {count}{names}" if count > 1 else f"{WORDS[what]}{names}", style="bold red"))
    if not findings_now:
        out.print(Text("All is well.", style="green"))


NO_MAIL = "No message waits."


def proved(proof: Proof | None) -> str:
    """When the way was last proved, and how far."""
    if proof is None:
        return "Not proved yet from timer to delivered message: the schedule `proof` does so daily at 07:30."
    when, seconds = _moment(proof.at), proof.took.total_seconds()
    if proof.reached == "people":
        return f"Proved last on {when}: from timer to delivered message in {seconds:.1f} s."
    return f"Proved last on {when}, as far as the outbox, in {seconds:.1f} s: nobody is named to read it."


def _backed_up(backup: datetime | None) -> str:
    return f" The newest backup is of {_moment(backup)}." if backup and backup > NEVER else ""


def _moment(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%A %d %B %Y at %H:%M}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _as_data(seen: Look) -> dict[str, Any]:
    """The look as data, with instants as text."""
    data: dict[str, Any] = {
        "findings": {what: {"count": n, "named": list(who)} for what, (n, who) in findings(seen).items()}
    }
    if isinstance(seen.server, OnServer):
        data |= {name: value for name, value in asdict(seen.server).items() if name != "stuck"}
    if isinstance(seen.record, InRecord):
        proof = seen.record.proof
        data["outbox_waits_since"] = seen.record.waits_since and seen.record.waits_since.isoformat()
        data["proof"] = proof and {
            "at": proof.at.isoformat(),
            "seconds": proof.took.total_seconds(),
            "reached": proof.reached,
        }
        data["night_ended"] = seen.record.night_ended and seen.record.night_ended.isoformat()
    return data | {
        "at": seen.at.isoformat(),
        "disk_free": seen.free,
        "backup": seen.backup.isoformat() if seen.backup and seen.backup > NEVER else None,
    }

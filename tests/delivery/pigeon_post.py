"""A message by pigeon, from the settings to the ledger. Run by test_new_channel.py, where pigeons are registered."""

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from cli.app import app
from delivery.directory import DirectoryRefused, read_directory
from delivery.links import Links
from delivery.post import Post
from delivery.still import JourneyNow
from record.store import CaseRecord
from service.settings import Settings, variables
from tests.delivery.conftest import NINE, TITLES, Office, action


async def nobody(_child: str) -> JourneyNow | None:
    return None


def by_pigeon() -> None:
    """Live through it in the folder that the settings name, and print what was seen."""
    settings = Settings()
    record = CaseRecord.open(settings.record_url)
    office = Office(settings.home, record)
    office.people('fallback = "duty"\n[teams.duty]\nloft = "loft-3"\n')
    office.child()
    office.decide(action())
    post = Post.of(settings.delivery, settings.channels)
    asyncio.run(office.deliver(post.drain(record, TITLES, Links("https://ui.example.org"), nobody, lambda: NINE)))
    told = office.told()
    record.close()
    seen = {
        "variables": [name for name in variables() if "PIGEON" in name],
        "told": told,
        "in the loft": Path(settings.home / "loft-3").read_text("utf-8"),
        "directory": said('fallback = "duty"\n[teams.duty]\nloft = "attic"\n'),
        "channel": said('fallback = "duty"\n[teams.duty]\nloft = "loft-3"\nchannels = "pigoen"\n'),
        "people": CliRunner().invoke(app, ["people"]).output,
        "ledger": CliRunner().invoke(app, ["outbox", "ledger", "CLA-1"]).output,
    }
    print(json.dumps(seen))  # noqa: T201 (read by the test)


def said(directory: str) -> str:
    try:
        read_directory(directory, "people.toml")
    except DirectoryRefused as refused:
        return str(refused)
    return "it stands"

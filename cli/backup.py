"""`permanence backup`: both stores copied while the service runs, in the order that loses nothing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CommandFailed, Refused
from cli.options import Json
from cli.output import print_json
from cli.running import settings
from cli.screen import console
from record.copying import UNFINISHED, CopyRefused, copy_database
from record.engine import address_in
from service.settings import Settings

ENGINE, RECORD = "temporal.db", "case-record.db"


def backup(
    *, folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder for backups.")], as_json: Json = False
) -> None:
    """Copy the embedded server's database and the case record, while the service runs, into a new folder in DIR.

    The server's first, then the record, so that the record has all that the journeys know and never less. A record in
    PostgreSQL is for pg_dump, after this; a Temporal server of your own for its own backup, before.
    """
    here, now = settings(), datetime.now(UTC)
    sources = list(_sources(here))
    if not sources:
        raise CommandFailed(f"there is nothing to back up in {here.home}; PERMANENCE_HOME says where else")
    place = folder / f"{now:%Y-%m-%dT%H%M%SZ}"
    if place.exists():
        raise Refused(f"{place} is there already")
    try:
        with _begun(place) as begun:
            for source, name in sources:
                copy_database(source, begun / name)
            begun.rename(place)
    except FileExistsError:
        raise Refused(f"{place} is being made by another just now") from None
    except OSError as error:
        raise Refused(f"{place}: it cannot be made: {error.strerror}") from None
    except CopyRefused as refused:
        raise CommandFailed(f"{refused}; no backup was made") from None
    _show(place, [name for _, name in sources], as_json=as_json)


@contextmanager
def _begun(place: Path) -> Iterator[Path]:
    """A folder to fill, under a name that the watch passes over: half a backup would be the newest.

    One that is cut off is taken away; one that was killed is left to see.
    """
    begun = place.with_name(place.name + UNFINISHED)
    begun.mkdir(mode=0o700, parents=True)
    try:
        yield begun
    finally:
        shutil.rmtree(begun, ignore_errors=True)


def _sources(here: Settings) -> Iterator[tuple[Path, str]]:
    """What is copied, in its order: see the order in docs/restoring.md before changing it."""
    engine, address = here.home / ENGINE, address_in(here.record_url)
    if engine.exists():
        yield engine, ENGINE
    if address.get_backend_name() != "sqlite":
        return
    record = Path(address.database or "")
    if record.exists():
        yield record, RECORD
    elif here.database_url or engine.exists():
        raise CommandFailed(
            f"there is no case record at {record}, and nothing was backed up: PERMANENCE_HOME and "
            "PERMANENCE_DATABASE_URL say where it is"
        )


def _show(place: Path, names: list[str], *, as_json: bool) -> None:
    sizes = {name: (place / name).stat().st_size for name in names}
    if as_json:
        print_json({"folder": str(place), "bytes": sizes})
        return
    out = console()
    for name, size in sizes.items():
        out.print(f"{place / name}: {size:,} bytes", soft_wrap=True)
    if RECORD not in sizes:
        out.print("The case record is in a database server of yours: back it up now, after this.")
    if ENGINE not in sizes:
        out.print("The journeys are on a Temporal server of yours: they start again from the record if it is lost.")

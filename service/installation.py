"""One installation is one installation: the case record, the home folder and the Temporal server bear one identity.

It is made once, at random. What bears none, because it is new or was restored empty, takes it on; two that bear
different ones are never used together (docs/adr/0017-one-installation.md).
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, NamedTuple
from uuid import uuid4

from temporalio.client import Client

from record.installation import identity_of, take_on
from record.moving import unfence
from record.store import CaseRecord
from service.marks import mark_with, marked

FILE: Final = "installation.id"
"""In the home folder."""

KEY: Final = "permanence.installation"
"""In the data of the server's namespace."""


GONE: Final = "moved-"
"""Before the identity of what was moved elsewhere: whoever bears it begins no more."""


class TwoInstallations(RuntimeError):
    """What is to work together belongs to different installations; the text names both, and what to do."""


class Side(NamedTuple):
    """One of the three: what it is, in words, and the identity it bears, if any."""

    what: str
    identity: str | None


async def settle(home: Path, record: CaseRecord, client: Client) -> str:
    """See that the three are of one installation, and let those that bear no identity take it on; the identity.

    Raises TwoInstallations, RecordUnavailable, OSError, and temporalio's RPCError where the server does not answer.
    """
    sides = [await asyncio.to_thread(of_record, record), of_home(home), await of_server(client)]
    identity = agreed(sides) or uuid4().hex
    identity = await asyncio.to_thread(take_on, record.engine, identity, datetime.now(UTC))
    _write(home, identity)
    if sides[2].identity is None:
        await mark(client, identity)
    # Another program may have been first with one of them.
    agreed([Side(sides[0].what, identity), of_home(home), await of_server(client)])
    return identity


async def claim(home: Path, record: CaseRecord, client: Client | None) -> str:
    """Give home folder and server the identity of the case record, whatever they bear; that identity.

    What was moved elsewhere is thereby taken back.
    """
    bears = here_again(of_home(home).identity or uuid4().hex)
    identity = await asyncio.to_thread(take_on, record.engine, bears, datetime.now(UTC))
    if identity.startswith(GONE):
        identity = here_again(identity)
        await asyncio.to_thread(unfence, record.engine, identity)
    name_home(home, identity)
    if client is not None:
        await mark(client, identity)
    return identity


def agreed(sides: Iterable[Side]) -> str | None:
    """The identity of those that bear one, or None. Raises TwoInstallations if there are several, or one has moved."""
    bearers: dict[str, list[str]] = {}
    for side in sides:
        if side.identity and side.identity.startswith(GONE):
            raise TwoInstallations(
                f"{side.what} was moved to another server by `permanence move`, so nothing is begun from here. If it "
                "is to be used again all the same: `permanence installation claim`, once nothing runs where it was "
                "moved to (docs/cluster.md)"
            )
        if side.identity:
            bearers.setdefault(side.identity, []).append(side.what)
    if len(bearers) > 1:
        belonging = ", ".join(f"{' and '.join(whose)} to installation {name[:8]}" for name, whose in bearers.items())
        raise TwoInstallations(
            f"these do not belong together: {belonging}. Nothing was done. Name the right ones (PERMANENCE_HOME, "
            "PERMANENCE_DATABASE_URL, TEMPORAL_ADDRESS); or, if they are to belong together from now on, say so with "
            "`permanence installation claim` (docs/operating.md)"
        )
    return next(iter(bearers), None)


def of_record(record: CaseRecord) -> Side:
    """The case record. Raises RecordUnavailable."""
    where = record.engine.url.set(query={}).render_as_string(hide_password=True).removeprefix("sqlite:///")
    return Side(f"the case record {where}", identity_of(record.engine))


def of_home(home: Path) -> Side:
    """The home folder, which need not be there. Raises OSError."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return Side(f"the folder {home}", (home / FILE).read_text("utf-8").strip() or None)
    return Side(f"the folder {home}", None)


async def of_server(client: Client) -> Side:
    """The server's namespace. Raises temporalio's RPCError."""
    return Side(f"the Temporal server {client.service_client.config.target_host}", await marked(client, KEY))


async def mark(client: Client, identity: str) -> None:
    """Give the server's namespace an identity, where that is allowed. Raises temporalio's RPCError."""
    await mark_with(client, KEY, identity, "it is not checked whose it is")


def gone(identity: str) -> str:
    """What is borne by what was moved elsewhere."""
    return GONE + identity


def here_again(identity: str) -> str:
    """The identity itself, of what was moved elsewhere or not."""
    return identity.removeprefix(GONE)


def name_home(home: Path, identity: str) -> None:
    """Give a home folder an identity, whatever it bears. Raises OSError."""
    (home / FILE).unlink(missing_ok=True)
    _write(home, identity)


def _write(home: Path, identity: str) -> None:
    """Whole or not at all: a program killed here leaves no half identity."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=home, prefix=FILE) as made:  # readable by its own user only
        made.write(identity + "\n")
        made.flush()
        with suppress(FileExistsError):  # it bears one
            (home / FILE).hardlink_to(made.name)

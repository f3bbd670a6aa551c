"""One installation is one installation: record, home folder and server bear one identity, or are not used together."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

from intake.reach import Reach
from local.server import EmbeddedServer
from record.failures import RecordUnavailable
from record.store import CaseRecord
from service.connection import connect
from service.folder import ServerFolder
from service.installation import FILE, Side, TwoInstallations, agreed, claim, of_home, of_record, of_server, settle
from service.locate import NoService, find_service, record_beside
from service.ports import own_port
from service.settings import Settings
from tests.local.programs import quick

pytestmark = pytest.mark.server


@asynccontextmanager
async def server_in(folder: Path, port: int | None = None) -> AsyncIterator[Client]:
    async with EmbeddedServer(folder, ui=False, synchronous="OFF", grpc_port=port or own_port()) as server:
        yield await connect(server.address)


@contextmanager
def record_in(folder: Path) -> Iterator[CaseRecord]:
    folder.mkdir(exist_ok=True)
    record = CaseRecord.open(f"sqlite:///{folder / 'case-record.db'}")
    yield record
    record.close()


def restore(database: Path, folder: Path) -> None:
    folder.mkdir()
    with sqlite3.connect(database) as kept, sqlite3.connect(folder / database.name) as copy:
        kept.backup(copy)


@pytest.fixture(scope="module")
async def ours(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Path, CaseRecord, Client]]:
    """An installation whose server runs."""
    home = tmp_path_factory.mktemp("ours")
    async with server_in(home) as client:
        with record_in(home) as record:
            await settle(home, record, client)
            yield home, record, client


@pytest.fixture
def others(tmp_path: Path) -> Iterator[tuple[Path, CaseRecord]]:
    """The folder and record of another installation."""
    home = tmp_path / "others"
    with record_in(home) as record:
        asyncio.run(claim(home, record, None))
        yield home, record


async def test_what_is_empty_takes_the_identity_on_whichever_of_the_three_it_is(
    tmp_path: Path, ours: tuple[Path, CaseRecord, Client]
) -> None:
    """A record restored alone, Temporal's store restored alone, a second worker's new folder."""
    home, record, client = ours
    identity = of_home(home).identity
    assert identity
    assert (of_record(record).identity, (await of_server(client)).identity) == (identity, identity)

    assert await settle(tmp_path / "second", record, client) == identity
    with record_in(tmp_path / "new") as empty:
        assert await settle(tmp_path / "third", empty, client) == identity
        assert of_record(empty).identity == identity
    restore(home / "case-record.db", tmp_path / "restored")
    async with server_in(tmp_path / "restored") as new_server:
        with record_in(tmp_path / "restored") as restored:
            assert await settle(tmp_path / "restored", restored, new_server) == identity
        assert (await of_server(new_server)).identity == identity


async def test_two_that_bear_different_identities_are_refused_naming_both(
    ours: tuple[Path, CaseRecord, Client], others: tuple[Path, CaseRecord]
) -> None:
    (home, record, client), (folder, elsewhere) = ours, others
    for whose, which in ((folder, record), (home, elsewhere)):
        with pytest.raises(TwoInstallations) as refused:
            await settle(whose, which, client)
        for named in (
            str(whose),
            str(which.engine.url.database),
            "the Temporal server 127.0.0.1:",
            "installation claim",
        ):
            assert named in str(refused.value)
    assert of_home(folder).identity == of_record(elsewhere).identity != of_home(home).identity


async def test_up_in_folder_a_then_up_in_folder_b_then_send_with_a_as_home_is_refused(
    tmp_path: Path, ours: tuple[Path, CaseRecord, Client], others: tuple[Path, CaseRecord]
) -> None:
    """The port written in A's lock file answers, and it is B's server: it was written into B's record."""
    (_, _, b), (a, _) = ours, others
    port = int(b.service_client.config.target_host.split(":")[1])
    folder = ServerFolder(a)
    await folder.claim(1)
    folder.occupy(1, f"127.0.0.1:{port}", None)

    with pytest.raises(NoService, match=r"these do not belong together: the folder .* to installation"):
        await find_service(Settings(home=a))  # somebody holds the lock: the identities tell
    folder.release()
    with pytest.raises(NoService, match="no service runs in"):
        await find_service(Settings(home=a))  # nobody does: what is written there is not believed


async def test_a_named_server_and_a_named_record_are_checked_too(
    monkeypatch: pytest.MonkeyPatch, ours: tuple[Path, CaseRecord, Client], others: tuple[Path, CaseRecord]
) -> None:
    (home, record, client), (folder, elsewhere) = ours, others
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    with pytest.raises(NoService, match="do not belong together"):
        await find_service(Settings(home=folder))
    with pytest.raises(NoService, match="do not belong together"):
        await record_beside(client, Settings(home=home, database_url=str(elsewhere.engine.url)))
    (await record_beside(client, Settings(home=home))).close()

    reach = Reach(Settings(home=folder, database_url=str(record.engine.url)), client)
    with pytest.raises(RecordUnavailable, match="do not belong together"):
        reach.record()
    reach = Reach(Settings(home=folder), client)
    with pytest.raises(NoService, match="do not belong together"):
        await reach._server_is_ours()
    await reach.close()


def test_commands_on_the_record_check_the_folder_and_claim_says_that_all_is_ours_from_now_on(
    tmp_path: Path, others: tuple[Path, CaseRecord]
) -> None:
    home, record = others
    foreign = tmp_path / "foreign"
    with record_in(foreign) as another:
        asyncio.run(claim(foreign, another, None))
    shutil.copy(foreign / FILE, home / FILE)

    refused = quick(home, "record", "status")
    assert (refused.code, "do not belong together" in refused.err) == (1, True)
    shown = quick(home, "installation")
    assert (shown.code, str(of_home(foreign).identity) in shown.out) == (1, True)

    claimed = quick(home, "installation", "claim")

    assert claimed.code == 0, claimed.err
    assert of_home(home).identity == of_record(record).identity
    assert quick(home, "record", "status").code == 0


def test_the_identities_that_there_are_must_be_one() -> None:
    assert agreed([Side("a", None), Side("b", None)]) is None
    assert agreed([Side("a", None), Side("b", "1" * 32), Side("c", "1" * 32)]) == "1" * 32
    with pytest.raises(TwoInstallations, match="a and c to installation 11111111, b to installation 22222222"):
        agreed([Side("a", "1" * 32), Side("b", "2" * 32), Side("c", "1" * 32)])

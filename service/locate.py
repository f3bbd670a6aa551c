"""Where Temporal is: a server of the user's own if the environment or a profile names one, else an embedded one."""

from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from record.store import CaseRecord
from service.connection import DEFAULT_ADDRESS, by_certificates, connect, how_to_connect
from service.folder import ServerFolder
from service.installation import TwoInstallations, agreed, of_home, of_record, of_server
from service.keys_used import join_in, used_on
from service.payload_keys import KEY_FILE, KeyMissing, KeyRing, missing
from service.settings import Settings


class NoService(RuntimeError):
    """No Temporal server can be reached; the text says what to do."""


def named_address() -> str | None:
    """The address of a server of the user's own, from TEMPORAL_ADDRESS or a temporalio profile; None if none.

    Raises TemporalSettingsRefused.
    """
    return how_to_connect().get("target_host")


async def find_service(settings: Settings) -> Client:
    """A client of the running service: the server named, else that of `permanence up`, else of `permanence demo`.

    Raises NoService, also where the server is another installation's.
    """
    named = named_address()
    candidates = {named: settings.home} if named else _embedded_addresses(settings)
    for address, home in candidates.items():
        try:
            ring = settings.payloads.ring_if_any(home)
            client = await connect(address, ring=ring)
        except RuntimeError:
            continue
        await _refuse_another_installations(client, home)
        await _refuse_without_keys(client, ring, home)
        return client
    tried = (
        f"nothing answers at {', '.join(candidates)}{by_certificates()}"
        if candidates
        else f"no service runs in {settings.home}"
    )
    raise NoService(
        f"{tried}. Start one with `permanence up` (or `permanence demo`), "
        "or set TEMPORAL_ADDRESS to a Temporal server of your own"
    )


async def _refuse_another_installations(client: Client, home: Path) -> None:
    try:
        agreed([of_home(home), await of_server(client)])
    except TwoInstallations as two:
        raise NoService(str(two)) from None
    except RPCError as error:
        raise NoService(f"the Temporal server cannot be asked whose it is: {error.message}") from None


async def _refuse_without_keys(client: Client, ring: KeyRing | None, home: Path) -> None:
    """What the service has sealed cannot be read without its keys, nor is anything to be sent there in the clear."""
    try:
        if ring is not None:
            await join_in(client, ring)
        elif used := await used_on(client):
            raise NoService(missing(used, str(home / KEY_FILE)))
    except KeyMissing as gone:
        raise NoService(str(gone)) from None
    except RPCError as error:
        raise NoService(f"the Temporal server cannot be asked what it is sealed with: {error.message}") from None


async def record_beside(client: Client, settings: Settings) -> CaseRecord:
    """The case record of the service that was found. Raises RecordUnavailable, or NoService if it is another's."""
    record = CaseRecord.open(record_of_service(settings))
    try:
        agreed([of_record(record), await of_server(client)])
    except TwoInstallations as two:
        record.close()
        raise NoService(str(two)) from None
    return record


def service_address(settings: Settings) -> str:
    """Where the service's Temporal server is or will be, for a program that may start before it.

    Whether what answers there is the right one is asked when it does.
    """
    latest = ServerFolder(settings.home).latest_occupant()
    return named_address() or (latest.address if latest else DEFAULT_ADDRESS)


def _embedded_addresses(settings: Settings) -> dict[str, Path]:
    occupants = {home: ServerFolder(home).occupant() for home in (settings.home, settings.demo_home)}
    return {occupant.address: home for home, occupant in occupants.items() if occupant is not None}


def record_of_service(settings: Settings) -> str:
    """Where the case record of the service found is: the one set, or that of the folder whose server runs."""
    if settings.database_url or named_address() or ServerFolder(settings.home).occupant() is not None:
        return settings.record_url
    return f"sqlite:///{settings.demo_home / 'case-record.db'}"

"""Where Temporal is: a server of the user's own if the environment or a profile names one, else an embedded one."""

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from embedded.folder import ServerFolder
from service.connection import DEFAULT_ADDRESS, connect
from service.settings import Settings


class NoService(RuntimeError):
    """No Temporal server can be reached; the text says what to do."""


def named_address() -> str | None:
    """The address of a server of the user's own, from TEMPORAL_ADDRESS or a temporalio profile; None if none."""
    return ClientConfig.load_client_connect_config().get("target_host")


async def find_service(settings: Settings) -> Client:
    """A client of the running service: the server named, else that of `permanence up`, else of `permanence demo`.

    Raises NoService.
    """
    named = named_address()
    candidates = [named] if named else _embedded_addresses(settings)
    for address in candidates:
        try:
            return await connect(address)
        except RuntimeError:
            continue
    tried = f"nothing answers at {', '.join(candidates)}" if candidates else f"no service runs in {settings.home}"
    raise NoService(
        f"{tried}. Start one with `permanence up` (or `permanence demo`), "
        "or set TEMPORAL_ADDRESS to a Temporal server of your own"
    )


def service_address(settings: Settings) -> str:
    """Where the service's Temporal server is or will be, for a program that may start before it."""
    return named_address() or next(iter(_embedded_addresses(settings)), DEFAULT_ADDRESS)


def _embedded_addresses(settings: Settings) -> list[str]:
    occupants = [ServerFolder(folder).occupant() for folder in (settings.home, settings.demo_home)]
    return [occupant.address for occupant in occupants if occupant is not None]


def record_of_service(settings: Settings) -> str:
    """Where the case record of the service found is: the one set, or that of the folder whose server runs."""
    if settings.database_url or named_address() or ServerFolder(settings.home).occupant() is not None:
        return settings.record_url
    return f"sqlite:///{settings.demo_home / 'case-record.db'}"

"""The intake as part of a running service, or alone beside one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from socket import socket

from intake.app import Part, create_app
from intake.reach import Reach
from intake.serving import serving
from service.keeping import Keeper


@asynccontextmanager
async def intake(
    reach: Reach, keeper: Keeper | None = None, parts: Sequence[Part] = (), listener: socket | None = None
) -> AsyncIterator[str]:
    """Serve the intake for as long as the context lasts, kept going by the keeper; its address.

    It serves where `listener` listens, if one does already. Raises NoFreePort.
    """
    settings = reach.settings.intake
    try:
        async with serving(create_app(reach, parts), settings, keeper, listener) as url:
            yield url
    finally:
        await reach.close()

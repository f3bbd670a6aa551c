"""A program that begins a server on the folder it is given, says the server's number, and stays."""

import asyncio
import sys
from pathlib import Path

from local.server import EmbeddedServer


async def main() -> None:
    async with EmbeddedServer(Path(sys.argv[1]), ui=False) as server:
        sys.stdout.write(f"{server.pid}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


asyncio.run(main())

"""`make cluster`: a real Temporal cluster on this machine with our workers and intakes on it, until Ctrl-C."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from desk.desk import AT
from service.closing import close_to_others
from service.keeping import GaveUp
from service.logs import configure_logs
from service.ports import NoFreePort
from service.stopping import until_told
from tools.cluster.building import CannotBuild, built
from tools.cluster.database import DatabaseDidNotStart, reachable_by_nobody
from tools.cluster.engine import SchemaFailed
from tools.cluster.running import INTAKES, WORKERS, Cluster, DidNotStart, Wanted, running

FOLDER = Path(".cluster")
OF_NOBODY = (
    "root runs PostgreSQL as the user nobody, who may not look into {folder}: run this as another user, or name a "
    "folder that all may pass through (--folder)"
)


def main() -> int:
    """Run it until told to stop; the exit code."""
    close_to_others()
    asked, out = _arguments(), Console(highlight=False, soft_wrap=True)
    configure_logs("CRITICAL")  # what ends and begins is said in words
    try:
        programs = built(out.print)
        if asked.build:
            out.print(f"{programs.server}\n{programs.sql_tool}")
            return 0
        if not reachable_by_nobody(asked.folder):
            raise DidNotStart(OF_NOBODY.format(folder=asked.folder.absolute()))
        own = {name: value for name, value in os.environ.items() if name.startswith("PERMANENCE_")}
        wanted = Wanted(asked.folder.absolute(), programs, asked.workers, asked.intakes, clients=own)
        asyncio.run(until_told(_serve(wanted, out), stopping=lambda: out.print("Stopping.")))
    except (CannotBuild, DatabaseDidNotStart, DidNotStart, GaveUp, NoFreePort, SchemaFailed) as error:
        sys.stderr.write(f"cluster: {error}\n")
        return 1
    return 0


async def _serve(wanted: Wanted, out: Console) -> None:
    out.print("Starting PostgreSQL, Temporal's services, workers and intakes.")
    async with running(wanted, say=out.print) as cluster:
        show(cluster, out)
        await cluster.keeper.until_given_up()


def show(cluster: Cluster, out: Console) -> None:
    """The processes and addresses."""
    table = Table("Process", "Number", "Listens at", box=None)
    for name, pid, address in cluster.processes():
        table.add_row(name, str(pid), address)
    out.print(table)
    out.print(f"Desks: {', '.join(f'{url}{AT}/' for url in cluster.intakes)}")
    folder = cluster.wanted.folder
    out.print(f"Commands on it, from another terminal: `. {folder}/environment`, then `permanence health` and so on.")
    out.print(f"State and logs are in {folder}. Ctrl-C stops all; the next start goes on from there.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make cluster", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where state and logs are kept")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes of ours that work on journeys")
    parser.add_argument("--intakes", type=int, default=INTAKES, help="processes of ours with intake and desk")
    parser.add_argument("--build", action="store_true", help="build the server only, and say where it is")
    return parser.parse_args()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the Temporal SDK may still call Python while the interpreter is taken down, which then aborts.
    os._exit(code)

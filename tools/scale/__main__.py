"""`make scale`: measure a cluster as its caseload grows, and write docs/scale.md, with England by straight lines."""

import argparse
import asyncio
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from temporalio.runtime import Runtime, TelemetryConfig

from record.store import CaseRecord
from service.closing import close_to_others
from service.connection import connect
from service.keeping import GaveUp
from service.logs import configure_logs
from service.payload_keys import keys_in
from service.settings import Settings
from service.stopping import until_told
from tools.bench.ground import BenchFailed
from tools.cluster.building import CannotBuild, built
from tools.cluster.database import DatabaseDidNotStart
from tools.cluster.engine import SchemaFailed
from tools.cluster.ports import anywhere
from tools.cluster.running import DidNotStart, Wanted, running
from tools.faults.programs import ROOT
from tools.scale.doing import Caseload
from tools.scale.page import write_page
from tools.scale.points import ScaleRun
from tools.scale.wakes import wakes

SIZES: Final = (1_000, 2_000, 4_000, 8_000)
DOCS: Final = ROOT / "docs"


def main() -> int:
    """Measure, or only make the page anew; the exit code."""
    close_to_others()
    asked = _arguments()
    if asked.page:
        write_page(ScaleRun.model_validate_json(asked.data.read_text("utf-8")), asked.data)
        return 0
    configure_logs("CRITICAL")  # what ends and begins is said in words
    folder = Path(tempfile.mkdtemp(prefix="permanence-scale-"))
    folder.chmod(0o711)
    try:
        # The SDK's own log goes to standard output.
        Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))
        asyncio.run(until_told(_measure(asked.children, folder, asked.data, SaysMinutes())))
    except (BenchFailed, CannotBuild, DatabaseDidNotStart, DidNotStart, GaveUp, SchemaFailed) as error:
        _say(f"scale: {error}. What the processes said is kept in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


class SaysMinutes:
    """Says what is being done, and after how many minutes."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, what: str) -> None:
        _say(f"{(time.monotonic() - self._began) / 60:5.1f} min  {what}")


async def _measure(sizes: list[int], folder: Path, data: Path, tell: SaysMinutes) -> None:
    run = ScaleRun(day=f"{datetime.now(UTC):%Y-%m-%d}", machine=_machine(), sizes=[], busy=0, points=[wakes()])
    async with _caseload(folder, tell) as caseload:
        run.kept = Settings().cached_journeys * caseload.cluster.wanted.workers
        for size in sizes:
            run.sizes.append(size)
            async for point in caseload.measured(size):
                run.points.append(point)
                run.busy = os.getloadavg()[2]
                _keep(run, data)
            tell(f"{size:,} children measured; what there is by now is in {data.with_suffix('.md')}")


def _keep(run: ScaleRun, data: Path) -> None:
    """At every point: a run that is cut off has measured what it has."""
    data.write_text(run.model_dump_json(indent=1) + "\n", "utf-8")
    write_page(run, data)


@asynccontextmanager
async def _caseload(folder: Path, tell: SaysMinutes) -> AsyncIterator[Caseload]:
    """A cluster as `make cluster` has it, with nobody in it yet."""
    programs = built(tell)
    tell("starting the cluster")
    clients = {"PERMANENCE_DEFAULT_POLICY": "england-statutory"}
    wanted = Wanted(folder, programs, ports=anywhere(), clients=clients)
    async with running(wanted, say=tell) as cluster:
        os.environ |= cluster.settings()  # the namespace, and where the record's password is
        client = await connect(cluster.address, ring=keys_in(cluster.home))
        with closing(CaseRecord.open(cluster.settings()["PERMANENCE_DATABASE_URL"])) as record:
            yield Caseload(cluster, client, record, tell)


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make scale", description=__doc__)
    parser.add_argument("--children", type=_sizes, default=list(SIZES), help="sizes to measure, as 1000,2000")
    parser.add_argument("--data", type=Path, default=DOCS / "scale.json", help="where figures go; the page beside it")
    parser.add_argument("--page", action="store_true", help="measure nothing: make the page anew from the figures")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    sizes = [int(size) for size in text.split(",")]
    if sizes != sorted(set(sizes)) or sizes[0] < 100:
        raise argparse.ArgumentTypeError("sizes grow, from 100 on: the one cluster is filled up to each")
    return sizes


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the Temporal SDK may still call Python while the interpreter is taken down, which then aborts.
    os._exit(code)

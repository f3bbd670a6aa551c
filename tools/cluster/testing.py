"""`make cluster-test`: a cluster of its own, with mutual TLS throughout, and the tests that live on it.

Beside tests/cluster/ it runs tests that `make test` runs on embedded servers: each of their houses then has a
namespace of its own here (tests/servers.py).
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from service.closing import close_to_others
from service.keeping import GaveUp
from service.logs import configure_logs
from service.stopping import until_told
from tools.cluster.building import CannotBuild, Programs, built
from tools.cluster.certificates import Signer, client_settings, server_settings
from tools.cluster.database import DatabaseDidNotStart
from tools.cluster.engine import DYNAMIC, SchemaFailed
from tools.cluster.ports import anywhere
from tools.cluster.running import Cluster, DidNotStart, Wanted, running
from tools.faults.programs import ROOT

ON_BOTH: Final = (
    "tests/workflows/test_taking_events.py",
    "tests/workflows/test_showing.py",
    "tests/workflows/test_telling.py",
    "tests/workflows/test_endings.py",
    "tests/workflows/test_siblings.py",
    "tests/workflows/test_releases.py",
    "tests/journeys/test_taking_up.py",
    "tests/intake/test_reconciling.py",
)
"""Starts, updates, signals, timers, searches by the attributes, siblings, runs that end and begin anew, releases."""

QUICK: Final = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""Tests kill programs, never the machine, so nothing need be forced to the disk."""

SKIPPED_TIME: Final = """
frontend.WorkflowTimeSkippingEnabled:
  - value: true
history.timerProcessorMaxTimeShift:
  - value: 10ms
history.timerProcessorMaxPollRPS:
  - value: 1000
history.transferProcessorMaxPollRPS:
  - value: 1000
system.forceSearchAttributesCacheRefreshOnRead:
  - value: true
"""
"""As the embedded server of tests has it (local/server.py), and attributes of a new namespace are known at once."""


def main(arguments: Sequence[str]) -> int:
    """Run the tests, those named or all; the exit code."""
    close_to_others()
    configure_logs("CRITICAL")  # what ends and begins is said in words
    folder = Path(tempfile.mkdtemp(prefix="permanence-cluster-"))
    ended: list[int] = []
    try:
        programs = built(_say)
        asyncio.run(until_told(_test(_wanted(folder, programs), arguments, ended)))
    except (CannotBuild, DatabaseDidNotStart, DidNotStart, GaveUp, SchemaFailed) as error:
        _say(f"cluster-test: {error}")
        return 1
    if ended == [0]:
        shutil.rmtree(folder)
    else:
        _say(f"What the cluster's processes said is kept in {folder}")
    return ended[0] if ended else 1


def _wanted(folder: Path, programs: Programs) -> Wanted:
    dynamic = folder / "dynamic.yaml"
    dynamic.write_text(DYNAMIC.read_text("utf-8") + SKIPPED_TIME, "utf-8")
    authority = Signer(folder / "certificates")
    server = {**server_settings(authority), "DYNAMIC_CONFIG_FILE_PATH": str(dynamic)}
    clients = {**client_settings(authority), "PERMANENCE_DEFAULT_POLICY": "ppm-procedure"}
    return Wanted(folder, programs, server=server, clients=clients, database=QUICK, ports=anywhere())


async def _test(wanted: Wanted, arguments: Sequence[str], ended: list[int]) -> None:
    async with running(wanted, say=_say) as cluster:
        given = {name: value for name, value in wanted.clients.items() if name.startswith("TEMPORAL_")}
        more = {"PERMANENCE_TEST_SERVER": cluster.address, "PERMANENCE_TEST_CLUSTER": str(wanted.folder)}
        words = (sys.executable, "-m", "pytest", *(arguments or ("tests/cluster", *ON_BOTH)))
        writing = asyncio.create_task(_write_down(cluster))
        tests = await asyncio.create_subprocess_exec(*words, cwd=ROOT, env={**os.environ, **given, **more})
        try:
            ended.append(await tests.wait())
        finally:
            writing.cancel()
            if tests.returncode is None:
                tests.terminate()
                await tests.wait()


async def _write_down(cluster: Cluster) -> None:
    """Keep a file that says which processes there are, for tests that kill one."""
    file, before = cluster.wanted.folder / "processes.json", ""
    while True:
        now = json.dumps({name: (pid, at) for name, pid, at in cluster.processes()})
        if now != before:
            unfinished = file.with_suffix(".new")
            unfinished.write_text(now, "utf-8")
            unfinished.replace(file)
            before = now
        await asyncio.sleep(0.1)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the Temporal SDK may still call Python while the interpreter is taken down, which then aborts.
    os._exit(code)

"""The caseload listed: the command beside a running service, pages at 20,000 children, and what a list costs a wake."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any, Final

from sqlalchemy import Engine, insert, select

from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper, utc_now
from domain.case.words import Role
from domain.policy.loading import Policies
from journeys.loading import load_histories
from journeys.sending import Load
from record.caseload_reading import CaseloadPart, CaseloadReading
from record.caseload_sights import Holding
from record.caseload_tables import CaseloadChild, CaseloadPerson, CaseloadStep
from record.store import CaseRecord
from tools.bench.authority import told_in_time
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import PATIENCE, SIDES, BenchFailed, Ground, environment, ground
from tools.bench.loading import histories_named, patterns, whole
from tools.bench.scale import Scale

POLICY: Final = "england-statutory"
PAGE: Final = 50
OPTIONS: Final = ((), ("--csv",), ("--colour", "red"))
COMMAND: Final = (sys.executable, "-m", "cli", "caseload")


async def listing(scale: Scale, tell: Tell) -> list[Figure]:
    """A caseload brought in with its histories, then listed."""
    async with ground() as here, here.worker(SIDES[1]):
        with closing(CaseRecord.open(f"sqlite:///{here.folder / 'ours' / 'case-record.db'}")) as record:
            children = histories_named(patterns(), "LIST", scale.listed)
            tell(f"loading {len(children)} histories")
            loaded = await load_histories(here.client, record, children, Load("bench"), whole, lambda done, total: None)
            if loaded.started != len(children):
                raise BenchFailed(str(loaded))
            tell("waiting for the worker to have listed them")
            await until_listed(record)
            with record.engine.begin() as connection:
                told_in_time(connection)  # a list says who was told last: here nearly of every child
            figures = [one for option in OPTIONS for one in await _commanded(here, tell, scale, *option)]
            tell("working children out")
            figures.append(_worked_out(record, sorted(children)[: scale.loaded], scale.rounds))
            tell(f"making {scale.rows} rows")
            _copied(record.engine, scale.rows)
            return [*figures, *_pages(record.engine, scale)]


async def until_listed(record: CaseRecord) -> None:
    """Wait until the worker has worked out every child for the lists."""
    deadline = time.monotonic() + PATIENCE
    while (left := CaseloadReading(record.engine, utc_now()).outdated()) or not _some(record.engine):
        if time.monotonic() > deadline:
            raise BenchFailed(f"{left} children were not in the list after {PATIENCE:.0f} s")
        await asyncio.sleep(0.2)


def _some(engine: Engine) -> int:
    return CaseloadReading(engine, utc_now()).count(CaseloadPart())


async def _commanded(here: Ground, tell: Tell, scale: Scale, *options: str) -> list[Figure]:
    """From the command's start to its end; and its processor time, which hangs less on what else runs."""
    command = " ".join(["caseload", *options])
    tell(command)
    settings = {
        "TEMPORAL_ADDRESS": here.server.address,
        "PERMANENCE_HOME": str(here.folder / "ours"),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(here.folder / "pycache"),
    }
    seconds, processor = [], []
    for _ in range(1 + scale.rounds):
        began, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *options, env=environment(settings), stdout=PIPE, stderr=PIPE
        )
        out, said = await process.communicate()
        seconds.append(time.perf_counter() - began)
        processor.append(getrusage(RUSAGE_CHILDREN).ru_utime - before.ru_utime)
        if process.returncode or b"LIST-" not in out:
            raise BenchFailed(f"{command}: {said.decode()[-500:]}")
    about = f"{scale.listed} journeys; a program of its own each time"
    return [
        Figure(command, "s", seconds[1:], aim=Aim("under", 2), about=about),  # the first compiles
        Figure(f"{command}, of it", "s of processor", processor[1:]),
    ]


def _worked_out(record: CaseRecord, children: Sequence[str], rounds: int) -> Figure:
    """Processor time, which is what it takes from a worker's journeys, last in turn."""
    keeper = CaseloadKeeper(record, Cases(Policies.load(), POLICY))
    keeper.renew(children[:PAGE])  # the calendars of all years of birth are worked out once
    times = []
    for _ in range(rounds):
        began = time.process_time()
        for start in range(0, len(children), PAGE):
            keeper.renew(children[start : start + PAGE])
        times.append((time.process_time() - began) / len(children) * 1000)
    return Figure("a child worked out for the lists", "ms of processor", times, about=f"{len(children)} children")


def _copied(engine: Engine, wanted: int) -> None:
    """The rows there are, under other references, until there are so many children."""
    with engine.begin() as connection:
        there = connection.execute(select(CaseloadChild)).all()
        rows: dict[Any, list[dict[str, Any]]] = {
            table: [_without_number(row) for row in connection.execute(select(table.__table__)).mappings()]
            for table in (CaseloadChild, CaseloadStep, CaseloadPerson)
        }
        for copy in range(1, wanted // len(there)):
            for table, values in rows.items():
                connection.execute(insert(table), [row | {"child": f"{row['child']}-{copy}"} for row in values])


def _without_number(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "number"}


def _pages(engine: Engine, scale: Scale) -> list[Figure]:
    """What a page of the desk asks: of a worker, of a team, of all."""
    reading = CaseloadReading(engine, utc_now())
    worker = next(iter(reading.children(CaseloadPart(), limit=1))).contacts[Role.SOCIAL_WORKER.value]
    mine = CaseloadPart(held=[[Holding(Role.SOCIAL_WORKER, frozenset({worker}))]])
    team = CaseloadPart(teams=["north"])
    month = reading.today + timedelta(weeks=4)
    asked: dict[str, Callable[[], object]] = {
        "a worker's children": lambda: reading.children(mine, limit=PAGE),
        "a worker's steps of four weeks": lambda: reading.steps(mine, until=month, limit=PAGE),
        "a team's red children": lambda: reading.children(CaseloadPart(teams=["north"], colours=["red"]), limit=PAGE),
        "a team's counts by worker": lambda: reading.tallies_by_holder(team, Role.SOCIAL_WORKER),
        "the most urgent of all": lambda: reading.children(CaseloadPart(), limit=PAGE),
        "counts of all by team": lambda: reading.tallies_by_team(CaseloadPart()),
    }
    about = f"{reading.count(CaseloadPart()):,} children, {PAGE} rows, SQLite"
    return [
        Figure(name, "ms", _milliseconds(ask, scale), aim=Aim("under", 200), about=about) for name, ask in asked.items()
    ]


def _milliseconds(ask: Callable[[], object], scale: Scale) -> list[float]:
    times = []
    for _ in range(3 * scale.rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return times

"""A night over many children: what it costs where nothing has changed, and where 5 % have."""

import csv
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil
from pydantic import SecretStr
from sqlalchemy import insert
from temporalio.client import Client

from domain.case.documents import document_of
from domain.policy.loading import Policies
from intake.configured import read_source
from intake.nightly.night import OneNight
from record.entries import KnownEvent
from record.rows import event_values
from record.store import CaseRecord
from record.tables import EventRow
from service.connection import connect
from service.payload_keys import keys_in
from service.ports import HOST, own_port
from service.settings import Settings
from synthetic.caseload import caseload
from synthetic.returns import write_returns
from tools.bench.children import today
from tools.bench.figures import Figure, Tell
from tools.bench.ground import SIDES, ground
from tools.bench.loading import DIFFERENT
from tools.bench.scale import Scale

POLICY: Final = "england-statutory"
ONE_IN: Final = 20
"""Of so many children one has a review moved: 5 %."""


async def nights(scale: Scale, tell: Tell) -> list[Figure]:
    """Nights beside a record alone, then nights that journeys take."""
    figures = [await _unchanged(children, tell) for children in (scale.listed, scale.rows)]
    return [*figures, *await _taken(scale.listed, tell)]


async def _unchanged(children: int, tell: Tell) -> Figure:
    """Reading, comparing and reporting, where the record has all of it already: no server is needed for that."""
    tell(f"a record of {children} children")
    with (
        TemporaryDirectory(prefix="permanence-bench-") as name,
        closing(CaseRecord.open(f"sqlite:///{Path(name) / 'record.db'}")) as record,
    ):
        folder = returns_of(children, Path(name) / "returns")
        now, policies = datetime.now(UTC), Policies.load()
        read = read_source(str(folder), policies, POLICY, now, record)
        read.keep(record, now)
        # Rows alone: 20,000 entries, each with its chain on the disk at once, take a quarter of an hour.
        said = [(child, event) for child, own in read.events.items() for event in own]
        known = [event_values(child, KnownEvent(known_at=now, event=document_of(event))) for child, event in said]
        with record.engine.begin() as connection:
            connection.execute(insert(EventRow), known)
        tell(f"a night over {children} children, unchanged")
        settings = Settings(home=Path(name), sync_source=SecretStr(str(folder)), default_policy=POLICY)
        began = time.process_time()
        counts = await OneNight(await _nobody(), record, policies, settings, now, datetime.now(UTC)).run()
        took = time.process_time() - began
    memory = psutil.Process().memory_info().rss / 1e6
    about = f"{sum(map(len, read.events.values())):,} events, {counts['doubted']} doubts; {memory:.0f} MB resident"
    return Figure(
        f"a night over {counts['children']:,} children, nothing changed", "s of processor", [took], about=about
    )


async def _nobody() -> Client:
    """A client of no server: a night that only proposes asks none, and would fail at once."""
    return await Client.connect(f"{HOST}:{own_port()}", lazy=True)


async def _taken(children: int, tell: Tell) -> list[Figure]:
    """The first night, which starts all journeys; one that changes nothing; and one that changes 5 %."""
    figures: list[Figure] = []
    ours = SIDES[1]
    async with ground() as here, here.worker(ours) as worker:
        folder = returns_of(children, here.folder / "returns")
        settings = Settings(home=here.folder, sync="apply", sync_source=SecretStr(str(folder)), default_policy=POLICY)
        policies, planned = Policies.load(), datetime.now(UTC)
        client = await connect(here.server.address, ring=keys_in(here.folder / ours.name))
        with closing(CaseRecord.open(f"sqlite:///{here.folder / ours.name / 'case-record.db'}")) as record:
            for what in ("the first", "nothing changed", "5 % changed"):
                tell(f"a night over {children} children: {what}")
                if what == "5 % changed":
                    _move_reviews(folder)
                before, planned = (await here.at_rest())["all"], planned + timedelta(days=1)
                with _processor(worker) as took:
                    night = OneNight(client, record, policies, settings, planned, datetime.now(UTC))
                    counts = await night.run()
                grown = (await here.at_rest())["all"] - before
                figures.append(_of_night(what, took, counts, grown))
    return figures


def _of_night(what: str, took: list[float], counts: dict[str, int], grown: int) -> Figure:
    brought = ", ".join(f"{counts[name]:,} {name}" for name in ("started", "taken", "corrected", "not_taken"))
    seconds, of_worker, wall = took
    about = (
        f"{brought}; of the worker that takes it {of_worker:.1f} s of processor, {wall:.0f} s by the clock; the "
        f"server's file has grown by {grown / 1e6:.1f} MB"
    )
    return Figure(
        f"a night that is applied, {counts['children']:,} children: {what}", "s of processor", [seconds], about=about
    )


@contextmanager
def _processor(worker: psutil.Process) -> Iterator[list[float]]:
    """Seconds of processor of this process and of a worker's, and of the clock."""
    took: list[float] = []
    began = time.process_time(), sum(worker.cpu_times()[:2]), time.perf_counter()
    yield took
    ended = time.process_time(), sum(worker.cpu_times()[:2]), time.perf_counter()
    took += [after - before for before, after in zip(began, ended, strict=True)]


def returns_of(children: int, folder: Path) -> Path:
    """The returns of so many children: those of a few, again and again under other references."""
    folder.mkdir(parents=True)
    few = write_few(folder)
    for path in folder.glob("*.csv"):
        columns, *lines = path.read_text("utf-8").splitlines()
        rounds = range(-(-children // few))
        again = (re.sub(r"^[^,]+", rf"\g<0>-{number}", line) for number in rounds for line in lines)
        path.write_text("\n".join([columns, *again, ""]), "utf-8")
    return folder


def write_few(folder: Path) -> int:
    """The returns of some children made up; how many stand in them."""
    write_returns(caseload(DIFFERENT, seed=1, today=today()), folder, today())
    headers = (path.read_text("utf-8").splitlines()[1:] for path in folder.glob("*-header.csv"))
    return len({line.partition(",")[0] for lines in headers for line in lines})


def _move_reviews(folder: Path) -> None:
    """Move the latest review of one child in twenty by a day."""
    files = {path: path.read_text("utf-8").splitlines() for path in sorted(folder.glob("*-reviews.csv"))}
    latest = {line.partition(",")[0]: (path, n) for path, lines in files.items() for n, line in enumerate(lines) if n}
    for path, number in list(latest.values())[::ONE_IN]:
        [row] = csv.reader([files[path][number]])
        row[2] = f"{datetime.strptime(row[2], '%d/%m/%Y').replace(tzinfo=UTC) - timedelta(days=1):%d/%m/%Y}"
        files[path][number] = ",".join(row)
    for path, lines in files.items():
        path.write_text("\n".join([*lines, ""]), "utf-8")

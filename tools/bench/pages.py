"""Pages of the desk at 20,000 children, by real HTTP: each alone, and asked for by fifty people.

"Fifty readers at once" are fifty people signed in who look at what they asked for and then ask for the next: theirs is
the aim (docs/bench.md says why). A burst is measured beside it: all fifty ask in the same instant, and the last waits
for fifty pages. Both by one process and by more.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import cycle, islice
from random import Random
from statistics import median, quantiles
from typing import Any, Final

import httpx
import psutil
from sqlalchemy import Engine, select

from delivery.caseload import utc_now
from desk.desk import AT
from desk.sessions import Sessions
from record.caseload_tables import CaseloadPerson, CaseloadStep
from record.desk_tables import ExclusionRow
from record.store import CaseRecord
from service.ports import own_port
from tools.bench.authority import TEAMS, Authority, worker, write_directory
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import PATIENCE, BenchFailed, Ground, ground, program
from tools.bench.scale import Scale

READERS: Final = 50
GIVEN_UP: Final = 60.0
"""Seconds after which nobody waits any longer; an answer that is none counts so too (ours)."""
PROCESSES: Final = (1, 2, 4)
"""That make pages (ours: with the processors of small machines)."""
BY_MORE: Final = ("my children", "child", "record", "team")
"""Pages whose burst is measured by more processes too: what people ask for most, and a heavy one."""
THINKING: Final = 5.0
"""Seconds on average that somebody looks at a page before they ask for the next (ours: short, for a list one scans)."""
READING: Final = 40.0
"""Seconds for which the fifty read (ours: some 400 pages)."""
READ: Final = ("my children", "child", "timeline", "why", "record", "form", "team", "escalations", "children reviewed")
"""What they read: everybody begins elsewhere in this round."""
ALONE: Final = 10
NAMED: Final = 5
"""Wrong answers that are named (ours)."""
UNDER: Final = 200
OK: Final = (200, 303)
DATABASE: Final = "PERMANENCE_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class PageAsked:
    """A page and who asks for it: everybody who does, each with an address of theirs."""

    name: str
    by: Sequence[tuple[str, str]]


@dataclass
class Took:
    """What the requests of one page took: milliseconds of each, and processor milliseconds of the service in all."""

    waited: list[float] = field(default_factory=list)
    processor: float = 0.0

    @property
    def late(self) -> float:
        """The 95th percentile."""
        return quantiles(self.waited, n=20, method="inclusive")[-1]


@dataclass(frozen=True, slots=True)
class Serving:
    """The desk, where it is served, by which program with its processes, and who is signed in."""

    address: str
    process: psutil.Process
    cookies: Mapping[str, str]
    processes: int
    wrong: list[str] = field(default_factory=list)
    """What was no answer, in words: a figure too, and no reason to lose the others."""

    @property
    def by(self) -> str:
        """By how many, in words."""
        return "1 process" if self.processes == 1 else f"{self.processes} processes"


async def pages(scale: Scale, tell: Tell) -> list[Figure]:
    """The desk over a large authority, in a database of its own or the empty one that the settings name."""
    async with ground() as here:
        url = os.environ.get(DATABASE, f"sqlite:///{here.folder / 'large.db'}")
        with closing(CaseRecord.open(url)) as record:
            if record.children():
                raise BenchFailed(f"{DATABASE} names a database that has children; accepted: an empty one")
            tell(f"making {scale.rows} children")
            began = time.perf_counter()
            authority = Authority(record, scale.rows, utc_now())
            write_directory(authority, here.folder / "directory.toml")
            asked = list(_asked(record.engine, authority.copies))
            cookies = _signed_in(record.engine, {person for one in asked for person, _ in one.by})
            about = f"{authority.children:,} children, {record.engine.dialect.name}"
            tell(f"made {about}, in {time.perf_counter() - began:.0f} s")
        figures = []
        for processes in PROCESSES:
            some = asked if processes == 1 else [one for one in asked if one.name in BY_MORE]
            async with _serving(here, url, processes) as (address, process):
                served = Serving(address, process, cookies, processes)
                figures += await _measured(served, some, about, tell)
                tell(f"{READERS} who read, {served.by}")
                figures.append(await _reading(served, [one for one in asked if one.name in READ]))
                for wrong in served.wrong[:NAMED]:
                    tell(wrong)
        return figures


async def _measured(served: Serving, asked: Sequence[PageAsked], about: str, tell: Tell) -> list[Figure]:
    figures = []
    for one in asked:
        tell(f"{one.name}, {served.by}")
        await _ask(served, PageAsked(one.name, one.by[:1]), served.processes * 4)  # what is made once is made
        if served.processes == 1:
            alone = await _ask(served, one, 1, each=ALONE)
            figures += [
                Figure(f"{one.name}, of it", "ms of processor", [alone.processor / ALONE], about=about),
                Figure(f"{one.name}, alone", "ms", [median(alone.waited)], aim=Aim("under", UNDER)),
            ]
        many = await _ask(served, one, READERS)
        name = f"{one.name}, {READERS} in the same instant, {served.by}"
        figures += [
            Figure(f"{name}, median", "ms", [median(many.waited)]),
            Figure(f"{name}, 95th percentile", "ms", [many.late]),
        ]
    return figures


async def _ask(served: Serving, asked: PageAsked, readers: int, each: int = 1) -> Took:
    """So many people in the same instant, each with pages, one after the other, on a connection of their own."""
    took, ready = Took(), asyncio.Barrier(readers)
    before = [0.0]

    async def read(person: str, path: str) -> None:
        async with _browser(served, person) as browser:
            await browser.get("/healthz")  # so that the connection is there, as a browser's is
            if await ready.wait() == 0:
                before[0] = _processor(served.process)
            for _ in range(each):
                took.waited.append(await _page(served, browser, asked.name, (person, path)))

    await asyncio.gather(*(read(*one) for one in islice(cycle(asked.by), readers)))
    took.processor = (_processor(served.process) - before[0]) * 1000
    return took


async def _reading(served: Serving, asked: Sequence[PageAsked]) -> Figure:
    """Fifty people for a while, each of whom looks at a page for a few seconds, then asks for the next."""
    took, chance, until = Took(), Random(1), time.perf_counter() + READING
    before = _processor(served.process)

    async def read(number: int) -> None:
        pages = cycle([(one.name, one.by[number % len(one.by)]) for one in asked])
        for name, (person, path) in islice(pages, number, None):
            await asyncio.sleep(chance.uniform(0, 2 * THINKING))
            if time.perf_counter() > until:
                return
            async with _browser(served, person) as browser:  # anew: the service closes what is idle for five seconds
                took.waited.append(await _page(served, browser, name, (person, path)))

    await asyncio.gather(*(read(number) for number in range(READERS)))
    used = (_processor(served.process) - before) / READING
    return Figure(
        f"{READERS} who read, a page each {THINKING:g} s, {served.by}, 95th percentile",
        "ms",
        [took.late],
        aim=Aim("under", UNDER),
        about=f"median {median(took.waited):.0f} ms of {len(took.waited)} pages; {used:.0%} of one processor",
    )


def _browser(served: Serving, person: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=served.address,
        cookies={"desk": served.cookies[person]},
        timeout=GIVEN_UP,
        verify=False,  # noqa: S501 (no TLS here, and reading the certificates takes as long as a page)
    )


async def _page(served: Serving, browser: httpx.AsyncClient, name: str, asked: tuple[str, str]) -> float:
    """Milliseconds until it was answered, or nobody would have waited any longer."""
    began, (person, path) = time.perf_counter(), asked
    try:
        answer = await browser.get(path)
    except httpx.TransportError as error:
        served.wrong.append(f"{name}: {person} had no answer at {path}: {type(error).__name__}")
        return GIVEN_UP * 1000
    if answer.status_code not in OK:
        served.wrong.append(f"{name}: {person} was answered {answer.status_code} at {path}")
        return GIVEN_UP * 1000
    return (time.perf_counter() - began) * 1000


def _processor(process: psutil.Process) -> float:
    """Seconds of processor of a service and the processes that it began."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _asked(engine: Engine, copies: int) -> Iterator[PageAsked]:
    """Each page with fifty people who may see it: workers each of a copy of their own, managers each of a team."""
    numbers = [copy % copies for copy in range(READERS)]
    workers = [worker(copy, 1) for copy in numbers]
    children = {one: _child_of(engine, one) for one in workers}
    managers = [f"tm-{one % min(TEAMS, copies)}-0" for one in range(READERS)]
    reviewers = [f"iro-{copy}-0" for copy in numbers]

    def of(people: Sequence[str], path: str) -> list[tuple[str, str]]:
        return [(person, f"{AT}{path}") for person in people]

    def of_child(below: str) -> list[tuple[str, str]]:
        return [(one, f"{AT}/children/{child}{below.format(step=step)}") for one, (child, step) in children.items()]

    yield PageAsked("my children", of(workers, "/my-children"))
    yield PageAsked("covering", of(workers, "/my-children?tab=covering"))
    yield PageAsked("child", of_child(""))
    yield PageAsked("recent", of(workers, "/my-children?tab=recent"))
    yield PageAsked("timeline", of_child("/timeline"))
    yield PageAsked("why", of_child("/why/{step}/1"))
    yield PageAsked("record", of_child("/record"))
    yield PageAsked("form", of_child("/record/review_held"))
    yield PageAsked("find", [(one, f"{AT}/find?reference={child}") for one, (child, _) in children.items()])
    yield PageAsked("team", of(managers, "/team"))
    yield PageAsked("children of the team", of(managers, "/team/children"))
    yield PageAsked("all teams", of(["head"], "/team"))
    yield PageAsked("all children", of(["head"], "/team/children"))
    yield PageAsked("children reviewed", of(reviewers, "/oversight?tab=children"))
    yield PageAsked("escalations", of(managers, "/oversight?tab=escalations"))
    yield PageAsked("drift", of(managers, "/oversight?tab=drift"))
    yield PageAsked("escalations of all", of(["head"], "/oversight?tab=escalations"))
    yield PageAsked("report of a team", of(managers[:1], "/report"))
    yield PageAsked("report of all", of(["head"], "/report"))
    yield PageAsked("restrictions", of(["head"], "/restrictions"))
    yield PageAsked("service", of(["sysop"], "/service"))


def _child_of(engine: Engine, who: str) -> tuple[str, str]:
    """A child of a worker and a step that is open for it."""
    query = (
        select(CaseloadPerson.child, CaseloadStep.obligation)
        .join(CaseloadStep, CaseloadStep.child == CaseloadPerson.child)
        .where(CaseloadPerson.contact == f"{who}@example.org", CaseloadStep.occurrence == 1)
        .where(CaseloadPerson.child.not_in(select(ExclusionRow.child)))
        .order_by(CaseloadPerson.child)
    )
    with engine.connect() as connection:
        row: Any = connection.execute(query).first()
    return row.child, row.obligation


def _signed_in(engine: Engine, people: set[str]) -> dict[str, str]:
    sessions = Sessions(engine)
    return {one: sessions.begin("link", "bench", one, [], utc_now()) or "" for one in people}


@asynccontextmanager
async def _serving(here: Ground, url: str, processes: int) -> AsyncIterator[tuple[str, psutil.Process]]:
    """`permanence intake`, the desk in it, beside the server, once all its processes are there."""
    home, port = here.folder / "desk", own_port()
    home.mkdir(exist_ok=True)
    settings = {
        "TEMPORAL_ADDRESS": here.server.address,
        "PERMANENCE_HOME": str(home),
        DATABASE: url,
        "PERMANENCE_DELIVERY_DIRECTORY": str(here.folder / "directory.toml"),
        "PERMANENCE_INTAKE_PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(here.folder / "pycache"),
    }
    log, words = home / f"intake-{processes}.log", ("cli", "intake", "--processes", str(processes))
    async with program(settings, log, b"Intake at", *words) as process:
        async with asyncio.timeout(PATIENCE):
            while log.read_bytes().count(b"intake started") < processes:
                await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process

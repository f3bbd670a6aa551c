"""Pages of the desk at 20,000 children, by real HTTP: each alone, and asked for by fifty people at once."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import median, quantiles
from typing import Any, Final

import httpx
import psutil
from sqlalchemy import Engine, select

from desk.desk import AT
from desk.sessions import Sessions
from record.caseload_tables import CaseloadPerson, CaseloadStep
from record.desk_tables import ExclusionRow
from record.store import CaseRecord
from service.ports import own_port
from tools.bench.authority import TEAMS, Authority, utc_now, worker, write_directory
from tools.bench.figures import Aim, Figure, Tell
from tools.bench.ground import BenchFailed, Ground, ground, program
from tools.bench.scale import Scale

READERS: Final = 50
EACH: Final = 4
"""Pages that each of them asks for, one after the other (ours: 200 in all are enough for a 95th percentile)."""
ALONE: Final = 20
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


async def pages(scale: Scale, tell: Tell) -> list[Figure]:
    """The desk over a large authority, in a database of its own or the empty one that the settings name."""
    async with ground() as here:
        url = os.environ.get(DATABASE, f"sqlite:///{here.folder / 'large.db'}")
        with closing(CaseRecord.open(url)) as record:
            if record.children():
                raise BenchFailed(f"{DATABASE} names a database that has children; accepted: an empty one")
            tell(f"making {scale.rows} children")
            authority = Authority(record, scale.rows, utc_now())
            write_directory(authority, here.folder / "directory.toml")
            asked = list(_asked(record.engine, authority.copies))
            cookies = _signed_in(record.engine, {person for one in asked for person, _ in one.by})
            about = f"{authority.children:,} children, {record.engine.dialect.name}"
        async with _serving(here, url) as (address, process):
            return await _measured(address, process, asked, cookies, about, tell)


async def _measured(
    address: str,
    process: psutil.Process,
    asked: Sequence[PageAsked],
    cookies: Mapping[str, str],
    about: str,
    tell: Tell,
) -> list[Figure]:
    figures = []
    for one in asked:
        tell(one.name)
        await _ask(address, process, PageAsked(one.name, one.by[:1]), cookies, 1, 3)  # what is made once is made
        alone = await _ask(address, process, one, cookies, 1, ALONE)
        many = await _ask(address, process, one, cookies, READERS, EACH)
        count = len(many.waited)
        figures += [
            Figure(f"{one.name}, alone", "ms", [median(alone.waited)], about=f"95th percentile {alone.late:.0f}"),
            Figure(f"{one.name}, {READERS} at once", "ms", [median(many.waited)], about=f"median; {about}"),
            Figure(f"{one.name}, {READERS} at once, 95th percentile", "ms", [many.late], aim=Aim("under", UNDER)),
            Figure(f"{one.name}, of it", "ms of processor", [many.processor / count]),
        ]
    return figures


async def _ask(
    address: str, process: psutil.Process, asked: PageAsked, cookies: Mapping[str, str], readers: int, each: int
) -> Took:
    """So many people at once, each with pages one after the other on a connection of their own."""
    took, before = Took(), _processor(process)
    waiting = list(islice(cycle(asked.by), readers))

    async def read(person: str, path: str) -> None:
        async with httpx.AsyncClient(base_url=address, cookies={"desk": cookies[person]}, timeout=60) as browser:
            for _ in range(each):
                began = time.perf_counter()
                answer = await browser.get(path)
                took.waited.append((time.perf_counter() - began) * 1000)
                if answer.status_code not in OK:
                    raise BenchFailed(f"{asked.name}: {person} was answered {answer.status_code} at {path}")

    await asyncio.gather(*(read(*one) for one in waiting))
    took.processor = (_processor(process) - before) * 1000
    return took


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
async def _serving(here: Ground, url: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    """`permanence intake`, the desk in it, beside the server."""
    home, port = here.folder / "desk", own_port()
    home.mkdir()
    settings = {
        "TEMPORAL_ADDRESS": here.server.address,
        "PERMANENCE_HOME": str(home),
        DATABASE: url,
        "PERMANENCE_DELIVERY_DIRECTORY": str(here.folder / "directory.toml"),
        "PERMANENCE_INTAKE_PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(here.folder / "pycache"),
    }
    async with program(settings, home / "intake.log", b"Intake at", "cli", "intake") as process:
        yield f"http://127.0.0.1:{port}", process

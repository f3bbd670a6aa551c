"""Straight lines through what was measured, and what 82,000 children cost by them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, linear_regression
from typing import Final

from tools.scale.points import Point, ScaleRun

ENGLAND: Final = 82_000
"""Children looked after in England, in round figures."""
BUSY: Final = 0.6
"""The share of a core's time that is planned with (ours: the rest is for what nobody planned)."""
NIGHT: Final = 4.0
"""Hours that a night's comparison may take (ours: from two o'clock to six)."""
DAY_OF_LOADING: Final = 8.0
"""Hours in which all of England is to be loaded, and a policy adopted by all (ours: one working day)."""
NINE: Final = 570.0
"""Seconds over which the service spreads what is due at one instant (domain/clocks/even_load.py)."""
CORES_OF_A_MACHINE, MEMORY_OF_A_MACHINE = 8, 32
"""Cores, and GB (ours: the middle size that every provider has)."""
A_MACHINE: Final = 0.32
"""Pounds an hour (ours: 4 pence for a core with its memory, near large providers' list prices; no discount)."""
A_GIGABYTE: Final = 0.12
"""Pounds a month for a GB on fast disks (ours, likewise)."""
COPIES: Final = 3
"""Of the data: the database, its standby, and backups (ours)."""
HOURS_A_MONTH: Final = 730
LEAST_MACHINES: Final = 3
"""(ours: one may fail while another is renewed)"""


@dataclass(frozen=True, slots=True)
class Line:
    """y = each * x + base, and by how much of the spread that accounts for the points (R squared); None: too few."""

    each: float
    base: float
    fit: float | None
    points: tuple[tuple[float, float], ...]

    def at(self, size: float) -> float:
        """Where the line is; never below nothing."""
        return max(0.0, self.base + self.each * size)


def line(points: Sequence[tuple[float, float]]) -> Line:
    """The line of least squares; of a single point the line from nothing through it."""
    given = tuple(points)
    if len(given) < 2:
        [(size, value)] = given or ((1.0, 0.0),)
        return Line(value / size, 0.0, None, given)
    sizes, values = zip(*given, strict=True)
    each, base = linear_regression(sizes, values)
    try:
        fit = correlation(sizes, values) ** 2 if len(given) > 2 else None
    except StatisticsError:  # all values are the same
        fit = None
    return Line(each, base, fit, given)


def summed(points: Sequence[Point]) -> list[Point]:
    """Loads are measured one after the other into one cluster: what all of them took up to each size."""
    sums: list[Point] = []
    for point in points:
        before = sums[-1] if sums else Point(what=point.what, size=0)
        sums.append(
            Point(
                what=point.what,
                size=before.size + point.size,
                clock=before.clock + point.clock,
                processor={name: before.processor.get(name, 0.0) + value for name, value in point.processor.items()},
                counts={name: before.counts.get(name, 0.0) + value for name, value in point.counts.items()},
            )
        )
    return sums


@dataclass(frozen=True, slots=True)
class Lines:
    """Every line of a run. Work is seconds of processor of all processes, sizes megabytes.

    Memory is only by the sizes whose journeys all stay in it: of 8,000 children three workers keep 6,000, and a line
    through that point too would promise all 82,000 memory for too little.
    """

    loading: Line
    bytes: Line
    memory: Line
    reconcile: Line
    adopt: Line
    nine: Line

    @classmethod
    def of(cls, run: ScaleRun) -> "Lines":
        loads = summed([point for point in run.points if point.what == "load"])
        in_memory = [point for point in run.of("memory") if run.kept is None or point.size <= run.kept]
        return cls(
            loading=line([(point.size, point.work) for point in loads]),
            bytes=line([(point.size, sum(point.counts.values())) for point in loads]),
            memory=line([(point.size, sum(point.counts.values())) for point in in_memory]),
            reconcile=line([(point.size, point.work) for point in run.of("reconcile")]),
            adopt=line([(point.size, point.work) for point in run.of("adopt")]),
            nine=line([(point.size, point.work) for point in run.of("nine")]),
        )


@dataclass(frozen=True, slots=True)
class England:
    """82,000 children by the lines: hours of one core, gigabytes, machines, pounds."""

    loading: float
    adopting: float
    reconciling: float
    wakes_a_day: float
    waking: float
    at_nine: float
    nine_seconds: float
    gigabytes: float
    memory: float
    cores: int
    why: str
    machines: int
    machines_a_month: float
    disks_a_month: float

    @property
    def a_month(self) -> float:
        return self.machines_a_month + self.disks_a_month

    @classmethod
    def of(cls, run: ScaleRun, lines: Lines) -> "England":
        [wakes] = run.of("wakes")
        thousands = ENGLAND / 1000
        a_day, at_nine = (
            wakes.counts[name] * thousands for name in ("wakes a day of 1,000", "wakes of the busiest 09:00 of 1,000")
        )
        nine_seconds = lines.nine.each * at_nine
        hours = {
            "loading": lines.loading.at(ENGLAND) / 3600,
            "adopting": lines.adopt.at(ENGLAND) / 3600,
            "reconciling": lines.reconcile.at(ENGLAND) / 3600,
        }
        needed = {
            "loading them in a working day": hours["loading"] / DAY_OF_LOADING / BUSY,
            "a policy adopted by all in a working day": hours["adopting"] / DAY_OF_LOADING / BUSY,
            "comparing them in a night": hours["reconciling"] / NIGHT / BUSY,
            "the busiest 09:00 within its ten minutes": nine_seconds / NINE / BUSY,
        }
        why = max(needed, key=lambda name: needed[name])
        cores, memory = math.ceil(needed[why]), lines.memory.at(ENGLAND) / 1000
        enough = max(math.ceil(cores / CORES_OF_A_MACHINE), math.ceil(memory / MEMORY_OF_A_MACHINE / BUSY))
        machines = max(LEAST_MACHINES, enough)
        gigabytes = lines.bytes.at(ENGLAND) / 1000
        return cls(
            **hours,
            wakes_a_day=a_day,
            waking=lines.nine.each * a_day / 3600,
            at_nine=at_nine,
            nine_seconds=nine_seconds,
            gigabytes=gigabytes,
            memory=memory,
            cores=cores,
            why=why,
            machines=machines,
            machines_a_month=machines * A_MACHINE * HOURS_A_MONTH,
            disks_a_month=gigabytes * COPIES * A_GIGABYTE,
        )

"""docs/scale.md, made from the figures of a run: tables, lines, the picture, and all of England."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tools.scale import lines as of_england
from tools.scale.lines import ENGLAND, England, Lines, summed
from tools.scale.picture import Chart, svg
from tools.scale.points import Point, ScaleRun
from tools.scale.spending import BESIDE, kind

KINDS: Final = ("postgresql", "history", "frontend", "matching", "system-worker", "worker", "intake", BESIDE)
QUIET: Final = 3.0
"""A load average up to which nothing else of note ran (ours: two cores and what waits for the disk)."""


def write_page(run: ScaleRun, data: Path) -> None:
    """Write the page and its picture beside the figures."""
    lines = Lines.of(run)
    picture = data.with_suffix(".svg")
    charts = _charts(lines)
    picture.write_text(svg(charts, "; ".join(_said(chart) for chart in charts)), "utf-8")
    data.with_suffix(".md").write_text("\n\n".join(_sections(run, lines, data, picture.name, charts)) + "\n", "utf-8")


def _sections(run: ScaleRun, lines: Lines, data: Path, picture: str, charts: list[Chart]) -> Iterable[str]:
    yield "# Scale: a cluster that grows, and all of England by straight lines"
    yield _head(run, data.name)
    yield f"![Six charts of points near straight lines; the tables below have every number]({picture})"
    yield "## The lines"
    yield (
        "Least squares. What a line gives for no children is what the service costs by itself, or chance. R² is the "
        "share of the spread between sizes that the line accounts for; two points always lie on one."
    )
    head = ("", "of each 1,000", "of none", "R²", "points", f"at {ENGLAND:,}")
    yield _table(head, [_line(chart) for chart in charts])
    yield "## All of England"
    yield from _england(England.of(run, lines), run)
    yield "## What was measured"
    yield from _measured(run)


def _head(run: ScaleRun, data: str) -> str:
    sizes = ",".join(map(str, run.sizes))
    busy = (
        f"**The machine was busy with other work** (load average {run.busy:.1f} at the end): seconds by the clock are "
        "those of a loaded machine and promise nothing; bytes and memory hold, and processor time is somewhat more "
        "than on a quiet one."
        if run.busy > QUIET
        else f"Nothing else of note ran (load average {run.busy:.1f})."
    )
    return f"""Made by this command, which also writes the figures ([{data}]({data})) and the picture; not by hand.

    make scale ARGS="--children {sizes}"

Measured on {run.day}, {run.machine}. {busy}

One cluster, as `make cluster` has it ([cluster.md](cluster.md)): PostgreSQL that forces every commit to the disk, two
frontends, two history, matching, the system worker, three of our workers, two intakes. It is filled up to each size
with the histories of synthetic children (some thirty, again and again by other names), by the service's own loading;
then each thing is done once:

- **a load**: from the first start until every history is in the case record. Bytes: by how much the databases grew.
- **a night's comparison**: `permanence reconcile` with a file of all events, which agrees.
- **a 09:00**: one more child in eight has a reminder at one instant, nothing spread; until each stands in the outbox.
- **a policy adopted by all**: `permanence policy adopt --all`, every obligation accounted for.
- **wakes**: counted, not lived: the rules alone, eight weeks on, with nothing more recorded.

`--children 1000,2000` is a cut for a busy day; `--page` makes this page anew from the figures. What is measured is kept
at once, so a run may be ended at any time."""


def _charts(lines: Lines) -> list[Chart]:
    return [
        Chart("Loading", "s of processor", "children", lines.loading),
        Chart("Databases", "MB", "children", lines.bytes),
        Chart("Memory of all", "MB", "children", lines.memory),
        Chart("A night's comparison", "s of processor", "children", lines.reconcile),
        Chart("A policy adopted by all", "s of processor", "journeys", lines.adopt),
        Chart("A 09:00", "s of processor", "reminders", lines.nine),
    ]


def _line(chart: Chart) -> Sequence[str]:
    line = chart.line
    fit = "" if line.fit is None else f"{line.fit:.3f}"
    england = f"{line.at(ENGLAND):,.0f} {chart.unit}" if chart.of != "reminders" else ""
    row = (f"{line.each * 1000:,.0f} {chart.unit}", f"{line.base:,.0f}", fit, str(len(line.points)), england)
    return (f"{chart.title}, by {chart.of}", *row)


def _said(chart: Chart) -> str:
    points = ", ".join(f"{y:,.0f} at {x:,.0f}" for x, y in chart.line.points)
    return f"{chart.title} in {chart.unit} by {chart.of}: {points}"


def _england(england: England, run: ScaleRun) -> Iterable[str]:
    largest = max((point.size for point in run.of("memory")), default=0)
    yield (
        f"{ENGLAND:,} children are {ENGLAND / max(largest, 1):,.0f} times the largest size measured; that the lines "
        "stay straight so far is assumed, not seen. Hours are of one core."
    )
    cores, night = of_england.CORES_OF_A_MACHINE, of_england.NIGHT
    yield _table(
        ("", "by the lines"),
        [
            ("loading all of them", f"{england.loading:,.1f} hours; {_clock(england.loading, england)}"),
            ("a policy adopted by all", f"{england.adopting:,.1f} hours; {_clock(england.adopting, england)}"),
            ("a night's comparison", f"{england.reconciling:,.1f} hours; {_clock(england.reconciling, england)}"),
            ("wakes a day", f"{england.wakes_a_day:,.0f}, which take {england.waking:,.1f} hours"),
            (
                "the busiest 09:00 of eight weeks",
                f"{england.at_nine:,.0f} wakes, {england.nine_seconds:,.0f} s of a core",
            ),
            ("databases once loaded", f"{england.gigabytes:,.0f} GB"),
            ("memory, were every journey kept in it", f"{england.memory:,.0f} GB"),
            ("cores", f"{england.cores}, for {england.why}"),
            ("machines", f"{england.machines} of {cores} cores and {of_england.MEMORY_OF_A_MACHINE} GB"),
            ("money for machines", f"£{england.machines_a_month:,.0f} a month"),
            ("money for disks", f"£{england.disks_a_month:,.0f} a month"),
            ("a child", f"{england.a_month / ENGLAND * 100:.1f} pence a month"),
        ],
    )
    hours, least, copies = of_england.DAY_OF_LOADING, of_england.LEAST_MACHINES, of_england.COPIES
    machine, gigabyte = of_england.A_MACHINE, of_england.A_GIGABYTE
    busy = of_england.BUSY
    yield f"""**Assumed, all ours**, in `tools/scale/lines.py`: cores are planned to be {busy:.0%} busy; loading and
adopting may take {hours:.0f} hours, a night's comparison {night:.0f}; a 09:00 is spread over 9.5 minutes, as the
service does; never fewer than {least} machines, so that one may fail while another is renewed. **Prices are ours**,
near what large providers list, without discount or tax: £{machine:.2f} an hour for a machine, £{gigabyte:.2f} a month
for a GB of fast disk, {copies} copies of the data. People, mail and support are not in it. A worker keeps 2,000
journeys in memory (`PERMANENCE_CACHED_JOURNEYS`) and the others replay when they wake: less memory does, at the price
of processor.{_kept(run)} Databases are as once loaded; what is told and taken later makes them grow."""


def _kept(run: ScaleRun) -> str:
    """What sizes beyond the workers' memory say, where one was measured."""
    largest = max(run.of("memory"), key=lambda point: point.size, default=None)
    if run.kept is None or largest is None or largest.size <= run.kept:
        return ""
    return (
        f" All workers here kept {run.kept:,}: with {largest.size:,} children what is adopted or told\n"
        "costs replays too, which are in those lines. Memory's line is of the smaller sizes; the largest took\n"
        f"{sum(largest.counts.values()):,.0f} MB."
    )


def _clock(hours: float, england: England) -> str:
    there = england.machines * of_england.CORES_OF_A_MACHINE * of_england.BUSY
    return f"{hours / there * 60:,.0f} minutes on the machines below"


def _measured(run: ScaleRun) -> Iterable[str]:
    loads = [point for point in run.points if point.what == "load"]
    yield "A load, each on top of the one before; then all of them up to each size."
    yield _table(("children more", "s by the clock", *KINDS, "all processor s"), map(_work, loads))
    yield _table(("children", "s by the clock", *KINDS, "all processor s"), map(_work, summed(loads)))
    yield "What the databases have grown by, up to each size."
    yield _counts("children", summed(loads))
    yield "Memory of each process: what it shares with others counted by its share."
    yield _counts("children", run.of("memory"))
    for what, title in (
        ("reconcile", "A night's comparison"),
        ("adopt", "A policy adopted by all, with the journeys of each 09:00 before it"),
        ("nine", "A 09:00"),
    ):
        points = run.of(what)
        if points:
            yield f"{title}."
            yield _table((points[0].of, "s by the clock", *KINDS, "all processor s"), map(_work, points))
    yield "When the messages of one instant were told, seconds after it."
    yield _counts("reminders", run.of("nine"))
    yield "Wakes by time alone."
    yield _counts("children lived on", run.of("wakes"))


def _work(point: Point) -> Sequence[str]:
    spent = dict.fromkeys(KINDS, 0.0) | {kind(name): value for name, value in point.processor.items()}
    return (f"{point.size:,}", f"{point.clock:,.1f}", *(f"{spent[name]:,.1f}" for name in KINDS), f"{point.work:,.1f}")


def _counts(of: str, points: Sequence[Point]) -> str:
    names = list(points[0].counts) if points else []
    rows = [(f"{point.size:,}", *(f"{point.counts[name]:,.1f}" for name in names)) for point in points]
    return _table((of, *names), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:" for _ in head[1:]]], *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)

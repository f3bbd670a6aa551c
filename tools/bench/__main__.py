"""`python -m tools.bench`: every figure with its aim, in a table or as JSON."""

import asyncio
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from temporalio.runtime import Runtime, TelemetryConfig

from local.server import ServerDidNotStart
from tools.bench.agendas import agendas_a_second
from tools.bench.even_load import even_load
from tools.bench.figures import Figure, Tell, all_reached
from tools.bench.ground import BenchFailed
from tools.bench.idle import idle
from tools.bench.listing import listing
from tools.bench.lives import history_of_two_years, replay_of_ten_years
from tools.bench.loading import loading
from tools.bench.memory import memory_of_a_worker
from tools.bench.moving import moving
from tools.bench.nights import nights
from tools.bench.pages import pages
from tools.bench.report import reports
from tools.bench.scale import FULL, QUICK, Scale
from tools.bench.storage import bytes_at_rest
from tools.bench.throughput import starts_and_updates
from tools.bench.waiting import waiting

Measure = Callable[[Scale, Tell], Awaitable[list[Figure]]]

MEASURES: dict[str, Measure] = {
    "throughput": starts_and_updates,
    "loading": loading,
    "waiting": waiting,
    "moving": moving,
    "listing": listing,
    "pages": pages,
    "report": reports,
    "nights": nights,
    "bytes": bytes_at_rest,
    "history": history_of_two_years,
    "agendas": agendas_a_second,
    "replay": replay_of_ten_years,
    "memory": memory_of_a_worker,
    "idle": idle,
    "even-load": even_load,
}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    quick: Annotated[bool, typer.Option("--quick", help="few repetitions: under a minute, rough figures")] = False,
    only: Annotated[list[str] | None, typer.Option(help=f"one of {', '.join(MEASURES)}; may be repeated")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="exit with 1 if an aim is missed")] = False,
) -> None:
    """Measure journeys against a bare minimal workflow with the same messages and timers on the same server."""
    names = only or list(MEASURES)
    if unknown := set(names) - MEASURES.keys():
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}; accepted: {', '.join(MEASURES)}")
    # The SDK's own log goes to standard output, where the figures belong.
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))
    try:
        figures = asyncio.run(_measure(names, QUICK if quick else FULL))
    except (BenchFailed, ServerDidNotStart) as error:
        Console(stderr=True).print(f"bench: {error}", style="red")
        raise typer.Exit(2) from None
    if as_json:
        print(json.dumps({"machine": _machine(), "figures": [figure.data() for figure in figures]}, indent=1))
    else:
        _show(figures, Console(width=None if sys.stdout.isatty() else 160))
    if strict and not all_reached(figures):
        raise typer.Exit(1)


async def _measure(names: list[str], scale: Scale) -> list[Figure]:
    figures: list[Figure] = []
    console = Console(stderr=True)
    with console.status("") as status:

        def tell(what: str) -> None:
            status.update(what)
            if not console.is_terminal:
                print(what, file=sys.stderr, flush=True)

        for name in names:
            tell(name)
            figures += await MEASURES[name](scale, tell)
    return figures


def _machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}


def _show(figures: list[Figure], console: Console) -> None:
    machine = _machine()
    title = f"Medians on {machine['cores']} cores, Python {machine['python']}; bare: a minimal workflow, same run"
    table = Table(title=title, title_justify="left")
    for heading in ("Figure", "", "ours", "bare", "of bare", "aim", "", "runs", "from", "to"):
        table.add_column(heading, justify="left" if heading in ("Figure", "") else "right")
    for figure in figures:
        table.add_row(
            figure.name,
            figure.unit,
            _number(figure.value),
            _number(median(figure.bare)) if figure.bare else "",
            f"{figure.ratio:.2f}" if figure.ratio is not None else "",
            str(figure.aim or ""),
            {True: "[green]ok[/]", False: "[red]miss[/]", None: ""}[figure.ok],
            str(len(figure.ours)),
            _number(min(figure.ours)),
            _number(max(figure.ours)),
        )
    console.print(table)
    for figure in figures:
        if figure.about:
            console.print(f"[bold]{figure.name}[/]: {figure.about}")
        for name, counts in figure.parts.items():
            console.print(_parts(f"{figure.name}: {name}", counts))


def _parts(title: str, counts: dict[str, float]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, min_width=len(title))
    for name, count in counts.items():
        table.add_row(f"  {name}", _number(count))
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


if __name__ == "__main__":
    app()

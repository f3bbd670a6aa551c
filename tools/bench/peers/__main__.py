"""`make peers`: the engines beside each other, a table of medians."""

import asyncio
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.ports import free_port
from tools.bench.figures import Tell
from tools.bench.peers.engines import Dbos, Poller, Temporal
from tools.bench.peers.measuring import Figures, measured, running
from tools.bench.peers.work import Peer
from tools.cluster.database import Database

Rounds = dict[str, list[Figures]]

ENGINES: tuple[Callable[[Database, Path], Peer], ...] = (
    Temporal,
    lambda server, _: Dbos(server),
    lambda server, _: Poller(server),
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    children: Annotated[int, typer.Option(help="journeys in each round")] = 1_000,
    rounds: Annotated[int, typer.Option(help="how often each engine is measured, one after the other")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> None:
    """Measure the same work on Temporal, DBOS and a poller, each with new data in each round."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        line = progress.add_task("starting PostgreSQL", total=None)
        took = asyncio.run(_rounds(children, rounds, lambda text: progress.update(line, description=text)))
    if as_json:
        typer.echo(json.dumps(took, indent=1))
    else:
        Console().print(_table(took, children, rounds))


async def _rounds(children: int, rounds: int, tell: Tell) -> Rounds:
    took: Rounds = {}
    for number in range(rounds):
        tell_round = partial(_tell_round, tell, f"round {number + 1} of {rounds}")
        for make in ENGINES:
            name, figures = await _round(make, children, tell_round)
            took.setdefault(name, []).append(figures)
    return took


def _tell_round(tell: Tell, which: str, text: str) -> None:
    tell(f"{which}, {text}")


async def _round(make: Callable[[Database, Path], Peer], children: int, tell: Tell) -> tuple[str, Figures]:
    """One engine on a PostgreSQL and in a folder of its own, both gone afterwards: its name, and its figures."""
    with tempfile.TemporaryDirectory(prefix="permanence-peers-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o755)  # so that the account PostgreSQL runs as may pass
        server = Database(folder / "postgresql", free_port(5432))
        server.make()
        server.start()
        try:
            await server.until_ready()
            async with running(make(server, folder), folder) as run:
                return run.peer.name, await measured(run, children, tell)
        finally:
            await server.stop()


def _table(took: Rounds, children: int, rounds: int) -> Table:
    table = Table(title=f"{children:,} journeys, medians of {rounds} rounds", title_justify="left")
    table.add_column("")
    for name in took:
        table.add_column(name, justify="right")
    for figure in next(iter(took.values()))[0]:
        table.add_row(figure, *(f"{median(each[figure] for each in rounds_):,.1f}" for rounds_ in took.values()))
    return table


if __name__ == "__main__":
    app()

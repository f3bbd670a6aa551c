"""`python -m tests.fuzz --count 100000 --seed 7`: everything that can be sent, bent; exit 1 if anything gives way."""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from cli.progress import progress_bar
from service.logs import configure_logs
from tests.fuzz.run import Run


def main(
    count: Annotated[int, typer.Option(min=1, help="Inputs, of all classes together.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same inputs.")] = 7,
    first: Annotated[int, typer.Option(min=0, help="Go on from here, where an earlier run ended.")] = 0,
    findings: Annotated[Path | None, typer.Option(help="A file for what was found, in words.")] = None,
) -> None:
    """Fuzz the real server, worker, record and intake."""
    with (
        Path(os.devnull).open("w") as nowhere,
        progress_bar("fuzz") as tell,
        TemporaryDirectory(prefix="permanence-fuzz-") as folder,
    ):
        configure_logs("WARNING", nowhere)
        so_far = 0

        def done(number: int) -> None:
            nonlocal so_far
            so_far += number
            tell(so_far, count)

        tally = asyncio.run(Run(count, seed, first, done).go(Path(folder)))
    for line in tally.words if findings is None else []:
        typer.echo(line, err=True)
    if findings is not None:
        findings.write_text("\n\n".join(tally.words), "utf-8", "backslashreplace")
    typer.echo(str(tally))
    sys.exit(0 if tally.good else 1)


if __name__ == "__main__":
    typer.run(main)

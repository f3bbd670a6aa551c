"""`make faults`: arguments in, progress and one last line out. Exit 1 unless all its numbers are 0."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tools.cluster.faults import ON_A_CLUSTER, cluster_in
from tools.faults.run import Run
from tools.faults.verdict import Verdict

MINUTES = 2.0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another seed, other mishaps at other moments")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long mishaps happen; then all is judged")
    parser.add_argument("--cluster", action="store_true", help="on a real cluster, any process of which is killed")
    parser.add_argument("--keep", action="store_true", help="keep the folder also when nothing is wrong")
    return parser.parse_args()


def run(seed: int, minutes: float, out: Console, *, cluster: bool = False) -> tuple[Verdict, Path]:
    """One run in a new folder: the verdict, and the folder, which is the caller's to remove."""
    folder = Path(tempfile.mkdtemp(prefix=f"permanence-faults-{seed}-"))

    def tell(line: str) -> None:
        out.print(line, markup=False, highlight=False, soft_wrap=True)

    tell(f"Seed {seed}, {minutes:g} minutes, in {folder}")
    planned = Run(folder, seed, minutes * 60, tell)
    if cluster:
        planned = replace(planned, town=cluster_in, kinds=ON_A_CLUSTER)
    return asyncio.run(planned.live()), folder


def main() -> int:
    """Run, say what came of it, and keep the folder if anything is wrong."""
    asked, out = arguments(), Console()
    verdict, folder = run(asked.seed, asked.minutes, out, cluster=asked.cluster)
    if verdict.wrong or asked.keep:
        out.print(f"Kept: {folder} (chronicle.jsonl, answers.jsonl, logs, home)", soft_wrap=True, highlight=False)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    out.print(verdict.last_line, soft_wrap=True, highlight=False)
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Print a synthetic caseload as events, or write it as returns or an SSD: `python -m synthetic --today 2026-11-22`."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from domain.case.events import document
from synthetic.caseload import caseload
from synthetic.returns import write_returns
from synthetic.ssd import ssd_tables
from synthetic.ssd_database import write_ssd


def main() -> None:
    """Write the events of the caseload asked for to standard output, or its returns into a folder."""
    parser = argparse.ArgumentParser(prog="python -m synthetic", description="A synthetic caseload as JSON lines.")
    parser.add_argument("--count", type=int, default=40, help="how many children")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=date.fromisoformat, required=True, help="the day the caseload stands on")
    parser.add_argument("--returns", type=Path, metavar="DIR", help="write SSDA903 tables there instead")
    parser.add_argument("--ssd", type=Path, metavar="FILE", help="write an SSD as a new SQLite file there instead")
    asked = parser.parse_args()
    children = caseload(asked.count, seed=asked.seed, today=asked.today)
    if asked.returns:
        asked.returns.mkdir(parents=True, exist_ok=True)
        write_returns(children, asked.returns, asked.today)
        return
    if asked.ssd:
        with asked.ssd.open("xb"):  # a new one: nobody's file is written into
            pass
        write_ssd(f"sqlite:///{asked.ssd}", ssd_tables(children, asked.today))
        return
    for child in children:
        for event in child.events:
            sys.stdout.write(json.dumps(document(event)) + "\n")


if __name__ == "__main__":
    main()

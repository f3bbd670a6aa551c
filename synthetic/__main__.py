"""Print a synthetic caseload as events, one JSON object a line: `python -m synthetic --today 2026-11-22`."""

import argparse
import json
import sys
from datetime import date

from domain.events import document
from synthetic.caseload import caseload


def main() -> None:
    """Write the events of the caseload asked for to standard output."""
    parser = argparse.ArgumentParser(prog="python -m synthetic", description="A synthetic caseload as JSON lines.")
    parser.add_argument("--count", type=int, default=40, help="how many children")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=date.fromisoformat, required=True, help="the day the caseload stands on")
    asked = parser.parse_args()
    for child in caseload(asked.count, seed=asked.seed, today=asked.today):
        for event in child.events:
            sys.stdout.write(json.dumps(document(event)) + "\n")


if __name__ == "__main__":
    main()

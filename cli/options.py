"""What commands are given: arguments and options that several of them share."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.errors import Refused

YEARS: Final = range(1950, 2151)
A_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="Events, one JSON object a line, in any order; - is standard input."),
]
PolicyId = Annotated[str, typer.Option("--policy", metavar="ID", help="The policy of children whose events name none.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--policies",
        metavar="DIR",
        envvar="PERMANENCE_POLICIES",
        help="A folder with policy files of your authority (*.toml).",
    ),
]
QuietUntil = Annotated[
    str | None,
    typer.Option(
        "--quiet-until",
        metavar="DATE",
        help="Journeys started now tell nothing before this day; then what is still true, once.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def day_given(option: str, text: str) -> date:
    """The day an option names. Raises Refused saying what is accepted."""
    try:
        day = date.fromisoformat(text) if A_DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise Refused(
            f"{option}: {text!r} is not accepted; give a day of the years {YEARS[0]} to {YEARS[-1]} "
            "as YYYY-MM-DD, such as 2026-03-20"
        )
    return day


def day_past(option: str, text: str, today: date) -> date:
    """The same of a day that has come. Raises Refused."""
    # What is said to speak until 2099 would make older of every true copy until then.
    day = day_given(option, text)
    if day > today:
        raise Refused(f"{option}: {day} has not come; give today, {today}, or a day before")
    return day

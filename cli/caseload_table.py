"""The caseload as it is printed: a table for people, CSV for a spreadsheet, JSON for a program."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import TextWrapper
from typing import Any, Final

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cli import words
from cli.screen import COLOURS, RED_FIRST, plain_table
from delivery.account_line import How
from domain.case.calendar import local_date
from domain.case.events import LONDON
from domain.case.stages import STAGES
from domain.clocks.wording import booked
from domain.visible import visible
from journeys.caseload import CaseloadRow
from journeys.overview import Listed, Overview
from record.caseload_list import ListedChild
from record.caseload_reading import CaseloadPart

STUCK: Final = {
    "failing": "its workflow tasks fail",
    "overslept": "it has not woken though a due date has passed",
    "retrying": "it waits for an activity that fails",
    "no_worker": "no worker is there to wake it",
    "silent": "it does not answer, and will fail when it wakes",
}
"""How a journey stands still, in a few words."""

BESIDE: Final = len("  100 days  amber  ")
NARROWEST: Final = 30
"""Characters for what is due, however narrow the terminal (ours)."""
STYLES: Final = {name: Style.parse(style) for name, style in {**COLOURS, "dim": "dim"}.items()}

NAMED: Final = 5
"""References named where a sentence counts them; `--json` has them all."""

OBEYED: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet, which would run what a case says."""


# As data


def as_data(row: Listed, seen: Overview) -> dict[str, Any]:
    """A row with the names of contract section 7, and what the record knows beyond."""
    ahead, journey, today = row.ahead, row.journey, local_date(seen.now)
    first, next_due = (ahead.most_urgent, ahead.next_due(today)) if ahead else (None, None)
    late = {step.obligation for step in ahead.late(today) if step.escalates} if ahead else set()
    last = row.told_last
    return {
        "child": row.child,
        "stage": ahead.stage if ahead else journey and journey.stage,
        "rag": colour_of(row),
        "days_late": ahead.days_late if ahead else None,
        "next_due": _iso(next_due.due if next_due else None if ahead else journey and journey.next_due),
        "next_obligation": next_due.obligation if next_due else None if ahead else journey and journey.next_obligation,
        "overdue": sorted(late) if ahead else list(journey.overdue if journey else ()),
        "legal_status": ahead.legal_status if ahead else journey and journey.legal_status,
        "primary_plan": ahead.primary_plan if ahead else journey and journey.primary_plan,
        "policy": ahead.policy if ahead else journey and journey.policy,
        "team": ahead.team if ahead else journey and journey.team,
        "rejected_events": ahead.rejected if ahead else journey and journey.rejected_events,
        "stuck": journey.stuck if journey else None,
        "obligation": first.obligation if first else None,
        "title": first.title if first else None,
        "clause": first.clause if first else None,
        "due": _iso(first.due if first else None),
        "owner": first.owner if first else None,
        "whose": list(row.whose.keys) if row.whose else [],
        "unallocated": row.whose.why if row.whose and row.whose.why else None,
        "last_told": last.person if last else None,
        "last_told_role": last.role if last else None,
        "last_told_at": last.when.astimezone(LONDON).isoformat(timespec="seconds") if last else None,
        "last_told_of": last.obligation if last else None,
        "in_record": ahead is not None,
        "running": row.running,
    }


def colour_of(row: Listed) -> str | None:
    """The colour: as the record has it today, else as the journey showed it last."""
    return row.ahead.colour if row.ahead else row.journey.rag if row.journey else None


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


def as_csv_text(seen: Overview) -> str:
    """The same as CSV, a heading first; lists are joined by spaces, and no cell is a formula."""
    text = io.StringIO()
    rows = [as_data(row, seen) for row in seen.rows]
    names = list(as_data(Listed(""), seen))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cell(row[name]) for name in names] for row in rows)
    return text.getvalue()


def cell(value: object) -> object:
    """A value as CSV has it: a text that a spreadsheet would obey is quoted."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"'{value}" if isinstance(value, str) and value.startswith(OBEYED) else value


# For people


def show(seen: Overview, part: CaseloadPart, out: Console) -> None:
    """The rows, then how many of each colour there are at each stage."""
    if not seen.rows:
        out.print(nothing(seen, part), markup=False)
        return
    # Not by a table of rich's: for 2,500 children it takes two seconds to find out how wide each column is.
    out.print(Segments(_segments(seen, out.width)), crop=False)
    out.print(_by_stage(seen.rows))
    if stuck := sum(row.stuck for row in seen.rows):
        counted = "1 journey is stuck" if stuck == 1 else f"{stuck} journeys are stuck"
        out.print()
        out.print(Text(f"{counted}: `permanence status CHILD` says why, and what mends it.", style="bold red"))


def _segments(seen: Overview, width: int) -> Iterator[Segment]:
    """A child's lines beside its reference, days late and colour; wrapped, and nothing in them is obeyed."""
    broad = max(len(row.child) for row in seen.rows)
    wrapped = TextWrapper(max(width - broad - BESIDE, NARROWEST), break_on_hyphens=False)
    for row in seen.rows:
        colour = colour_of(row) or "-"
        head = f"{row.child:{broad}}  {_late(row):>9}  ", f"{colour:5}  "
        for number, (text, style) in enumerate(_lines(row, seen)):
            for place, line in enumerate(_wrapped(visible(text), wrapped)):
                if number == place == 0:
                    yield Segment(visible(head[0]))
                    yield Segment(head[1], STYLES.get(colour))
                else:
                    yield Segment(" " * (broad + BESIDE))
                yield Segment(line + "\n", STYLES.get(style))
        yield Segment("\n")


def _wrapped(text: str, wrapper: TextWrapper) -> list[str]:
    """The text in lines; most fit as they are, and cutting into words takes longer than all else of a long list."""
    return [text] if len(text) <= wrapper.width else wrapper.wrap(text)


def _late(row: Listed) -> str:
    if row.ahead is None:
        return "-"
    return words.days(row.ahead.days_late) if row.ahead.days_late else ""


def nothing(seen: Overview, part: CaseloadPart) -> str:
    """Why no row is shown, and what would show some."""
    if not seen.of_all:
        return "No journey is under way. `permanence send FILE` starts journeys from events."
    all_of_them = "1 child is" if seen.of_all == 1 else f"{seen.of_all:,} children are"
    said = f"No child fits all that was asked for; {all_of_them} under way, and `permanence caseload` alone lists them."
    if part.teams and seen.teams:
        said += f"\nTeams there are: {', '.join(seen.teams)}."
    return said


def differences(seen: Overview) -> Iterator[str]:
    """Where the list may not be the whole truth, a line each; nothing where record and server agree."""
    if seen.unlisted:
        yield f"{_some(seen.unlisted)}: it cannot be said yet how they stand; a worker is at it, and its log says why"
    if seen.outdated:
        counted = "1 child" if seen.outdated == 1 else f"{seen.outdated:,} children"
        yield f"of {counted} there is news that is not in this list yet; ask again in a moment"
    if seen.not_in_record:
        yield f"{_some(seen.not_in_record)}: the journey runs, and the case record lists nothing of it yet"
    if seen.not_running:
        yield (
            f"{_some(seen.not_running)}: care goes on by the case record, and no journey runs; "
            "`permanence record restart` begins it again"
        )


def _some(children: Sequence[str]) -> str:
    more = f" and {len(children) - NAMED:,} more" if len(children) > NAMED else ""
    return ", ".join(children[:NAMED]) + more


def _lines(row: Listed, seen: Overview) -> Iterator[tuple[str, str]]:
    """What must be seen before all else; what puts the child here, whose it is, who was last told; the rest."""
    journey, ahead = row.journey, row.ahead
    if journey and journey.stuck:
        yield f"STUCK: {STUCK[journey.stuck]}; what the journey shows may be old", "red"
    if rejected := ahead.rejected if ahead else journey and journey.rejected_events:
        yield f"{rejected} rejected {'event' if rejected == 1 else 'events'}", "red"
    yield from ((line, "") for line in (_of_record(row, ahead, seen) if ahead else _of_server(journey)))
    stage, team = (ahead.stage, ahead.team) if ahead else (journey and journey.stage, journey and journey.team)
    yield f"{words.stage(stage) if stage else 'stage unknown'}; team {team or '-'}", "dim"


def _of_server(journey: CaseloadRow | None) -> Iterator[str]:
    if journey and journey.overdue:
        yield f"overdue: {', '.join(journey.overdue)}"
    if journey and journey.next_obligation and journey.next_due:
        yield f"next {words.day(journey.next_due)}: {journey.next_obligation}"


def _of_record(row: Listed, ahead: ListedChild, seen: Overview) -> Iterator[str]:
    first, today = ahead.most_urgent, local_date(seen.now)
    if first is None:
        yield "nothing is due"
        return
    others = len(ahead.late(today)) - 1
    more = f", and {others} more late" if others > 0 else ""
    booking = f"; {booked(first.booked_for, today)}" if first.booked_for else ""
    yield f"{first.title}, due {words.day(first.due)}{more}{booking}"
    yield f"{_whose(row)}; {_told(row)}"


def _whose(row: Listed) -> str:
    assert row.whose is not None
    role = words.spaced(row.whose.role)
    if row.whose.why:
        instead = f" ({', '.join(row.whose.keys)} is told)" if row.whose.keys else ""
        return f"{role}: {row.whose.why}{instead}"
    return f"{role} {', '.join(row.whose.keys)}"


HOW: Final[Mapping[How, str]] = {"message": "", "digest": " in a digest", "summary": " in the summary of a load"}


def _told(row: Listed) -> str:
    last = row.told_last
    if last is None:
        return "nobody told yet"
    role = f" as {words.spaced(last.role)}" if last.role else ""
    return f"last told {last.person}{role}{HOW[last.how]}, {words.day(local_date(last.when))}"


def _by_stage(rows: Sequence[Listed]) -> Table:
    counts = Counter(
        (row.ahead.stage if row.ahead else row.journey and row.journey.stage, colour_of(row)) for row in rows
    )
    shown = plain_table("Stage", *RED_FIRST, "all")
    for stage in STAGES:
        of_stage = [counts[(stage, colour)] for colour in RED_FIRST]
        if sum(of_stage):
            shown.add_row(words.stage(stage), *map(str, of_stage), str(sum(of_stage)))
    totals = [sum(counts[(stage, colour)] for stage in STAGES) for colour in RED_FIRST]
    shown.add_section()
    shown.add_row("all", *map(str, totals), str(len(rows)))
    return shown

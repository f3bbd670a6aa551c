"""`permanence sync report`: what the nights brought."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from cli.errors import CommandFailed
from cli.options import Json
from cli.output import print_json
from cli.running import settings
from cli.screen import console, plain_table
from domain.case.events import LONDON
from record.doubts import DoubtsKept, KeptDoubt
from record.failures import RecordUnavailable
from record.nights import Kind, Night, Nights
from service.locate import record_of_service
from service.settings import Settings

SHOWN: Final = 20
"""Children named of a kind (ours, as in returns_words.py); --json names all."""
KINDS: Final[tuple[Kind, ...]] = ("changes", "not_taken", "only_here", "only_there")
TITLES: Final[Mapping[Kind, str]] = {
    "not_taken": "Not taken by their journeys",
    "only_here": "In care here, and not in the source",
    "only_there": "In the source, and not here",
}


@dataclass(frozen=True)
class NightShown:
    """A night with its children, and what is doubtful now."""

    night: Night
    children: Mapping[Kind, Mapping[str, Any]]
    doubts: Sequence[KeptDoubt]

    def data(self) -> dict[str, Any]:
        """As JSON."""
        night = self.night
        return {
            "planned": night.planned.isoformat(),
            "source": night.source,
            "how": night.how,
            "began": night.began.isoformat(),
            "ended": night.ended and night.ended.isoformat(),
            "attempts": night.attempts,
            "failed": night.failed,
            "read": night.said,
            "counts": night.counts,
            "changes": list(self.children["changes"].values()),
            "not_taken": self.children["not_taken"],
            "only_here": list(self.children["only_here"]),
            "only_there": list(self.children["only_there"]),
            "doubts": [
                {name: getattr(doubt, name) for name in ("child", "rule", "table", "line", "message", "action", "key")}
                for doubt in self.doubts
            ],
        }


def report(
    *,
    back: Annotated[int, typer.Option("--back", metavar="N", min=0, help="How many nights before the last.")] = 0,
    as_json: Json = False,
) -> None:
    """What a night brought: taken, corrected, voided, doubted, refused, and who is missing on either side.

    Of a night that only proposes it is what would be done. What is doubtful is as it stands now, without what was
    settled. Exit 1 where the night failed or was held.
    """
    shown = asyncio.run(asyncio.to_thread(read_night, settings(), back))
    if as_json:
        print_json(shown.data())
    else:
        _show(shown, console())
    if shown.night.failed:
        raise typer.Exit(1)


def read_night(settings: Settings, back: int) -> NightShown:
    """A night out of the case record of this installation. Raises CommandFailed where there is none."""
    from record.store import CaseRecord

    try:
        record = CaseRecord.open(record_of_service(settings))
    except RecordUnavailable as unavailable:
        raise CommandFailed(str(unavailable)) from None
    try:
        nights = Nights(record.engine)
        latest = nights.latest(back + 1)
        if len(latest) <= back:
            configured = "" if settings.sync_source else "; no source is configured (PERMANENCE_SYNC_SOURCE)"
            raise CommandFailed(f"there is no such night: {len(latest)} are kept{configured}")
        night = latest[back]
        children = {kind: nights.children(night.planned, kind) for kind in KINDS}
        doubts = [doubt for doubt in DoubtsKept(record.engine).open() if doubt.source == night.source]
        return NightShown(night, children, doubts)
    finally:
        record.close()


def _show(shown: NightShown, out: Console) -> None:
    night = shown.night
    planned = f"{night.planned.astimezone(LONDON):%A %d %B %Y, %H:%M}"
    out.print(f"{planned}: {night.source}, {'applied' if night.how == 'apply' else 'proposed only'}")
    if night.failed:
        again = "" if night.ended else f" (attempt {night.attempts}; it is tried again)"
        out.print(Text(f"{night.failed}{again}", style="bold red"))
    elif night.ended is None:
        out.print(f"It is under way, attempt {night.attempts}.")
    for line in night.said:
        out.print(Text(line, style="dim"))
    table = plain_table("", "Number")
    for name, count in night.counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    if night.counts:
        out.print(table)
    for kind, title in TITLES.items():
        _children(out, title, shown.children[kind])
    rules = Counter(doubt.rule for doubt in shown.doubts)
    if rules:
        counted = ", ".join(f"{rule} {count:,}" for rule, count in rules.most_common())
        out.print(f"Doubtful now: {counted}. Each line: the desk's page Source, or --json")


def _children(out: Console, title: str, children: Mapping[str, Any]) -> None:
    if not children:
        return
    named = ", ".join(list(children)[:SHOWN])
    more = f" and {len(children) - SHOWN:,} more (--json names all)" if len(children) > SHOWN else ""
    out.print(f"{title}: {named}{more}")

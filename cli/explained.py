"""An explanation as people read it on the command line."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli import explain_words as said
from cli.screen import plain_table
from cli.tables import show_law
from domain.study import explain_words as why_words
from domain.study.explain import Explanation

if TYPE_CHECKING:
    from delivery.account_line import AccountLine


def show(explained: Explanation, today: date, out: Console, lines: "Sequence[AccountLine] | None" = None) -> None:
    """The explanation as people read it. `lines`: the account, where there is a service that tells people."""
    row = explained.row
    number = f" ({row.occurrence})" if row.occurrence > 1 else ""
    out.print(Text.assemble((row.child, "bold"), "  ", (f"{row.title}{number}", "bold"), f"  {row.obligation}"))
    out.print(said.headline(explained, today))
    out.print(Text(f"Policy {explained.policy}", style="dim"))
    section(f"Why {why_words.long_day(row.due)}", why_words.why(explained), out)
    show_law("The law", why_words.law_of(explained), out)
    section("What moved it", why_words.moved(explained), out)
    section("What became of it", why_words.about(explained), out)
    out.print()
    out.print(Text("Who is told", style="bold"))
    for line in filter(None, (said.silence(explained, lines), said.since(explained))):
        out.print(line)
    if not explained.ladder:
        out.print("It is reminded only: it has no ladder and never makes a journey red.")
    rows = list(said.told_rows(explained, lines))
    if rows:
        table = plain_table("Its time", "Action", "For", "What became of it")
        for one in rows:
            table.add_row(*one)
        out.print(table)


def section(title: str, lines: Iterable[tuple[str, str]], out: Console) -> None:
    """Lines under a title, each with its label; nothing where there are none."""
    lines = list(lines)
    if not lines:
        return
    out.print()
    out.print(Text(title, style="bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=False, style="dim", max_width=24)
    grid.add_column(overflow="fold")
    for label, text in lines:
        grid.add_row(label, text)
    out.print(grid)

"""The page docs/ssd-columns.md: what is read of an SSD, what becomes of it, and what is doubted."""

from collections.abc import Iterator
from itertools import groupby

from intake.ssd.codes import PLANS, ROLES, STATUSES
from intake.ssd.doubts import RULES
from intake.ssd.mapping import TABLES, Mapped


def page() -> str:
    """The page as Markdown."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# What is read of an SSD"
    yield ""
    yield "Made by `make docs` from `intake/ssd/`; do not edit. How a council connects its SSD is in [ssd.md](ssd.md)."
    for table in TABLES:
        yield from _table(table)
    yield from _codes()
    yield from _doubts()


def _table(table: Mapped) -> Iterator[str]:
    needed = "without it nothing is read" if table.needed else "may be missing: then a doubt says so"
    yield from ("", f"## {table.name}", "", f"It {needed}. Columns in bold may not be missing.", "")
    yield "| column | what becomes of it |"
    yield "| --- | --- |"
    for column in table.columns:
        name = f"**`{column.name}`**" if column.needed else f"`{column.name}`"
        yield f"| {name} | {column.becomes} |"


def _codes() -> Iterator[str]:
    yield from ("", "## Words for codes", "")
    yield "A code of the SSDA903, alone or before its words, is that code; else the first line whose words are there."
    yield from ("", "| legal status, by its words | code |", "| --- | --- |")
    for code, lines in groupby(STATUSES, lambda each: each[1]):
        yield f"| {', '.join(words for words, _ in lines)} | {code or 'none under which a child is looked after'} |"
    yield from ("", "| role, by its words | role |", "| --- | --- |")
    for role, lines in groupby(ROLES, lambda each: each[1]):
        yield f"| {', '.join(words for words, _ in lines)} | {f'`{role}`' if role else 'none'} |"
    yield from ("", "| plan | primary plan, the upper before the lower where several are ticked |", "| --- | --- |")
    for plan, lines in groupby(PLANS, lambda each: each[1]):
        yield f"| {', '.join(code for code, _ in lines)} | {f'`{plan}`' if plan else 'none of ours'} |"


def _doubts() -> Iterator[str]:
    yield from ("", "## Doubts", "", "| rule | what is doubtful | what is done |", "| --- | --- | --- |")
    for rule in RULES.values():
        yield f"| `{rule.id}` | {rule.in_general} | {rule.action} |"

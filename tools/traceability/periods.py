"""The page docs/periods.md: the state machine of a period of care, drawn by `transitions` from its own table."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from transitions.extensions.diagrams import HierarchicalGraphMachine

from domain.case.periods import (
    ALL_BUT_ENTRY,
    NOTHING_FITS,
    REFUSED,
    REGIONS,
    ROWS,
    CareState,
    Period,
    Row,
    machine,
)

MEANS: Final = {
    "care.before_entry": "nothing has begun",
    "care.pre_proceedings": "not looked after yet; the journey has begun",
    "care.in_care": "looked after, under the care procedures",
    "care.short_breaks": "looked after in a series of short breaks (V3, V4)",
    "care.ended": "the period of care has ended; the next begins from here",
    "placement.not_placed": "not placed for adoption, or back from a placement",
    "placement.placed_for_adoption": "placed for adoption",
    "authority.none": "no authority to place for adoption",
    "authority.held": "a placement order or consent is in force",
    "permanence.not_yet": "permanence is not reached",
    "permanence.reached": "an order, a return home or a ratified long-term placement",
}
STYLE: Final = ("classDef", "Class ")

HEAD: Final = """# Periods of care

Made by `make docs` from the table in `domain/case/periods.py`; do not edit.

A child stands in one state of each of the four regions at once: a child in care may be placed for adoption too, and
have reached permanence. The facts of a case, and the refusals of what cannot follow, come from this one table: it is
made into a machine of the library `transitions`, which draws the picture, and `tests/domain/test_periods.py` takes away
each row in turn and sees a story go wrong. How far a child has come is another question: see [the stages](stages.md).

Events are taken in order of their days. On a day when one period ends and the next begins, the ending belongs to the
first and all else to the next; each period has regions of its own, begun anew."""


class Drawn(HierarchicalGraphMachine):
    """The machine as the library draws it."""

    state_cls = type("State", (CareState, HierarchicalGraphMachine.state_cls), {})


def page() -> str:
    """The page as Markdown with a Mermaid diagram."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield HEAD
    yield ""
    yield "```mermaid"
    yield from _diagram()
    yield "```"
    yield ""
    yield "## States"
    yield ""
    yield from _table("state", "means", rows=((f"`{s}`", MEANS[s]) for states in REGIONS.values() for s in states))
    yield ""
    yield "## Moves"
    yield ""
    yield "Of the rows for one event and state, the first counts whose guards hold. Where no row does, nothing moves."
    yield ""
    yield from _table("event", "from", "to", "guards", "by", rows=map(_cells, ROWS))
    yield ""
    yield "## Guards"
    yield ""
    yield from _table("guard", "holds if", rows=((f"`{name}`", _meaning(name)) for name in guards()))
    yield ""
    yield "## Refusals"
    yield ""
    yield "What is said where a guard fails and no other row takes the event, or where there is no row. The event then"
    yield "changes nothing. Later than the end, an event is kept and changes nothing, and nothing is refused."
    yield ""
    refused = [*REFUSED.items(), *((f"{state}: no row", said) for state, said in NOTHING_FITS.items())]
    yield from _table("in the way", "said", rows=((f"`{name}`", said) for name, said in refused))


def _diagram() -> Iterator[str]:
    """The library's drawing of what moves a child, its colours left out."""
    model = Period()
    machine((row for row in ROWS if row.dest), model=model, kind=Drawn, graph_engine="mermaid", show_conditions=True)
    lines = _drawing(model).splitlines()
    for line in lines[lines.index("stateDiagram-v2") : -1]:
        if line.strip() and not line.strip().startswith(STYLE):
            yield line


def _drawing(model: Any) -> str:
    drawn: str = model.get_graph().draw(None)
    return drawn


def _cells(row: Row) -> tuple[str, ...]:
    names = "anything but became_looked_after" if row.events == ALL_BUT_ENTRY else ", ".join(row.events)
    held = [*row.when, *(f"not {name}" for name in row.unless)]
    sources = ", ".join(f"`{source}`" for source in row.sources)
    return names, sources, f"`{row.dest}`" if row.dest else "stays", ", ".join(held), row.clause


def guards() -> list[str]:
    """The guards that the table names, in its order."""
    return list(dict.fromkeys(name for row in ROWS for name in (*row.when, *row.unless)))


def _meaning(guard: str) -> str:
    return (getattr(Period, guard).__doc__ or "").rstrip(".")


def _table(*head: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"

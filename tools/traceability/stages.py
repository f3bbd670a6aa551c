"""The page docs/stages.md: the stages of a journey, in order."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from cli.words import stage
from domain.case.stages import ENDED, STAGES

REACHED_BY: Final = {
    "looked_after": "became_looked_after",
    "ppm": "ppm_held",
    "first_review": "review_held (1st)",
    "second_review": "review_held (2nd)",
    "placement_order": "placement_order_made or placement_consent_given",
    "placed_for_adoption": "placed_for_adoption",
    "permanence": "an order, returned_home, or a ratified long-term placement",
    "left_care": "an order, ceased_to_be_looked_after, or the 18th birthday",
}
"""What brings a child to each stage (domain/case/stages.py decides; a test holds this to it)."""

HEAD: Final = (
    "A child is at the furthest stage reached. Events arrive out of order and a step may be missed, so any later stage",
    "can be reached from any earlier one; none is ever undone, but by voiding the event that reached it. The diagram",
    "draws the usual way. Where a child stands, and what may follow, is another question: see",
    "[periods of care](periods.md).",
)


def page() -> str:
    """The page as Markdown with a Mermaid diagram."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Stages of a journey"
    yield ""
    yield "Made by `make docs` from `domain/case/stages.py`; do not edit."
    yield ""
    yield from HEAD
    yield ""
    yield "```mermaid"
    yield from _diagram()
    yield "```"
    yield ""
    yield "| stage | means | reached by |"
    yield "| --- | --- | --- |"
    for name in STAGES:
        yield f"| `{name}` | {stage(name)} | {REACHED_BY.get(name, 'pre_proceedings_started')} |"


def _diagram() -> Iterator[str]:
    yield "stateDiagram-v2"
    yield "    direction TB"
    for name in STAGES:
        yield f'    state "{stage(name)}" as {name}'
    yield "    [*] --> pre_proceedings: pre_proceedings_started"
    yield "    [*] --> looked_after: became_looked_after"
    for before, after in _usual_way():
        yield f"    {before} --> {after}: {REACHED_BY[after]}"
    yield f"    {ENDED} --> [*]"


def _usual_way() -> Iterator[tuple[str, str]]:
    """Stage by stage; the adoption route is a way round for some."""
    yield from pairwise(STAGES)
    yield "second_review", "permanence"
    yield "second_review", ENDED

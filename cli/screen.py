"""The terminal as people read it: tables and colours, and nothing that data holds is obeyed there."""

from collections.abc import Iterable
from typing import Any, Final

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from domain.visible import visible

RED_FIRST: Final = ("red", "amber", "green")
COLOURS: Final = {"red": "bold red", "amber": "bold yellow", "green": "bold green"}


class Screen(Console):
    """Standard output for people: colours on a terminal only, and no text of a case read as markup, or obeyed."""

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """A text that was given as it is."""
        return super().render_str(visible(text, lines=True), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Anything, piece by piece down to each text; one with control characters loses its colours."""
        if isinstance(renderable, Text):
            plain = visible(renderable.plain, lines=True)
            if plain != renderable.plain:
                renderable = Text(plain, style=renderable.style, overflow="fold")
        return super().render(renderable, options)


def console() -> Console:
    """Standard output for people."""
    return Screen()


def plain_table(*columns: str) -> Table:
    """A table without edges, plain enough for a mail."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=column in ("Due", "When", "Action", "Reference"), overflow="fold")
    return table

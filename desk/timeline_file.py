"""A child's timeline as one HTML document that needs nothing else: for a meeting, or for the court."""

from typing import Final

from desk.assets import ASSETS
from desk.child import facts_of
from desk.rendering import TEMPLATES, sentence
from desk.timeline_drawing import drawing
from desk.timeline_marks import PERIODS, SORTS, ChildShown, shown_of
from domain.clocks.wording import stage_in_words
from domain.visible import visible

OF_THE_PICTURE: Final = (".desk-timeline", ".desk-mark")
"""What the rules of the desk's style begin with by which the picture is drawn."""


def timeline_page(of: ChildShown, show: str = "", period: str = "half") -> str:
    """The document: the picture and the table that the desk's page has, and no links."""
    title, marks = f"Timeline of {of.case.child}", shown_of(of, show, period)
    html = TEMPLATES.get_template("timeline_file.html").render(
        title=title,
        today=of.today,
        made_at=of.case.now,
        period=PERIODS[period][0],
        sort=show if show in SORTS else "",
        stage=sentence(stage_in_words(of.case.journey.stage)),
        facts=facts_of(of.case),
        marks=marks,
        drawing=drawing(marks, of.today) if marks else None,
        style=_style(),
    )
    return visible(html, lines=True)


def _style() -> str:
    style = ASSETS["desk.css"].plain.decode()
    return "\n".join(line for line in style.splitlines() if line.startswith(OF_THE_PICTURE))

"""What the desk's words, colours and tags mean, and its accessibility statement."""

from typing import Final, NamedTuple

from fastapi import Request, Response

from desk.desk import AT
from desk.needs import Need
from desk.pages import Pages
from desk.rendering import page, render
from desk.steps import CLASSES
from desk.visits import Visited

pages = Pages()


class HelpLine(NamedTuple):
    """A word, and what it means here."""

    word: str
    means: str


TAGS: Final = {
    "Late": "The day by which it was to be done has passed, and nobody has said why.",
    "Late, explained": "It has passed, and the reason is on record. The clock runs on.",
    "Late, in hand": "It has passed, and somebody has acknowledged it: until a day the ladder stands still.",
    "Due today": "Today is the last day on which it is in time.",
    "Due soon": "It is due within seven working days.",
    "Later": "It is due after that.",
    "Forecast": "Its day is fixed only when something else has happened: till then it is never late, and silent.",
}
"""What each tag of a step says; the words are on the tag, so that nobody has to see its colour."""
COLOURS: Final = [
    HelpLine("Red", "Something that has a ladder of escalation is late."),
    HelpLine("Amber", "Something is due soon, or is late without a ladder."),
    HelpLine("Green", "Neither."),
]
"""A child's colour (docs/colours.md)."""
WORDS: Final = [
    HelpLine("obligation", "What must happen by a date under a clause of the policy."),
    HelpLine("limit", "A date that one clause sets; the earliest binds."),
    HelpLine("forecast", "A due date whose anchor has not happened: shown, silent."),
    HelpLine("ladder", "The rungs of escalation, by working days after due."),
    HelpLine("rung", "A place in the reminders or on the ladder."),
    HelpLine("hold", "A ladder kept still, by an acknowledgement."),
    HelpLine("digest", "One message of many lines, daily or weekly."),
    HelpLine("occurrence", "One time that a recurring obligation must be met, numbered."),
    HelpLine("journey", "One child's path from entry to permanence."),
    HelpLine("stage", "How far a child has come, from pre-proceedings to having left care."),
    HelpLine("drift", "A plan that does not move on."),
    HelpLine("restriction", "A child whom only the people named may see."),
    HelpLine("policy", "An authority's procedure as data."),
]
"""As docs/glossary.md has them: a test holds the two to one another."""
SHORT: Final = [
    HelpLine("PPM", "Permanency planning meeting."),
    HelpLine("IRO", "Independent reviewing officer, who chairs the reviews."),
    HelpLine("CLA", "Children looked after."),
    HelpLine("ADM", "Agency decision maker, who decides whether a child should be placed for adoption."),
    HelpLine("(number 2)", "The second time that a step which comes again is due."),
    HelpLine("S1 §2", "Section 2 of S1, the procedure on permanency planning meetings; S2 is its quick guide."),
    HelpLine("CPPCR reg 33", "Regulation 33 of the Care Planning, Placement and Case Review Regulations 2010."),
    HelpLine("AAR reg 36", "Regulation 36 of the Adoption Agencies Regulations 2005."),
]
"""What stands on the pages in short."""


@pages.show("/help", Need.SESSION)
def show_help(visit: Visited) -> Response:
    """The words."""
    tags = [(tag, CLASSES[tag], means) for tag, means in TAGS.items()]
    return page(visit, "help.html", "What the words mean", tags=tags, colours=COLOURS, short=SHORT, words=WORDS)


@pages.show("/accessibility", Need.NOTHING)
def show_accessibility(request: Request) -> Response:
    """The statement: for everybody, before signing in too."""
    return render(request, "accessibility.html", "Accessibility statement", facts={"AT": AT})

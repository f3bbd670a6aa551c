"""Finding a child by reference, from every page."""

import re
from typing import Final
from urllib.parse import quote

from fastapi import Response

from desk.desk import AT
from desk.needs import Need
from desk.pages import Pages
from desk.rendering import page, to
from desk.visits import Visit, Visited
from domain.case.events import CHILD_REF

pages = Pages()
BETWEEN: Final = re.compile("[\\s\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}-]+")
"""What stands for a hyphen as people type and copy it: word processors and mail make dashes of hyphens."""


@pages.show("/find", Need.CHILDREN)
def find(visit: Visited, reference: str = "") -> Response:
    """To the page of a child. A reference is pseudonymous, and may stand in an address."""
    typed = reference.strip()
    if typed:
        return to(f"{AT}/children/{quote(_spelt(visit, typed), safe='')}")
    return page(
        visit, "instead.html", "Type a child's reference", paragraphs=["It stands in every message, such as CLA-3017."]
    )


def _spelt(visit: Visit, typed: str) -> str:
    """A reference as it is written: people type cla 3017 or 3017, or copy it with a dash. Else as it was typed."""
    spellings = (typed, typed.upper(), BETWEEN.sub("-", typed.upper()))
    theirs = next((one for one in spellings if _is_theirs(visit, one)), None)
    return theirs or _only_one_like(visit, typed) or typed


def _is_theirs(visit: Visit, child: str) -> bool:
    return bool(re.fullmatch(CHILD_REF, child)) and visit.desk.find(visit.viewer, child, visit.now) is not None


def _only_one_like(visit: Visit, typed: str) -> str | None:
    """The one child whom they see of these letters and digits, or if it is a number of that number; None if several."""
    wanted = _plain(typed)
    ends = re.compile(rf"(?:.*\D)?0*{wanted}" if wanted.isdecimal() else re.escape(wanted))
    theirs = visit.desk.lists(visit.viewer, visit.now).ever() if wanted else ()
    like = [one for one in theirs if ends.fullmatch(_plain(one))]
    return like[0] if len(like) == 1 else None


def _plain(reference: str) -> str:
    return "".join(sign for sign in reference.casefold() if sign.isalnum())

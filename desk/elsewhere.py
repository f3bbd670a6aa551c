"""What a form leads to is shown by another address: going back from there asks for a page, and sends nothing again.

What was sent is kept as a draft while nothing is recorded, so the form that somebody goes back to still has it.
"""

# Until 29 November 2026 a form answered with the next page itself: back from a receipt the browser asked whether the
# form should be sent again, and back from the check page the form was empty.

from dataclasses import replace
from typing import Final, Literal, get_args

from fastapi import Response

from desk.admission import ONCE
from desk.rendering import to
from desk.visits import Fields, Visit

Shown = Literal["check", "mend"]
"""What an address shows of a form: what it will change, or the form once more with what is wrong in it."""
ELSEWHERE: Final = "elsewhere"
"""The field of a draft that says what it was shown as: another tab may still show it, and record it."""
NOTHING: Final = ("mend", "")


def shown_elsewhere(visit: Visit, shown: Shown, once: str, of: str = "") -> Response | None:
    """Keep what was sent, and lead to the address that shows it; None where it is too long to be kept.

    `of` is what the address of the form asks for besides, such as a part of a list.
    """
    path = visit.request.url.path
    sent: Fields = {**visit.sent, ONCE: [once], ELSEWHERE: [shown]}
    kept = visit.desk.drafts.keep(visit.viewer.key, path, sent, visit.now)
    return to(f"{path}?{of}{'&' if of else ''}{shown}={once}") if kept else None


def asked_for(visit: Visit) -> tuple[Shown, str]:
    """What an address shows of which form, by its id; no id where it is the form as it begins."""
    asked = visit.request.query_params
    return next(((shown, asked[shown]) for shown in get_args(Shown) if asked.get(shown)), NOTHING)


def as_sent(visit: Visit, once: str) -> Visit | None:
    """The visit as it was when a form was sent; None where that is kept no more."""
    draft = visit.draft
    return replace(visit, sent=draft) if draft.get(ONCE) == [once] else None

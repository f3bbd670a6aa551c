"""What stands, asked for in several conditions at once: a legal status, a plan; whether there is any that fits all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from domain.case.documents import parse_event
from domain.case.periods import IN_CARE, SHORT_BREAK_SERIES, Period
from domain.case.words import LegalStatus, Plan
from domain.clocks.wording import spaced

AskedTogether = Sequence[tuple[Mapping[str, Any], bool]]
"""Conditions on what stands, each with whether it must hold or must not."""


def _leads_to(status: LegalStatus) -> str:
    """Where the table of periods takes a child in care whose legal status changes."""
    period = Period(IN_CARE)
    changed = {
        "type": "legal_status_changed",
        "id": "x",
        "child": "x",
        "on": "2026-01-05",
        "legal_status": status.value,
    }
    period.take(parse_event(changed))
    return period.states["care"]


OF_SHORT_BREAKS: Final = frozenset(one for one in LegalStatus if _leads_to(one) == SHORT_BREAK_SERIES)


def nothing_stands(asked: AskedTogether, *, in_care: bool, in_short_breaks: bool) -> str | None:
    """Why nothing that could stand fits all that is asked on one day; None where something does."""
    return _statuses(asked, in_care, in_short_breaks) or _plans(asked)


def _statuses(asked: AskedTogether, in_care: bool, in_short_breaks: bool) -> str | None:
    of_it = [(word, holds) for word, holds in asked if word["standing"] == "legal_status"]
    if not any(holds for _, holds in of_it):
        return None
    left = _left({one.value for one in LegalStatus}, of_it)
    if not left:
        return _never("legal_status", of_it)
    short = {one.value for one in OF_SHORT_BREAKS}
    if in_care and left <= short:
        return (
            f"with the legal status {' or '.join(sorted(left))} a child is under short breaks, and a rule that counts "
            'from entry runs in care; accepted: anchor = "short_breaks_started"'
        )
    if in_short_breaks and not left & short:
        return f"with the legal status {' or '.join(sorted(left))} a child is not under short breaks"
    return None


def _plans(asked: AskedTogether) -> str | None:
    """Of the two plans each may be another; `plan` is either of them, and where it must not be one, neither is."""
    either = [(word, holds) for word, holds in asked if word["standing"] == "plan"]
    neither = [(word, holds) for word, holds in either if not holds]
    possible: set[str] = set()
    for what in ("primary_plan", "contingency_plan"):
        of_it = [(word, holds) for word, holds in asked if word["standing"] == what] + neither
        left = _left({one.value for one in Plan}, of_it)
        if not left and any(holds for _, holds in of_it):
            return _never(what, of_it)
        possible |= left
    wrong = next((word for word, holds in either if holds and not _values(word) & possible), None)
    return _never("plan", [(wrong, True), *(one for one in asked if one[0] is not wrong)]) if wrong else None


def _left(possible: set[str], asked: AskedTogether) -> set[str]:
    for word, holds in asked:
        possible = possible & _values(word) if holds else possible - _values(word)
    return possible


def _never(what: str, asked: AskedTogether) -> str:
    said = dict.fromkeys(("" if holds else "not ") + _shown(_values(word)) for word, holds in asked)
    return f"the {spaced(what)} is never {' and '.join(said)} at once"


def _shown(values: Iterable[str]) -> str:
    return " or ".join(spaced(one) for one in sorted(values))


def _values(word: Mapping[str, Any]) -> set[str]:
    given = word.get("is", ())
    return {given} if isinstance(given, str) else {str(one) for one in given}

"""The brake: what is too much for a night by itself waits for somebody to look, and why is said in one sentence. Pure.

The only place that decides it. What a night reads and compares is reported all the same; nothing of it is sent.
"""

from collections.abc import Sequence
from typing import Final

from intake.sources.taking import Taking

MOST: Final = 0.1
LEAST: Final = 20
"""The share of children, and how many at least, from which on a night takes nothing back, ends none and begins none by
itself (ours: a council corrects some rows a day, and of a hundred children one or two leave care in a week; a table
that is empty or half loaded, or a column that is filled wrongly, is of everybody)."""


def why_braked(own: Sequence[Taking], gone: int) -> str:
    """Why a night is not applied by itself, though it was to be; empty where it is.

    `gone`: how many children are in care by what is known here, of whom the source says nothing at all.
    """
    return _taken_back_or_ended(own) or _other_ids(own, gone)


def why_stale(stale: str) -> str:
    """The same of a source that is older than what was read before, or that has lost much of a table."""
    return f"{stale}: nothing was taken. If the source is right, apply it by the command that reads it, with --even-so"


def _taken_back_or_ended(own: Sequence[Taking]) -> str:
    # A reporting database is looked at while its reviews are being loaded anew: it has none of anybody. Or every open
    # episode of a return has DEC 5 March 2026 and REC E8: 30 journeys of 31 children would end in one night.
    losing, ending = sum(bool(each.voided) for each in own), sum(each.ends for each in own)
    either, running = sum(bool(each.voided) or each.ends for each in own), sum(each.runs for each in own)
    # Of the 2,500 children of six years 400 may be in care: 40 endings are a tenth of the journeys that run.
    if not _many(either, len(own)) and not _many(ending, running):
        return ""
    ended = f", and {ending:,} of {running:,} journeys that run would end" if ending else ""
    return (
        f"of {losing:,} of {len(own):,} children something would be taken back{ended}, which is more than a night does "
        "by itself: nothing was applied. If the source is right, apply it by the command that reads it"
    )


def _other_ids(own: Sequence[Taking], gone: int) -> str:
    # A case system numbers its persons anew on 9 March 2026: 30 journeys would begin beside the 30 of the same
    # children, of whom nothing more is ever heard.
    beginning, running = sum(each.starts for each in own), sum(each.runs for each in own) + gone
    if not _many(beginning, running) or not _many(gone, running):
        return ""
    return (
        f"{beginning:,} children would begin, while {gone:,} whose journeys run are not in the source at all, as where "
        "the ids of children have changed: nothing was applied. Look at both: if they are other children, apply it by "
        "the command that reads it; if they are the same, docs/operating.md#every-night says what to do"
    )


def _many(some: int, of: int) -> bool:
    return some >= LEAST and some >= MOST * of

"""Children who are left out since the case record cannot be read of them: named, with what says why."""

from collections.abc import Sequence
from typing import Final

NAMED: Final = 20
"""References named (ours: enough to begin with; `record verify` finds them all)."""


def left_out_in_words(children: Sequence[str]) -> str:
    """Whom a list or a number leaves out, and what to do about it."""
    more = f" and {len(children) - NAMED:,} more" if len(children) > NAMED else ""
    return (
        f"left out, since the case record cannot be read of: {', '.join(children[:NAMED])}{more}. "
        "`permanence record verify CHILD` names what is not as it was written; where it finds nothing, the log says why"
    )

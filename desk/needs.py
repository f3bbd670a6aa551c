"""What somebody needs to be let to a page: declared with each route (desk/pages.py), decided here."""

from enum import Enum
from typing import Final

from desk.scope import Relation, Viewer

DECISIONS: Final = frozenset({"deadline_extended", "obligation_waived"})
"""Events that loosen a local limit: for managers."""
JUDGEMENTS: Final = frozenset({"lateness_explained", "escalation_acknowledged"})
"""Events by which somebody answers for something late: for all who may see the child, since the ladder tells them."""
OVERSEEING: Final = frozenset({"plan_overseen"})
"""Events that say what whoever answers for the service did: theirs to record, although they record nothing else."""


class Need(Enum):
    """Who may have a page. Without a session every need but the first leads to signing in."""

    NOTHING = "anybody, signed in or not: signing in itself, style and script"
    SESSION = "anybody signed in"
    CHILDREN = "who works with children: whoever only runs the service sees none; else 403"
    CHILD = "whoever may see the child of the path; else 404, as if it were not there"
    CHILD_AS_MANAGER = "whoever may see the child and manages a team or the service; 404 or 403"
    CHILD_TO_RECORD = "whoever may record for the child what the path names; 404 or 403"
    MANAGER = "who manages a team or the service; else 403"
    OVERSIGHT = "who reviews children, or manages a team or the service; else 403"
    SOURCE = "who manages a team or the service, or runs it; else 403"
    SERVICE_MANAGER = "who answers for the whole service; else 403"
    OPERATOR = "who runs the service: clocks and references only; else 403"

    @property
    def of_child(self) -> bool:
        """Whether a page is about one child."""
        return self in (Need.CHILD, Need.CHILD_AS_MANAGER, Need.CHILD_TO_RECORD)


def is_met(need: Need, viewer: Viewer, by: frozenset[Relation] = frozenset(), kind: str = "") -> bool:
    """Whether somebody signed in may have a page.

    Of a page about a child `by` is how they see the child, and `kind` the type of event that its path names.
    """
    match need:
        case Need.CHILDREN:
            return not viewer.only_operates
        case Need.CHILD_TO_RECORD:
            return may_record(kind, viewer, by)
        case Need.MANAGER | Need.CHILD_AS_MANAGER:
            return viewer.manager
        case Need.OVERSIGHT:
            return viewer.reviews or viewer.manager
        case Need.SOURCE:
            return viewer.manager or viewer.operator
        case Need.SERVICE_MANAGER:
            return viewer.service_wide
        case Need.OPERATOR:
            return viewer.operator
    return True


def may_record(kind: str, viewer: Viewer, by: frozenset[Relation]) -> bool:
    """Whether somebody who sees a child by some relations may record an event of a type.

    Who works with the child records what happened; who answers for the whole service reads, answers for what is late,
    and records their own looking at a plan. Extending and waiving are for managers.
    """
    if kind in DECISIONS:
        return bool(by) and viewer.manager
    return bool(by if kind in JUDGEMENTS | OVERSEEING else by - {"service"})


def may_correct(kind: str, recorded_by: str | None, viewer: Viewer, by: frozenset[Relation]) -> bool:
    """Whether somebody who sees a child by some relations may correct what was recorded on the desk.

    Whoever may record a thing may say it rightly: a colleague covers, and the chair knows the day. What somebody
    answers for with their own word, a reason or a decision, they alone correct.
    """
    own = kind in JUDGEMENTS | DECISIONS
    return may_record(kind, viewer, by) and (not own or recorded_by == viewer.key)


def may_undo(recorded_by: str | None, viewer: Viewer) -> bool:
    """Whether somebody may take back what was recorded on the desk: they alone who did it."""
    return recorded_by == viewer.key

"""What somebody needs to be let to a page: declared with each route (desk/pages.py), decided here."""

from enum import Enum

from desk.scope import Viewer


class Need(Enum):
    """Who may have a page. Without a session every need but the first leads to signing in."""

    NOTHING = "anybody, signed in or not: signing in itself, style and script"
    SESSION = "anybody signed in"
    CHILD = "whoever may see the child of the path; else 404, as if it were not there"
    CHILD_AS_MANAGER = "whoever may see the child and manages a team or the service; 404 or 403"
    MANAGER = "who manages a team or the service; else 403"
    SERVICE_MANAGER = "who answers for the whole service; else 403"
    OPERATOR = "who runs the service: clocks and references only; else 403"

    @property
    def of_child(self) -> bool:
        """Whether a page is about one child."""
        return self in (Need.CHILD, Need.CHILD_AS_MANAGER)


def is_met(need: Need, viewer: Viewer) -> bool:
    """Whether somebody signed in may have a page, as far as it hangs on who they are and not on the child."""
    match need:
        case Need.MANAGER | Need.CHILD_AS_MANAGER:
            return viewer.manager
        case Need.SERVICE_MANAGER:
            return viewer.service_wide
        case Need.OPERATOR:
            return viewer.operator
    return True

"""How a page is added: its path, and what somebody needs to be let to it, declared in one place.

A route without a declaration fails tests/desk/test_needs.py, which walks them all with everybody.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from desk.admission import admit
from desk.needs import Need

Handler = TypeVar("Handler", bound=Callable[..., Any])
NEEDS: Final[dict[Callable[..., Any], Need]] = {}
"""What each page needs."""


class Pages:
    """The pages of a file: `show` answers GET, `take` a form by POST. Both may stand at one path."""

    def __init__(self) -> None:
        self.router = APIRouter(include_in_schema=False)

    def show(self, path: str, need: Need) -> Callable[[Handler], Handler]:
        """Show a page."""
        return self._add(path, need, ["GET", "HEAD"])

    def take(self, path: str, need: Need) -> Callable[[Handler], Handler]:
        """Take what a form sends."""
        return self._add(path, need, ["POST"])

    def _add(self, path: str, need: Need, methods: list[str]) -> Callable[[Handler], Handler]:
        def added(handler: Handler) -> Handler:
            NEEDS[handler] = need
            self.router.add_api_route(
                path,
                handler,
                methods=methods,
                dependencies=[Depends(admit(need))],
                response_class=HTMLResponse,
                response_model=None,
            )
            return handler

        return added

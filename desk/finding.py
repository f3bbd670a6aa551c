"""Finding a child by reference, from every page."""

from urllib.parse import quote

from fastapi import Response

from desk.desk import AT
from desk.needs import Need
from desk.pages import Pages
from desk.rendering import page, to
from desk.visits import Visited

pages = Pages()


@pages.show("/find", Need.SESSION)
def find(visit: Visited, reference: str = "") -> Response:
    """To the page of a child. A reference is pseudonymous, and may stand in an address."""
    wanted = reference.strip()
    if wanted:
        return to(f"{AT}/children/{quote(wanted, safe='')}")
    return page(
        visit, "instead.html", "Type a child's reference", paragraphs=["It stands in every message, such as CLA-3017."]
    )

"""Who is meant by a name as people type it, and the order in which names are looked for."""

from typing import Final
from unicodedata import combining, normalize

from delivery.directory import Directory

APOSTROPHES: Final = dict.fromkeys(map(ord, "\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}`"), "'")
"""A telephone's keyboard makes of the one on its key another than a directory has."""


def plain_name(name: str) -> str:
    """A name in any case, without its accents: so `Sian O\N{RIGHT SINGLE QUOTATION MARK}Neill` is Siân O'Neill."""
    letters = "".join(one for one in normalize("NFKD", name.casefold()) if not combining(one))
    return " ".join(letters.translate(APOSTROPHES).split())


def people_named(directory: Directory, typed: str) -> list[str]:
    """The keys of all whom the directory calls so."""
    wanted = plain_name(typed)
    return [key for key, one in directory.people.items() if wanted and plain_name(one.name or "") == wanted]

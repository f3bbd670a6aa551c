"""Codes spelt as words, the same everywhere."""

import re
from functools import lru_cache
from typing import Any, Final

from domain.case.words import OWN_ROLE
from domain.clocks.registry import Names

SPELLED: Final = {
    "adm": "ADM",
    "cafcass": "Cafcass",
    "childrens": "children's",
    "childs": "child's",
    "cla": "CLA",
    "dbs": "DBS",
    "iro": "IRO",
    "pace": "PACE",
    "ppm": "PPM",
    "pr": "PR",
    "sgo": "SGO",
    "uk": "UK",
}
"""Words of codes that are written otherwise."""


@lru_cache(maxsize=1024)
def spaced(code: str) -> str:
    """A code as words, the same everywhere: `ppm_chair` is PPM chair, `met_late` met late."""
    words = " ".join(SPELLED.get(word, word) for word in code.removeprefix(OWN_ROLE).split("_"))
    return words.replace("pre proceedings", "pre-proceedings")


def in_short(names: Names[Any], name: str) -> str:
    """What a named function of the rules says of itself, to stand within a sentence; `in_full` is the whole of it."""
    return re.split(r"[;:(]", in_full(names, name))[0].strip()


def in_full(names: Names[Any], name: str) -> str:
    """All that a named function of the rules says of itself."""
    text = " ".join((names[name].__doc__ or spaced(name)).split()).removesuffix(".")
    first = text.split()[0]
    return text if first.isupper() and len(first) > 1 else text[0].lower() + text[1:]

"""Where the law that a clause names can be read: its address on legislation.gov.uk, as it stood on a day.

Made from what a policy file says of the law it names, and never fetched: whether a page answers there is for the
reader to see. The clause is words of the file ("AAR reg 36(1)"); its table `[cited.AAR]` says what AAR is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator

from domain.clocks.rules import Data

SITE: Final = "https://www.legislation.gov.uk"
PARTS: Final = re.compile(r"\s*[;,]\s*|\s+and\s+")
PROVISION: Final = re.compile(r"(?P<kind>regs?|ss?|arts?|Sch)\.? ?(?P<number>\d+[A-Z]*)( para (?P<para>\d+[A-Z]*))?\b")
GOES_ON: Final = re.compile(rf"{PROVISION.pattern}|[§\d]")
"""A part of a clause that is of the text named before it."""

KINDS: Final[Mapping[str, str]] = {
    "reg": "regulation", "regs": "regulation", "s": "section", "ss": "section",
    "art": "article", "arts": "article", "Sch": "schedule",
}  # fmt: skip
"""How clauses name a provision, and how its address does. Paragraphs below a section or regulation have no page."""


class Cited(Data):
    """A text that clauses name: law, with its path on legislation.gov.uk, or guidance, which has no address there."""

    title: str = Field(min_length=1)
    legislation: Annotated[str, StringConstraints(pattern=r"^[a-z]+/\d{4}/\d+$")] | None = None
    guidance: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "Cited":
        if self.guidance == (self.legislation is not None):
            raise ValueError('either legislation = "uksi/2010/959", its path there, or guidance = true')
        return self


@dataclass(frozen=True, slots=True)
class CitedLaw:
    """One text that a clause names. `address` is None where it is guidance, which legislation.gov.uk does not have."""

    words: str
    """As the clause has it, such as `AAR reg 36(1)`."""
    title: str
    address: str | None
    day: date | None = None
    """As it stood on this day; None: as it stands when it is opened."""

    @property
    def where(self) -> str:
        """The address, or why there is none."""
        return self.address or f"guidance ({self.title}): legislation.gov.uk has no address for it"


class Citations:
    """The texts that the clauses of some policies name."""

    def __init__(self, cited: Mapping[str, Cited]) -> None:
        self._cited = dict(sorted(cited.items(), key=lambda item: -len(item[0])))  # the longest name first

    def of(self, clause: str, day: date | None = None) -> tuple[CitedLaw, ...]:
        """Each text that a clause names, as it stood on a day; without one as it stands when it is opened.

        Paragraphs of a local procedure are no such text: of them nothing is said.
        """
        return tuple(text for _, text in self._read(clause, day) if text is not None)

    def missing(self, clause: str) -> list[str]:
        """The parts of a clause for which no address can be made, nor is it said that they are guidance."""
        return [part for part, text in self._read(clause, None) if text is None]

    def _read(self, clause: str, day: date | None) -> Iterator[tuple[str, CitedLaw | None]]:
        # "CPPCR reg 33; AAR reg 36" on 12 January 2026: .../uksi/2010/959/regulation/33/2026-01-12 and
        # .../uksi/2005/389/regulation/36/2026-01-12. In "ACA 2002 s18, s19" the second is of the same Act.
        of: str | None = None
        for part in PARTS.split(clause.strip()):
            named = self._named(part)
            of = named or (of if GOES_ON.match(part) else None)
            words = part if named or of is None else f"{of} {part}"
            yield part, self._text(words, of, day) if of else None

    def _named(self, part: str) -> str | None:
        return next((name for name in self._cited if part == name or part.startswith(f"{name} ")), None)

    def _text(self, words: str, of: str, day: date | None) -> CitedLaw | None:
        cited = self._cited[of]
        if cited.legislation is None:
            return CitedLaw(words, cited.title, None, day)
        provision = PROVISION.match(words.removeprefix(of).strip())
        if provision is None:
            return None
        path = f"{cited.legislation}/{KINDS[provision['kind']]}/{provision['number']}"
        path += f"/paragraph/{provision['para']}" if provision["para"] else ""
        return CitedLaw(words, cited.title, "/".join([SITE, path, *([day.isoformat()] if day else [])]), day)


NOTHING_CITED: Final = Citations({})
"""Where no policy file is at hand: no clause has an address."""


def without_address(clause: str, cited: Citations) -> Iterator[str]:
    """In words, each part of a clause of the law that has no address."""
    for part in cited.missing(clause):
        yield (
            f"clause: {part!r} has no address on legislation.gov.uk; accepted: a text that a [cited.NAME] names, and a "
            'provision, such as "CPPCR reg 33(1)" or "CA89 s32"; of guidance, guidance = true in that table'
        )

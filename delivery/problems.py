"""Problems of a file as a person mends them: by line and field, with what was probably meant."""

import difflib
from collections.abc import Collection, Iterable
from typing import NamedTuple


class FileProblem(NamedTuple):
    """What is wrong, with which field, on which line."""

    line: int
    field: str
    why: str


def in_words(name: str, problems: Iterable[FileProblem]) -> str:
    """All problems, a line each, in order."""
    return "\n".join(f"{name}, line {p.line}: {p.field}: {p.why}" for p in sorted(set(problems)))


def near(word: str, known: Collection[str]) -> str:
    """What was probably meant, or else what would be accepted, as the end of a sentence."""
    meant = difflib.get_close_matches(word, known, n=1)
    if meant:
        return f"; did you mean {meant[0]}?"
    return f"; accepted: {', '.join(known)}" if len(known) <= 30 else ""

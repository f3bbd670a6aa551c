"""Children by their references: who is meant by one that nobody knows, asked back with those that are known."""

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from cli.errors import Refused

if TYPE_CHECKING:  # a command on files alone asks back too, and needs no record
    from record.store import CaseRecord

NEAR: Final = 0.85
"""How alike two references are that differ by a slip: of eight characters one (ours)."""

AT_MOST: Final = 3


def did_you_mean(child: str, known: Iterable[str]) -> str:
    """A question to end a refusal with: the reference that differs in case or signs alone, else those a slip away."""
    references, plain = list(known), dict[str, list[str]]()
    if child in references:
        return ""
    for one in references:
        plain.setdefault(_plain(one), []).append(one)
    wanted = _plain(child)
    near = [wanted] if wanted in plain else difflib.get_close_matches(wanted, plain, AT_MOST, NEAR)
    meant = [one for name in near for one in plain[name]][:AT_MOST]
    return f". Did you mean {' or '.join(meant)}?" if meant else ""


def must_be_known(record: "CaseRecord", *children: str) -> None:
    """Raises Refused for children that the case record knows nothing of, and asks who is meant."""
    unknown = [child for child, ids in record.ids_of(children).items() if not ids]
    if not unknown:
        return
    said = ", ".join(map(repr, unknown))
    raise Refused(f"the case record knows nothing of {said}{did_you_mean(unknown[0], record.children())}")


def _plain(reference: str) -> str:
    return "".join(sign for sign in reference.casefold() if sign.isalnum())

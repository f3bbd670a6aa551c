"""The heads of chains, as a file to be kept elsewhere: a chain that was cut or rewritten no longer leads to them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from record.chain import hash_of


class Head(NamedTuple):
    """Where a chain ends: how many entries it has, and the hash of the last."""

    position: int
    hash: str


class HeadsRefused(ValueError):
    """A file that holds no heads. The text names the line."""


def head_lines(heads: Mapping[str, Head]) -> Iterator[str]:
    """Heads as lines of JSON, in order of the children's references."""
    for child, head in sorted(heads.items()):
        yield json.dumps({"child": child, **head._asdict()})


def heads_of(lines: Iterable[str]) -> dict[str, Head]:
    """The heads of such lines. Raises HeadsRefused."""
    heads = {}
    for number, line in enumerate(lines, 1):
        try:
            said = json.loads(line)
            heads[str(said["child"])] = Head(int(said["position"]), str(said["hash"]))
        except (ValueError, TypeError, KeyError, OverflowError):  # JSON's Infinity is no whole number
            raise HeadsRefused(
                f'line {number} is no head of a chain; accepted: {{"child": "...", "position": 1, "hash": "..."}}'
            ) from None
    return heads


def fingerprint(heads: Mapping[str, Head]) -> str:
    """One hash for all heads: short enough to be written down or mailed."""
    return hash_of(heads)

"""What is wrong with a form: told beside each field, and all together at the top."""

from typing import Final

LONGEST_NUMBER: Final = 18
"""Digits of what our own pages count (ours: what a database counts in 64 bits)."""


def number_in(typed: str) -> int | None:
    """A number that a page of ours has put into a form or an address; None where it cannot be one.

    On 29 November 2026 a number of thirty digits was an error of the database, and of 5,000 one of Python's own.
    """
    return int(typed) if typed.isdecimal() and len(typed) <= LONGEST_NUMBER else None


class Errors:
    """One line for each field that must be mended, in order."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def add(self, field: str, text: str) -> None:
        """Say what to enter instead; the first of a field stands."""
        self._of.setdefault(field, text)

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, field: str) -> dict[str, str] | None:
        """The error of a field, as the macros take it."""
        text = self._of.get(field)
        return {"text": text} if text else None

    @property
    def summary(self) -> list[dict[str, str]]:
        """All of them, each leading to its field."""
        return [{"text": text, "href": f"#{field}"} for field, text in self._of.items()]

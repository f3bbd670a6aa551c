r"""Text from data as it may be shown: what a screen, a mail or a page would obey or hide is written out instead.

A control character in a note can move a terminal's cursor, begin a mail header or turn a line round (bidi), so that
somebody reads what was never written. Nothing is dropped: ESC is shown as `\u001b`, a right-to-left override as
`\u202e`. The form is JSON's own, so that a JSON document stays the same document.
"""

from typing import Final
from unicodedata import category

OBEYED_OR_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls (C0, C1, DEL), of formats (bidi, zero width, tags), of halves of a pair, and of line
and paragraph separators. Zero-width joiners in names of some scripts are written out too (ours: plain before pretty).
"""
OF_LINES: Final = frozenset("\n\t")


def visible(text: str, *, lines: bool = False) -> str:
    """The text with every control character written out; with `lines` it may have line feeds and tabs of its own."""
    if (text.replace("\n", "").replace("\t", "") if lines else text).isprintable():
        return text
    kept = OF_LINES if lines else frozenset[str]()
    different = {*text} - kept  # a page has 30,000 characters and hardly a hundred different ones
    written_out = {ord(one): _written_out(one) for one in different if category(one) in OBEYED_OR_HIDDEN}
    return text.translate(written_out) if written_out else text


def _written_out(one: str) -> str:
    """A character by its number, as JSON escapes it: beyond the first 65,536 as a pair."""
    units = one.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

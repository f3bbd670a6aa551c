"""The sentences of a procedure: found in its text, known afterwards by place and fingerprint, never by their words."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

BULLETS = "\uf0b7\u2022"
HEADING = re.compile(r"^(?:#+\s*\**(?P<named>[^*#]+?)\**|(?P<number>\d+)\. +(?P<title>[A-Z].*))$")
BULLET = re.compile(rf"^(?:[{BULLETS}]|- )\s*")
END = re.compile(r"(?<=[.:?!])(?:\s+-)?\s+(?=[A-Z])")
MODALS = ("must", "should", "will", "within", "needs to", "required", "may", "can")
BINDING = frozenset({"must", "should", "will", "within"})
"""A sentence with one of these asks for something: it has a rule, or a reason why it is no machine's business."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: the heading it stands under, its place there from 1, its modal words, its fingerprint."""

    source: str
    heading: str
    ordinal: int
    modals: tuple[str, ...]
    sha256: str

    @property
    def id(self) -> str:
        """Such as `S1-2.7`: the procedure, the number of its heading, the place of the sentence."""
        return f"{self.source}-{self.heading}.{self.ordinal}"

    @property
    def binding(self) -> bool:
        """Whether it says that something must, should or will be done, or within what time."""
        return bool(BINDING & set(self.modals))


def sentences(source: str, text: str) -> Iterator[tuple[Sentence, str]]:
    """Every sentence of a procedure with its words, which are not to be kept.

    Headings that are numbered are known by their number, the others by their place.
    """
    heading, ordinal = "0", 0
    for block_heading, block in _blocks(text):
        if block_heading != heading:
            heading, ordinal = block_heading, 0
        for words in filter(None, (_tidy(part) for part in END.split(block))):
            ordinal += 1
            yield Sentence(source, heading, ordinal, _modals(words), _fingerprint(words)), words


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Runs of text that a bullet or heading begins, lines broken for the page joined again."""
    heading, named, words, in_heading = "0", 0, "", False
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("http"):
            continue
        found = HEADING.match(line)
        if found:
            if words:
                yield heading, words
            named += 1
            heading, words, in_heading = found["number"] or str(named), "", True
        elif in_heading and line[0].islower():
            continue  # the heading goes on
        elif BULLET.match(line):
            if words:
                yield heading, words
            words, in_heading = BULLET.sub("", line), False
        else:
            words, in_heading = f"{words} {line}".strip(), False
    if words:
        yield heading, words


def _tidy(words: str) -> str:
    return " ".join(words.split()).strip(" -")


def _modals(words: str) -> tuple[str, ...]:
    return tuple(modal for modal in MODALS if re.search(rf"\b{modal}\b", words, re.IGNORECASE))


def _fingerprint(words: str) -> str:
    plain = " ".join(re.findall(r"[a-z0-9]+", words.lower()))
    return hashlib.sha256(plain.encode()).hexdigest()

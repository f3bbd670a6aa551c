"""Every kind of message as people get it: lines that fit, HTML that a screen reader can find its way in."""

import re
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Final

import pytest

from delivery.message import Written
from delivery.previewing import KINDS, previews
from delivery.writing import OURS, Writer
from tests.delivery.letters import letter

TODAY: Final = date(2026, 11, 25)
VOID: Final = frozenset({"meta", "br", "img", "hr"})


@pytest.fixture(scope="module")
def written() -> dict[str, Written]:
    return previews(Writer(), TODAY)


@dataclass
class Page(HTMLParser):
    """What of a page matters to whoever cannot see it."""

    lang: str | None = None
    headings: list[int] = field(default_factory=list)
    unscoped: int = 0
    tables: int = 0
    captions: int = 0
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.unscoped += tag == "th" and "scope" not in given
        self.tables += tag == "table" and given.get("role") != "presentation"
        self.captions += tag == "caption"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(written: Written) -> Page:
    assert written.html
    page = Page()
    page.feed(written.html)
    return page


@pytest.mark.parametrize("kind", KINDS)
def test_its_text_fits_a_screen_of_eighty_columns(written: dict[str, Written], kind: str) -> None:
    too_long = [line for line in written[kind].text.splitlines() if len(line) > 80 and not line.startswith("https://")]
    assert not too_long


@pytest.mark.parametrize("kind", KINDS)
def test_its_html_has_a_language_headings_in_order_and_tables_with_scopes(
    written: dict[str, Written], kind: str
) -> None:
    page = page_of(written[kind])
    assert page.lang == "en-GB"
    assert page.headings[0] == 1
    assert all(later <= earlier + 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    assert page.headings.count(1) == 1
    assert page.unscoped == 0
    assert page.captions == page.tables > 0
    assert page.open == []


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(written: dict[str, Written], kind: str) -> None:
    def words(text: str) -> set[str]:
        return set(re.findall(r"[A-Z]{3}-\d{4}|[A-Z2-7]{4}(?:-[A-Z2-7]{4}){2}|\d+ days? overdue|§\d+", text))

    assert words(written[kind].text)
    assert words(written[kind].text) == words(written[kind].html or "")


@pytest.mark.parametrize("kind", KINDS)
def test_its_subject_holds_nothing_of_a_case(written: dict[str, Written], kind: str) -> None:
    assert not re.search(r"CLA|\d{4}-\d\d|meeting|review|§", written[kind].subject)


def test_seventy_children_are_one_mail_and_the_worst_come_first(written: dict[str, Written]) -> None:
    text = written["digest"].text
    assert "70 children: " in text
    days = [int(number) for number in re.findall(r"^[* ] (\d+) days? overdue", text, re.MULTILINE)]
    assert days[0] == max(days)
    assert len(text) < 30_000


def test_what_a_case_says_is_no_markup() -> None:
    html = Writer().write(letter(what="<b>Plan</b> & more")).html
    assert html
    assert "&lt;b&gt;Plan&lt;/b&gt; &amp; more" in html


# Colours (WCAG 2.2: 4.5 to 1 for text)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_of_text_is_easy_to_read() -> None:
    css = (OURS / "layout.html").read_text("utf-8")
    page = "#ffffff"
    pairs = []
    for rule in re.findall(r"\{([^}]*)\}", css):
        front = re.search(r"(?<![-\w])color: (#\w{6})", rule)
        back = re.search(r"background: (#\w{6})", rule)
        if front:
            pairs.append((front[1], back[1] if back else page))
    pairs += [("#0b0c0c", "#f3f2f1"), ("#505a5f", "#f3f2f1")]  # what stands in a case's own row
    assert len(pairs) > 5
    assert min(contrast(*pair) for pair in pairs) >= 4.5

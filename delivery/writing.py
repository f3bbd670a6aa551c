"""Messages in words, from templates (Jinja): delivery/templates/, and the authority's own in their place.

A text template is written like a mail: a line `Subject: ...`, an empty line, the text. The subject holds nothing of
the case: it shows on locked telephones, and in the lists of whoever helps with a mailbox. The HTML part says the same:
`message.html` takes its words from the text template's blocks, so that they stand in one place.
"""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import structlog
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    select_autoescape,
)
from jinja2.exceptions import TemplateSyntaxError

from delivery import digest_words
from delivery.digest import Digest
from delivery.message import Message, Written
from domain.case.calendar import local_date
from domain.clocks.schedule import Kind
from domain.clocks.wording import booked_for_day, days, in_words, spaced, when_due
from domain.visible import visible

log: structlog.stdlib.BoundLogger = structlog.get_logger()
OURS: Final = Path(__file__).parent / "templates"
SUBJECT: Final = "Subject: "
WIDTH: Final = 78
CAN_ACKNOWLEDGE: Final = frozenset({"escalation"})
"""Acknowledging holds the ladder, and reminders are not held (contract section 4)."""


ANOTHER: Final = "another case"
"""In the place of a child or an obligation, to see whether a subject is the same for it."""


class TemplateRefused(ValueError):
    """A template that cannot be used. The text names the file, the line and what is wrong."""


class Writer:
    """Writes messages from templates. Safe to share among threads."""

    def __init__(self, own: Path | None = None) -> None:
        """`own` is a folder whose templates take the place of ours by their names."""
        self._ours = Writer() if own else None
        self._templates = _templates(own, OURS) if own else _ours()

    def surely(self, write: Callable[["Writer"], Written]) -> Written:
        """What `write` writes with the authority's templates or, where they cannot be used, with ours.

        A template that was edited badly is mended when somebody sees it in the log; the message goes now. Raises
        TemplateRefused if ours cannot be used.
        """
        try:
            return write(self)
        except TemplateRefused as refused:
            if self._ours is None:
                raise
            log.error("template_refused", problem=str(refused))
            return write(self._ours)

    def write(self, message: Message) -> Written:
        """A message about an action. Raises TemplateRefused."""
        facts = facts_of(message)
        subject, text = self.render(message.kind, facts)
        if message.child in subject or message.what in subject:
            another = facts_of(replace(message, child=ANOTHER, what=ANOTHER))
            self._refuse_of_the_case(message.kind, subject, another)
        return Written(message.kind, subject, text, _as_text(facts), self._html_of(message.kind, subject, facts))

    def write_digest(self, digest: Digest) -> Written:
        """Somebody's digest. Raises TemplateRefused."""
        facts = digest_words.facts_of(digest)
        subject, text = self.render("digest", facts)
        if any(case.child in subject for case in digest.cases):
            cases = tuple(replace(case, child=f"{ANOTHER}-{place}") for place, case in enumerate(digest.cases))
            self._refuse_of_the_case("digest", subject, digest_words.facts_of(replace(digest, cases=cases)))
        html = self._html("digest", facts, subject=subject)
        return Written("digest", subject, text, {"reference": digest.reference, "text": text}, html)

    def _refuse_of_the_case(self, name: str, subject: str, another: dict[str, Any]) -> None:
        """Raises TemplateRefused where the subject is another for another case: it holds something of the case then."""
        # A case system may call its children 1, 2, 3: 2 stands by chance in "escalation 2", 14 in "214 overdue".
        if self.render(name, another)[0] != subject:
            raise TemplateRefused(f"{name}.txt: the subject must hold nothing of the case")

    def check(self) -> None:
        """Write one message of each kind, so that a template that cannot be used is known at once.

        Raises TemplateRefused.
        """
        for kind in get_args(Kind):
            self.write(replace(SAMPLE, kind=kind))

    def render(self, name: str, facts: dict[str, Any]) -> tuple[str, str]:
        """Subject and text of a template `name.txt` with these facts. Raises TemplateRefused."""
        with _refusing(f"{name}.txt"):
            mail = visible(self._templates.get_template(f"{name}.txt").render(facts), lines=True)
        head, _, text = mail.strip().partition("\n\n")
        if not head.startswith(SUBJECT) or "\n" in head:
            raise TemplateRefused(f"{name}.txt: begins with {SUBJECT!r} and an empty line, then the text")
        return visible(head.removeprefix(SUBJECT).strip()), _fitted(text.strip())

    def _html_of(self, name: str, subject: str, facts: dict[str, Any]) -> str | None:
        """The same in HTML; None where the authority's own template has not the blocks that ours have."""
        with _refusing(f"{name}.txt"):
            text = self._templates.get_template(f"{name}.txt")
            if "to_do" not in text.blocks:
                return None
            words = {block: _block(text, block, facts) for block in ("state", "to_do")}
        return self._html("message", facts, subject=subject, **words)

    def _html(self, name: str, facts: dict[str, Any], **more: str) -> str:
        with _refusing(f"{name}.html"):
            return visible(self._templates.get_template(f"{name}.html").render(facts, **more), lines=True)


def _templates(*folders: Path) -> Environment:
    """The templates of some folders, the first that has one by its name."""
    templates = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
    )
    templates.filters |= FILTERS
    return templates


@cache
def _ours() -> Environment:
    """Ours alone, compiled once for all who write by them."""
    return _templates(OURS)


@contextmanager
def _refusing(file: str) -> Iterator[None]:
    """Turn what Jinja raises into TemplateRefused."""
    try:
        yield
    except TemplateSyntaxError as error:
        raise TemplateRefused(f"{error.name}, line {error.lineno}: {error.message}") from None
    except TemplateError as error:
        raise TemplateRefused(f"{file}: {error.message}") from None
    except Exception as error:  # noqa: BLE001 (a template is a program: it may raise anything)
        raise TemplateRefused(f"{file}: {type(error).__name__}") from None


def _block(template: Template, name: str, facts: dict[str, Any]) -> str:
    """What a template says in a block; nothing where it leaves it as it is."""
    block = template.blocks.get(name)
    return "".join(block(template.new_context(facts))) if block else ""


def _fitted(text: str) -> str:
    """Lines of at most 78 characters, for some mail is read on a screen of 80; links stay whole."""
    return "\n".join(fitted for line in text.splitlines() for fitted in _fitted_line(line) or [""]) + "\n"


def _fitted_line(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def weekday(day: date) -> str:
    """A date with its day of the week, such as Wednesday 7 January 2026."""
    return f"{day:%A} {in_words(day)}"


SAMPLE: Final = Message(
    kind="reminder",
    rung=2,
    child="CLA-1001",
    what="Initial permanency planning meeting",
    obligation="initial-ppm",
    occurrence=1,
    due=date(2026, 1, 7),
    clause="S1 §2, §5",
    at=datetime(2026, 1, 6, 9, tzinfo=UTC),
    now=datetime(2026, 1, 6, 9, tzinfo=UTC),
    role="social_worker",
    why_you="",
    told=("iro", "social_worker"),
    reference="K7QX-2MPA-V4TD",
    journey_url="https://temporal.example.org/namespaces/default/workflows/child-CLA-1001",
    acknowledge_url=None,
)
"""A message of nobody, to try templates by."""


def facts_of(message: Message) -> dict[str, Any]:
    """What a template may name: each field of the message, and the days left or late when it is written."""
    today = local_date(message.now)
    return {
        **{name: getattr(message, name) for name in Message.__dataclass_fields__},
        "days_left": (message.due - today).days if message.due else 0,
        "days_late": (today - message.due).days if message.due else 0,
        "booked": booked_for_day(message.booked_for, today) if message.booked_for else "",
        "others": tuple(role for role in message.told if role != message.role),
        "can_acknowledge": message.kind in CAN_ACKNOWLEDGE,
    }


def _as_text(facts: dict[str, Any]) -> dict[str, str]:
    """The facts as texts, for a provider's own template."""
    shown = {name: _fact(value) for name, value in facts.items() if name not in ("now", "told", "can_acknowledge")}
    return {name: visible(text, lines=True) for name, text in shown.items()}


def _fact(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


FILTERS: Final = {
    "day": in_words,
    "weekday": weekday,
    "role": spaced,
    "days": days,
    "when_due": when_due,
    "number": digest_words.number,
    "dated": digest_words.dated,
    "how_it_stands": digest_words.how_it_stands,
    "to_do": digest_words.to_do,
    "in_short": digest_words.in_short,
}

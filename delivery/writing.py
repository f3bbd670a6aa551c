"""Messages in words, from text templates (Jinja): delivery/templates/, and the authority's own in their place.

A template is written like a mail: a line `Subject: ...`, an empty line, the text. The subject holds nothing of the
case: it shows on locked telephones, and in the lists of whoever helps with a mailbox.
"""

from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.exceptions import TemplateSyntaxError

from delivery.message import Message, Written
from domain.calendar import local_date
from domain.messages import in_words, spaced

OURS: Final = Path(__file__).parent / "templates"
SUBJECT: Final = "Subject: "
CAN_ACKNOWLEDGE: Final = frozenset({"escalation"})
"""Acknowledging holds the ladder, and reminders are not held (contract section 4)."""


class TemplateRefused(ValueError):
    """A template that cannot be used. The text names the file, the line and what is wrong."""


class Writer:
    """Writes messages from templates. Safe to share among threads."""

    def __init__(self, own: Path | None = None) -> None:
        """`own` is a folder whose templates take the place of ours by their names."""
        folders = [*([own] if own else []), OURS]
        self._templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 (plain text: nothing is to be escaped; an HTML template escapes with |e)
        )
        self._templates.filters |= {"day": in_words, "role": spaced}

    def write(self, message: Message) -> Written:
        """A message about an action. Raises TemplateRefused."""
        facts = facts_of(message)
        subject, text = self.render(message.kind, facts)
        if message.child in subject or message.what in subject:
            raise TemplateRefused(f"{message.kind}.txt: the subject must hold nothing of the case")
        return Written(message.kind, subject, text, _as_text(facts))

    def render(self, name: str, facts: dict[str, Any]) -> tuple[str, str]:
        """Subject and text of a template `name.txt` with these facts. Raises TemplateRefused."""
        try:
            mail = self._templates.get_template(f"{name}.txt").render(facts)
        except TemplateSyntaxError as error:
            raise TemplateRefused(f"{error.name}, line {error.lineno}: {error.message}") from None
        except TemplateError as error:
            raise TemplateRefused(f"{name}.txt: {error.message}") from None
        head, _, text = mail.strip().partition("\n\n")
        if not head.startswith(SUBJECT) or "\n" in head:
            raise TemplateRefused(f"{name}.txt: begins with {SUBJECT!r} and an empty line, then the text")
        return head.removeprefix(SUBJECT).strip(), text.strip() + "\n"


def facts_of(message: Message) -> dict[str, Any]:
    """What a template may name: each field of the message, and the days left or late when it is written."""
    today = local_date(message.now)
    return {
        **{name: getattr(message, name) for name in Message.__dataclass_fields__},
        "days_left": (message.due - today).days if message.due else 0,
        "days_late": (today - message.due).days if message.due else 0,
        "others": tuple(role for role in message.told if role != message.role),
        "can_acknowledge": message.kind in CAN_ACKNOWLEDGE,
    }


def _as_text(facts: dict[str, Any]) -> dict[str, str]:
    """The facts as texts, for a provider's own template."""
    return {name: _fact(value) for name, value in facts.items() if name not in ("now", "told", "can_acknowledge")}


def _fact(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)

"""The account in words, and as plain data: the same wherever people or programs read it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from delivery.account_line import AccountLine
from delivery.channels.registry import KINDS, MAIL
from domain.case.events import LONDON
from domain.case.words import AccountState
from domain.clocks.wording import short_date, spaced
from record.chain import plain
from record.delivery_tables import Via

VIA: Final[Mapping[Via, str]] = {
    "holder": "",
    "self": "",
    "team": "their team",
    "cover": "covering",
    "successor": "their successor",
    "fallback": "the fallback",
    "copy": "a copy",
}
"""How somebody came to be told, where it was not by holding the role."""


def state(line: AccountLine) -> str:
    """The state alone, such as: passed over."""
    return spaced(line.state.value)


def stands(line: AccountLine) -> str:
    """How it stands, in one sentence without its full stop."""
    said = f"{state(line)}{STANDS[line.state](line)}"
    return f"{said}; {acknowledged(line)}" if line.acknowledged else said


def who(line: AccountLine) -> str:
    """Whom it is for: the person, for which role, and how they came to be told."""
    role = spaced(line.role) if line.role else ""
    if line.person is None:
        return role or "nobody"
    via = VIA[line.via] if line.via else ""
    return line.person + (f" as {role}" if role else "") + (f" ({via})" if via else "")


def what(line: AccountLine) -> str:
    """Which of its actions, such as: escalation 2; a notice has no rung."""
    return f"{line.kind} {line.rung}" if line.rung else line.kind


def acknowledged(line: AccountLine) -> str:
    """Who is on to it, since when and until when; empty where nobody said so."""
    one = line.acknowledged
    if one is None:
        return ""
    by = one.by or one.person
    return f"acknowledged {short_date(one.on)}{f' by {by}' if by else ''}, held until {short_date(one.until)}"


def said(line: AccountLine) -> str:
    """All of it: what, to whom, and how it stands."""
    return f"{what(line)} to {who(line)}: {stands(line)}"


def moment(at: datetime) -> str:
    """An instant in London, such as 8 Jan 2026 09:00."""
    local = at.astimezone(LONDON)
    return f"{short_date(local.date())} {local:%H:%M}"


def _planned(line: AccountLine) -> str:
    again = f", tried again about {moment(line.expected)}" if line.expected else ""
    return f"{again}{_because(line)}"


def _gathered(line: AccountLine) -> str:
    if line.how == "digest":
        return f", {line.why}" if line.why else ", goes with their next digest"
    about = f"about {moment(line.expected)}" if line.expected else "when it is made"
    return f", goes with the summary {about}{_because(line)}"


def _went(line: AccountLine) -> str:
    at = f" {moment(line.gone)}" if line.gone else ""
    within = f" in the {line.how} {line.carried_by or ''}".rstrip() if line.how != "message" else ""
    by = f" by {way(line.channel)}" if line.channel else ""
    return f"{at}{within}{by}"


def _uncertain(line: AccountLine) -> str:
    return f"{_went(line)}: it may or may not have arrived{f' ({line.why})' if line.why else ''}"


def _because(line: AccountLine) -> str:
    return f": {line.why}" if line.why else ""


STANDS: Final[Mapping[AccountState, Callable[[AccountLine], str]]] = {
    AccountState.PLANNED: _planned,
    AccountState.GATHERED: _gathered,
    AccountState.SENT: _went,
    AccountState.DELIVERED: _went,
    AccountState.UNCERTAIN: _uncertain,
    AccountState.FAILED: _because,
    AccountState.SUPERSEDED: _because,
    AccountState.PASSED_OVER: _because,
}


def way(channel: str) -> str:
    """A channel as people call it."""
    return "mail" if channel in KINDS and KINDS[channel].field == MAIL else channel


def as_data(line: AccountLine) -> dict[str, Any]:
    """A line as plain JSON, with its words."""
    data = {**asdict(line), "state": line.state.value, "who": who(line), "words": stands(line)}
    return dict(plain(data))


def last_that_went(lines: Iterable[AccountLine]) -> AccountLine | None:
    """The one of some lines that went last."""
    return max((line for line in lines if line.went), key=lambda line: line.when, default=None)

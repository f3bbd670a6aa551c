"""The account in words, and as plain data: the same wherever people or programs read it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from delivery.account_line import AccountLine
from delivery.channels.registry import KINDS, MAIL
from delivery.outbox import NO_CHANNEL
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


AT_ONE_TIME: Final = timedelta(minutes=1)
"""Within which what went counts as told together (ours: a summary to each of its readers is some seconds' work)."""


def state(line: AccountLine) -> str:
    """The state alone, such as: passed over."""
    return spaced(line.state.value)


def stands(line: AccountLine) -> str:
    """How it stands, in one sentence without its full stop."""
    said = f"{state(line)}{STANDS[line.state](line)}"
    return f"{said}; {acknowledged(line)}" if line.acknowledged else said


def who(line: AccountLine, roles: Iterable[str | None] = ()) -> str:
    """Whom it is for: the person, for which role or roles, and how they came to be told."""
    held = " and ".join(spaced(role) for role in dict.fromkeys((line.role, *roles)) if role)
    if line.person is None:
        return held or "nobody"
    via = VIA[line.via] if line.via else ""
    return line.person + (f" as {held}" if held else "") + (f" ({via})" if via else "")


def together(lines: Iterable[AccountLine]) -> list[str]:
    """What became of an action, in a line for all of whom the same is to be said."""
    said: dict[str, dict[str, list[AccountLine]]] = {}
    for line in lines:
        said.setdefault(stands(line), {}).setdefault(f"{line.person or line.role}/{line.via}", []).append(line)
    return [_of_all(how, list(groups.values())) for how, groups in said.items()]


def _of_all(how: str, groups: list[list[AccountLine]]) -> str:
    """How it stands, and with whom; where nobody has been told, nobody is named as if they had been."""
    people = "; ".join(who(of[0], (one.role for one in of)) for of in groups)
    return f"{how} (meant for {people})" if groups[0][0].why == NO_CHANNEL else f"{how}: {people}"


def what(line: AccountLine) -> str:
    """Which of its actions, such as: escalation 2; a notice has no rung."""
    return f"{line.kind} {line.rung}" if line.rung else line.kind


def acknowledged(line: AccountLine) -> str:
    """Who is on to it, since when and until when; empty where nobody said so."""
    one = line.acknowledged
    if one is None:
        return ""
    by = one.by
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
    if line.why == NO_CHANNEL:
        return _because(line)
    if line.how == "digest":
        return f", {line.why}" if line.why else ", goes with their next digest"
    about = f"about {moment(line.expected)}" if line.expected else "when it is made"
    return f", goes with the summary {about}{_because(line)}"


def _went(line: AccountLine) -> str:
    at = f" {moment(line.gone)}" if line.gone else ""
    by = f" by {way(line.channel)}" if line.channel else ""
    return f"{at}{_within(line)}{by}"


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


def last_told(lines: Iterable[AccountLine]) -> str:
    """Who was told last, when and of what; everybody, where one message or one summary for each went to several."""
    lines = list(lines)
    went = sorted((line for line in lines if line.went), key=lambda line: line.when)
    if not went:
        return f"nobody yet: {NO_CHANNEL}" if any(line.why == NO_CHANNEL for line in lines) else "nobody yet"
    last = [line for line in went if went[-1].when - line.when <= AT_ONE_TIME]
    about = dict.fromkeys(f"{what(line)}, {line.obligation}" for line in last)
    told = "; ".join(dict.fromkeys(line.person or spaced(line.role or "") for line in last))
    of = next(iter(about)) if len(about) == 1 else f"{len(about)} things"
    return f"{moment(went[-1].when)}, {told} ({of}{_within(went[-1])})"


def _within(line: AccountLine) -> str:
    return f" in the {line.how}" if line.how != "message" else ""

"""An explanation in words: why this date, what moved it, how it ended, who was told and who will be."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cli import words
from cli.policy_words import said
from domain.agenda import AgendaRow
from domain.case.events import LONDON
from domain.case.words import Role
from domain.clocks.anchors import anchor
from domain.clocks.conditions import case, condition
from domain.clocks.wording import booked
from domain.study.explain import Counted, DecidedAction, Ending, Explanation, Happened, Move, Step

if TYPE_CHECKING:
    from delivery.account_line import AccountLine

INDENT: Final = "  "
Line = tuple[str, str]
"""A label and what it says; the label is empty where the line goes on with the one before."""


def long_day(day: date) -> str:
    """A date with its weekday, as counting by hand wants it."""
    return f"{day:%a} {words.day(day)}"


def instant(at: datetime) -> str:
    """An instant in London with its weekday and time."""
    local = at.astimezone(LONDON)
    return f"{long_day(local.date())} {local:%H:%M}"


def headline(explained: Explanation, today: date) -> str:
    """How it stands, by when it was to be done, and whose it is."""
    row = explained.row
    booking = f" It is {booked(row.booked_for, today)}." if row.booked_for else ""
    forecast = " This date is a forecast: what it counts from has not happened." if row.forecast else ""
    return (
        f"At the end of {long_day(today)}: {words.status(row, today)}. Due {long_day(row.due)} ({row.clause}). "
        f"Owner: {words.spaced(row.owner)}.{booking}{forecast}"
    )


# Why this date


def why(explained: Explanation) -> Iterator[Line]:
    """Each limit as it was counted, which binds, and what was allowed beyond it."""
    several = len(explained.limits) > 1
    for limit in explained.limits:
        yield limit.clause, "\n".join(_counted(limit))
        if several:
            yield "", _against_the_others(explained, limit)
    for extension in explained.extensions:
        yield (
            "Extended",
            f"to {long_day(extension.until)} by {extension.authorised_by}{_reason(extension.event)} "
            f"({_known(extension.event)})",
        )


def _against_the_others(explained: Explanation, limit: Counted) -> str:
    binding = next(one for one in explained.limits if one.binds)
    if limit is binding:
        return "This limit binds: it is the earliest."
    later = (limit.due - binding.due).days
    if not later:
        return "It falls on the same day."
    return f"It is {words.days(later)} later, so it stands beside and does not bind."


def _counted(limit: Counted, depth: int = 0) -> Iterator[str]:
    """How one limit was counted; what it counts from in turn stands below, further in."""
    pad = INDENT * depth
    if limit.offset.number:
        direction = "after" if limit.offset.number > 0 else "before"
        distance = f"{limit.offset} {direction} {long_day(limit.base)}"
    else:
        distance = f"on {long_day(limit.base)}"
    result = "" if limit.due == limit.base else f": {long_day(limit.due)}"
    yield f"{pad}{distance}, {_base(limit)}{result}"
    if limit.case:
        yield f"{pad}({limit.offset} because this case holds: {said(case, limit.case)})"
    if limit.offset.unit == "working_days" and limit.offset.number:
        yield f"{pad}{_skipped(limit)}"
    if limit.clamped:
        yield f"{pad}({limit.due:%B} has no {limit.base.day}th day, so its last day counts)".replace("1th", "1st")
    for one in limit.via:
        if one.binds:
            yield f"{pad}{INDENT}{limit.of} counts, by {one.clause},"
            yield from _counted(one, depth + 1)


def _base(limit: Counted) -> str:
    """Why the count starts from its day."""
    events = "; ".join(_event(event) for event in limit.events)
    among = f" ({events})" if events else ""
    match limit.because:
        case "anchor":
            return f"{said(anchor, limit.anchor)}{among}"
        case "previous":
            return f"when the one before was done{among}"
        case "last_review":
            return f"the last review held before the series went on{among}"
        case "opened_again":
            return f"when a changed plan ended permanence{among}"
        case "not_before":
            return f"the earliest day it may count from{among}"
        case "booked_of":
            return f"the day booked for {limit.of}{among}"
        case "forecast_of":
            return f"the day by which {limit.of} is due (a forecast, silent until {said(anchor, limit.anchor)})"
    return f"the due date of {limit.of} (no booking moves it)" if limit.of else "the due date it hangs on"


def _skipped(limit: Counted) -> str:
    named = ", ".join(f"{name} ({long_day(day)})" for day, name in limit.holidays)
    weekend = f"{limit.weekend_days} days of weekends" if limit.weekend_days else "no weekend"
    return f"(skipped: {weekend}{f'; {named}' if named else '; no bank holiday'})"


def _event(event: Happened) -> str:
    return f"{words.spaced(event.type)}, event {event.id}, {_known(event)}"


def _known(event: Happened) -> str:
    return f"known {instant(event.known_at)}"


def _reason(event: Happened) -> str:
    return f": {event.text}" if event.text else ""


# What moved it


def moved(explained: Explanation) -> Iterator[Line]:
    """What opened it and what moved its date, as it became known."""
    for move in explained.moves:
        yield instant(move.event.known_at), f"{_move(move)} by {_what(move.event)}"
    for adopted in explained.adoptions:
        yield instant(adopted.known_at), f"other rules by {_what(adopted)}: until then its date was theirs to set"
    if not explained.moves:
        yield "", "Nothing moved it."


def _move(move: Move) -> str:
    if move.was is None and move.now is not None:
        return f"opened, due {words.day(move.now)},"
    if move.now is None:
        return "taken off the agenda"
    return f"moved from {words.day(move.was) if move.was else '-'} to {words.day(move.now)}"


def _what(event: Happened) -> str:
    by = f", by {event.by}" if event.by else ""
    return f"{words.spaced(event.type)} of {words.day(event.on)} (event {event.id}{by}){_reason(event)}"


# How it ended, and what was said about it


def about(explained: Explanation) -> Iterator[Line]:
    """How it ended; the reasons given for lateness; what holds the ladder."""
    if explained.ending:
        yield "Ended", _ending(explained.ending, explained.row)
    for late in explained.lateness:
        yield "Late because", f"{late.text} ({words.day(late.on)}{f', {late.by}' if late.by else ''})"
    for held in explained.holds:
        yield "Ladder held", f"from {instant(held.start)} to {instant(held.end)} by {_what(held.event)}"


def _ending(ending: Ending, row: AgendaRow) -> str:
    events = " and ".join(_what(event) for event in ending.events)
    by = f" by {events}" if events else ""
    if ending.how == "met":
        late = f", {words.days((ending.on - row.due).days)} late," if row.status == "met_late" else ""
        return f"met on {long_day(ending.on)}{late}{by}"
    if ending.how == "waived":
        return f"waived on {long_day(ending.on)}{by}"
    if ending.journey_ended:
        return f"lapsed on {long_day(ending.on)}: the journey ended{by}"
    conditions = "; ".join(said(condition, name) for name in ending.conditions)
    because = f": no longer true that {conditions}" if conditions else ": what it hangs on has lapsed"
    return f"lapsed on {long_day(ending.on)}{because}{by}"


# Who was told


Lines: TypeAlias = "Sequence[AccountLine] | None"
"""The account of it; None where nobody delivers anything: of a file of events."""


def is_about(explained: Explanation, line: "AccountLine") -> bool:
    """Whether a line of the account is about what is explained, by its present date or an earlier one."""
    return line.action_key.startswith(explained.stem.rpartition("/")[0] + "/")


def as_plain(lines: Sequence["AccountLine"]) -> list[dict[str, Any]]:
    """The account as plain JSON."""
    from delivery.account_words import as_data

    return [as_data(line) for line in lines]


def silence(explained: Explanation, lines: Lines) -> str | None:
    """Why nobody has been told, where nobody has."""
    if lines is None:
        spoken = any(step.fate == "decided" for step in explained.steps) or any(one.sent for one in explained.earlier)
    else:
        spoken = any(line.may_have_gone for line in lines)
    if spoken:
        return None
    row = explained.row
    if lines and any(line.is_to_come for line in lines):
        return "Nobody has been told yet."
    if row.forecast:
        return "Nobody has been told: a forecast is silent until its date is fixed."
    if row.next:
        return f"Nobody has been told yet: the first time to tell is {instant(row.next.at)}."
    if explained.ending:
        return f"Nobody was told: it was {explained.ending.how} before its first reminder was due."
    return "Nobody has been told, and nothing more will be sent."


def since(explained: Explanation) -> str | None:
    """From when the date stands, where some times to tell were past by then."""
    if explained.standing_since is None or not any(step.fate == "too_early" for step in explained.steps):
        return None
    return f"The service knows this date since {instant(explained.standing_since)}."


def told_rows(explained: Explanation, lines: Lines) -> Iterator[tuple[str, str, str, str]]:
    """Each reminder and rung: its own time, what it is, for whom, and what became of it."""
    for one in explained.earlier:
        yield _earlier(one, lines)
    needed = [step for step in explained.steps if step.fate != "not_needed"]
    spared = len(explained.steps) - len(needed)
    for step in needed:
        side = "before due" if step.kind == "reminder" else "after due"
        unit = "working day" if step.working_days == 1 else "working days"
        what = f"{words.action(step.kind, step.rung)}\n{step.working_days} {unit} {side}"
        yield instant(step.slot), what, words.roles(step.to), _fate(step, explained, lines)
    if spared:
        yield "", f"{spared} more", "", f"not needed: {explained.ending.how if explained.ending else 'over'} by then"


def _earlier(decided: DecidedAction, lines: Lines) -> tuple[str, str, str, str]:
    action = decided.action
    due = f"for the date before, {words.day(action.due)}" if action.due else ""
    how = _became(action.key, action.to, lines) or ("decided" if decided.sent else "passed over")
    return instant(action.at), f"{words.action(action.kind, action.rung)}\n{due}", words.roles(action.to), how


def _fate(step: Step, explained: Explanation, lines: Lines) -> str:
    match step.fate:
        case "decided":
            return _became(step.key, step.to, lines) or f"decided {_at(step)}{_really(step)}"
        case "passed_over":
            return _read_otherwise(step, explained, lines) or "passed over: a later one said more, or it came too late"
        case "planned":
            at = step.at or step.slot
            return f"planned for {instant(at)}{', when the hold ends' if at != step.slot else ''}"
        case "held":
            return "not sent: the ladder was held, and a higher rung goes at the end of it"
        case "too_early":
            return _read_otherwise(step, explained, lines) or "not sent: past by then"
    return "silent: a forecast"


def _became(key: str | None, roles: Collection[Role], lines: Lines) -> str:
    """What became of telling people of an action, for the roles it was for: others who read it stand at their rung."""
    return _together([line for line in lines or () if line.action_key == key and (line.role in roles or not roles)])


def _read_otherwise(step: Step, explained: Explanation, lines: Lines) -> str:
    """Who of a rung that was never sent reads of it with a higher one: a summary is read by every rung reached."""
    higher = [
        line
        for line in lines or ()
        if line.how == "summary" and line.action_key.startswith(f"{explained.stem}/{step.kind}/")
        if line.rung > step.rung and (line.may_have_gone or line.is_to_come)
    ]
    readers = [line for line in higher if line.role in step.to] or [line for line in higher if line.is_to_come][:1]
    if not readers:
        return ""
    return f"with {words.action(readers[0].kind, readers[0].rung)}, {_together(readers)}"


def _together(lines: Sequence["AccountLine"]) -> str:
    from delivery.account_words import together

    return "\n".join(together(lines))


def _at(step: Step) -> str:
    if step.at is None or step.at == step.slot:
        return "on time"
    return f"{instant(step.at)}"


def _really(step: Step) -> str:
    """When the service truly sent it, where that was another minute than the nominal one."""
    if step.decided_at is None or step.at is None or abs((step.decided_at - step.at).total_seconds()) < 60:
        return ""
    return f" (the service did so {instant(step.decided_at)})"

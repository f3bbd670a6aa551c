"""An explanation in words: why this date, what moved it, how it ended. The same on the command line and the desk."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from domain.agenda import AgendaRow
from domain.case.events import LONDON
from domain.clocks.dispute_words import dispute_in_words
from domain.clocks.wording import days, short_date, spaced
from domain.policy.cited import CitedLaw
from domain.study.as_known import AsKnown, StepKnown
from domain.study.explain import Counted, Ending, Explanation, Happened, Move

INDENT: Final = "  "
Line = tuple[str, str]
"""A label and what it says; the label is empty where the line goes on with the one before."""


def long_day(day: date) -> str:
    """A date with its weekday, as counting by hand wants it."""
    return f"{day:%a} {short_date(day)}"


def instant(at: datetime) -> str:
    """An instant in London with its weekday and time."""
    local = at.astimezone(LONDON)
    return f"{long_day(local.date())} {local:%H:%M}"


# Why this date


def why(explained: Explanation) -> Iterator[Line]:
    """Each limit as it was counted, which binds, and what was allowed beyond it."""
    for limit in explained.limits:
        counted, against = why_limit(explained, limit)
        yield limit.clause, "\n".join(counted)
        if against:
            yield "", against
    for text in extended(explained):
        yield "Extended", text


def why_limit(explained: Explanation, limit: Counted) -> tuple[list[str], str]:
    """How one limit was counted, line by line, and how it stands to the others; empty where there are none."""
    return list(_counted(limit)), _against_the_others(explained, limit) if len(explained.limits) > 1 else ""


def law_of(explained: Explanation) -> Iterator[str]:
    """Where each text that the limits' clauses name can be read, as it stood on the day the clock began."""
    for text in (text for limit in explained.limits for text in law_behind(limit)):
        stood = f", as it stood on {long_day(text.day)}" if text.address and text.day else ""
        yield f"{text.words}{stood}: {text.where}"


def law_behind(limit: Counted) -> Iterator[CitedLaw]:
    """The law that a limit's clause names, and that by which the date it hangs on was counted."""
    yield from limit.law
    for one in limit.via:
        if one.binds:
            yield from law_behind(one)


def extended(explained: Explanation) -> Iterator[str]:
    """Each later day that somebody allowed."""
    for extension in explained.extensions:
        yield (
            f"to {long_day(extension.until)} by {extension.authorised_by}{_reason(extension.event)} "
            f"({_known(extension.event)})"
        )


def _against_the_others(explained: Explanation, limit: Counted) -> str:
    binding = next(one for one in explained.limits if one.binds)
    if limit is binding:
        return "This limit binds: it is the earliest."
    later = (limit.due - binding.due).days
    if not later:
        return "It falls on the same day."
    return f"It is {days(later)} later, so it stands beside and does not bind."


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
        yield f"{pad}({limit.offset} because this case holds: {limit.case_says})"
    if limit.offset.unit == "working_days" and limit.offset.number:
        yield f"{pad}{_skipped(limit)}"
    if limit.moved:
        yield f"{pad}(moved to {limit.moved})"
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
            return f"{limit.anchor_says}{among}"
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
            return f"the day by which {limit.of} is due (a forecast, silent until {limit.anchor_says})"
    return f"the due date of {limit.of} (no booking moves it)" if limit.of else "the due date it hangs on"


def _skipped(limit: Counted) -> str:
    named = ", ".join(f"{name} ({long_day(day)})" for day, name in limit.holidays)
    weekend = f"{limit.weekend_days} days of weekends" if limit.weekend_days else "no weekend"
    return f"(skipped: {weekend}{f'; {named}' if named else '; no bank holiday'})"


def _event(event: Happened) -> str:
    return f"{spaced(event.type)}, event {event.id}, {_known(event)}"


def _known(event: Happened) -> str:
    return f"known {instant(event.known_at)}"


def _reason(event: Happened) -> str:
    return f": {event.text}" if event.text else ""


# What was known, and what is


def known_now(compared: AsKnown) -> Iterator[Line]:
    """What would have been said at the end of a day, what is said now, and what became known in between."""
    yield f"Said on {long_day(compared.day)}", _side(compared.then)
    yield "Known now", _side(compared.now) if compared.differs else f"the same: {_side(compared.now)}"
    for move in compared.moves:
        yield f"since {instant(move.event.known_at)}", f"{_move(move)} by {_what(move.event)}"
    for event in compared.others:
        yield f"since {instant(event.known_at)}", f"known: {_what(event)}"


def _side(side: StepKnown) -> str:
    if side.explained is None:
        return side.nothing.partition("; accepted:")[0]
    row = side.explained.row
    stood = _ending(side.explained.ending, row) if side.explained.ending else row.status_in_words
    return f"{'foreseen for' if row.forecast else 'due'} {long_day(row.due)} ({row.clause}), {stood}"


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
        return f"opened, due {short_date(move.now)},"
    if move.now is None:
        return "taken off the agenda"
    return f"moved from {short_date(move.was) if move.was else '-'} to {short_date(move.now)}"


def _what(event: Happened) -> str:
    by = f", by {event.by}" if event.by else ""
    return f"{spaced(event.type)} of {short_date(event.on)} (event {event.id}{by}){_reason(event)}"


# How it ended, and what was said about it


def about(explained: Explanation) -> Iterator[Line]:
    """How it ended; the reasons given for lateness; what holds the ladder."""
    if explained.ending:
        yield "Ended", _ending(explained.ending, explained.row)
    for late in explained.lateness:
        yield "Late because", f"{late.text} ({short_date(late.on)}{f', {late.by}' if late.by else ''})"
    if explained.dispute:
        yield "Dispute", dispute_in_words(explained.dispute)
    for held in explained.holds:
        yield "Ladder held", f"from {instant(held.start)} to {instant(held.end)} by {_what(held.event)}"


def _ending(ending: Ending, row: AgendaRow) -> str:
    events = " and ".join(_what(event) for event in ending.events)
    by = f" by {events}" if events else ""
    if ending.how == "met":
        late = f", {days((ending.on - row.due).days)} late," if row.status == "met_late" else ""
        return f"met on {long_day(ending.on)}{late}{by}"
    if ending.how == "waived":
        return f"waived on {long_day(ending.on)}{by}"
    if ending.journey_ended:
        return f"lapsed on {long_day(ending.on)}: the journey ended{by}"
    conditions = "; ".join(ending.conditions_say)
    because = f": no longer true that {conditions}" if conditions else ": what it hangs on has lapsed"
    return f"lapsed on {long_day(ending.on)}{because}{by}"

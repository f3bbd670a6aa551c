"""An explanation on the command line: how it stands, who was told and who will be."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

from cli import words
from domain.case.words import Role
from domain.clocks.wording import booked
from domain.study.explain import DecidedAction, Explanation, Step
from domain.study.explain_words import instant, long_day

if TYPE_CHECKING:
    from delivery.account_line import AccountLine


def headline(explained: Explanation, today: date) -> str:
    """How it stands, by when it was to be done, and whose it is."""
    row = explained.row
    booking = f" It is {booked(row.booked_for, today)}." if row.booked_for else ""
    forecast = " This date is a forecast: what it counts from has not happened." if row.forecast else ""
    return (
        f"At the end of {long_day(today)}: {words.status(row, today)}. Due {long_day(row.due)} ({row.clause}). "
        f"Owner: {words.spaced(row.owner)}.{booking}{forecast}"
    )


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
        why = explained.ending.how if explained.ending else "the child is 18"
        yield "", f"{spared} more", "", f"not needed: {why} by then"


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

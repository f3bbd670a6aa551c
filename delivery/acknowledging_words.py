"""What acknowledging changes, and what became of it, in the same sentences on a page and on a screen."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from delivery.acknowledging import Acknowledgeable
from delivery.people import Acting
from domain.case.words import Role
from domain.clocks.wording import in_words, spaced
from domain.study.hold import HoldNow, Unheard, Withheld

STAYS_DUE: Final = "It stays due, red and in every digest until it is done."


def what_it_changes(late: Acknowledgeable, until: date | None = None, me: Acting | None = None) -> list[str]:
    """Who will not hear because of the pause that stands, or of one until the end of a day; and what comes then."""
    withheld = late.withheld(until)
    if withheld is None:
        return []
    said = [_heading(withheld)]
    said += [_unheard(late, one, me) for one in withheld.unheard]
    hear = {one.role for one in withheld.unheard if one.hears is not None and one.hears == withheld.then}
    if not hear or not hear.issuperset(withheld.then_to):  # else it has been said whom the ladder tells next
        said.append(_then(late, withheld, me))
    return [*said, *_others(late, withheld.until, me)]


def acknowledged_already(late: Acknowledgeable, hold: HoldNow, me: Acting | None = None) -> str:
    """Such as: You acknowledged it on 26 November 2026, until the end of 2 December 2026."""
    until = in_words(hold.last_day)
    return f"{_whose(late, hold, me)} acknowledged it on {in_words(hold.said.on)}, until the end of {until}."


def what_became(late: Acknowledgeable, before: HoldNow | None, until: date, me: Acting) -> str:
    """What an acknowledgement that was taken has changed."""
    if before is None:
        return f"It is acknowledged until the end of {in_words(until)}, by {me.shown}."
    return (
        f"{acknowledged_already(late, before, me)} "
        f"It is now until the end of {in_words(until)} instead of {in_words(before.last_day)}."
    )


def nothing_changed(late: Acknowledgeable, hold: HoldNow, me: Acting) -> str:
    """What one has changed that reaches no further than what stands."""
    until = in_words(hold.last_day)
    return f"{_whose(late, hold, me)} had acknowledged it until the end of {until} already; nothing has changed."


def who(late: Acknowledgeable, role: Role, me: Acting | None = None) -> str:
    """A role and who holds it today, such as: team manager (Mia North)."""
    audience = late.people.tell(role, late.on_it, late.today)
    names = [
        "you" if me and one.key == me.key else one.entry.name or late.people.shown(one.key, late.on_it)
        for one in audience.recipients
    ] or ["nobody"]
    if audience.unallocated:
        return f"{spaced(role)} ({audience.why}: {_listed(names)} would be told)"
    return f"{spaced(role)} ({_listed(names)})"


def _others(late: Acknowledgeable, until: date, me: Acting | None) -> Iterator[str]:
    """What else the same pause keeps from somebody: two meetings' decisions may be unsent, and both are held."""
    for row, ladder in late.others():
        withheld = ladder.withheld(late.case.now, until)
        if withheld and withheld.unheard:
            yield f"The same pause holds {row.title}, due on {in_words(row.due)}, as well."
            yield from (_unheard(late, one, me) for one in withheld.unheard)


def _heading(withheld: Withheld) -> str:
    until = in_words(withheld.until)
    if withheld.unheard:
        return f"Until the end of {until} nobody further is told that this is late."
    return f"Until the end of {until} the ladder pauses; nobody further would be told by then anyway."


def _unheard(late: Acknowledgeable, one: Unheard, me: Acting | None) -> str:
    would = "would have been told" if one.day < late.today else "would be told"
    said = f"The {who(late, one.role, me)}, who {would} on {in_words(one.day)}, "
    if one.hears is None:
        return said + "will not hear."
    return said + f"hears on {in_words(one.hears)} instead, if it is not done by then."


def _then(late: Acknowledgeable, withheld: Withheld, me: Acting | None) -> str:
    if withheld.then is None:
        return "The ladder has ended: nobody further is told in any case."
    to = _listed([who(late, role, me) for role in withheld.then_to])
    return f"If it is still not done, the ladder goes on: on {in_words(withheld.then)} it tells the {to}."


def _whose(late: Acknowledgeable, hold: HoldNow, me: Acting | None) -> str:
    if me is not None and hold.said.by == me.key:
        return "You"
    shown = late.people.shown(hold.said.by, late.on_it)
    return shown[0].upper() + shown[1:]


def _listed(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last

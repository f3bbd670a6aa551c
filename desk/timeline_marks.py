"""What stands on a child's timeline: what happened, what was and is due, what was told and what was explained.

The page of the desk and the file for a meeting or the court are made of these marks, and add none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from delivery.case_now import CaseNow
from desk.corrections import fate_of
from desk.desk import AT, NameOf
from desk.recorded import by_and_when
from desk.rendering import role_name, sentence
from desk.taking import once_in, receipt_of
from desk.told import ActionShown
from domain.agenda import AgendaRow
from domain.case import events as ev
from domain.case.calendar import local_date, months_after
from domain.case.facts import unvoided
from domain.clocks.judgement import Said
from domain.clocks.wording import coded, days, in_words, short_date, spaced

Sort = Literal["happened", "due", "told", "explained"]
SORTS: Final[tuple[Sort, ...]] = ("happened", "due", "told", "explained")
PERIODS: Final[dict[str, tuple[str, int, int]]] = {
    "half": ("6 months back, 3 ahead", -6, 3),
    "year": ("1 year back, 6 months ahead", -12, 6),
    "all": ("All", 0, 0),
}
"""What is shown of a life in care: months back and ahead of today (ours: from one review to the next, and two)."""
UNSHOWN: Final = (*ev.ABOUT_AN_OBLIGATION, ev.EventVoided)
"""Events that are said of something else: they stand beside it."""


class Mark(NamedTuple):
    """One thing on the axis."""

    day: date
    sort: Sort
    text: str
    more: str = ""
    shape: str = ""
    """How it is drawn: each sort has a shape of its own; of what is due also whether it is done, open or late."""
    link: str = ""
    """Empty: it leads nowhere. A text always, since marks are put in order by all that they have."""


@dataclass(frozen=True, slots=True)
class ChildShown:
    """A child's case at an instant, what people were told of it, and what people are called."""

    case: CaseNow
    actions: Sequence[ActionShown]
    name_of: NameOf
    contact_name: NameOf
    """The same of whom an event names, by key or address."""

    @property
    def today(self) -> date:
        """The day here."""
        return local_date(self.case.now)


def shown_of(of: ChildShown, show: str, period: str) -> list[Mark]:
    """The marks of one sort, else of all, within a period around today, in order of time."""
    sorts = (show,) if show in SORTS else SORTS
    return [one for one in within(of.today, period, marks_of(of)) if one.sort in sorts]


def within(today: date, period: str, marks: list[Mark]) -> list[Mark]:
    """The marks of a period around today, in order of time."""
    _, back, ahead = PERIODS[period]
    if not ahead:
        return sorted(marks)
    first, last = months_after(today, back), months_after(today, ahead)
    return sorted(one for one in marks if first <= one.day <= last)


def marks_of(of: ChildShown) -> list[Mark]:
    """Everything of a child that has a day; what is due is of the latest period of care."""
    rows = of.case.rows
    marks = [
        *_happened(of),
        *(_due(of, row) for row in rows),
        *_told(of),
        *(_explained(of, row, said) for row in rows for said in row.said),
        *_taken_back(of),
    ]
    return list(dict.fromkeys(marks))


def _happened(of: ChildShown) -> Iterator[Mark]:
    for facts in of.case.journey.periods:
        for known in facts.known:
            if not isinstance(known.event, UNSHOWN):
                event = known.event
                late = (local_date(known.known_at) - event.on).days
                recorded = f"recorded {days(late)} later" if late > 0 else ""
                when = by_and_when(of.name_of, known) if event.corrects else recorded
                more = "; ".join(filter(None, (_what(of, event), when)))
                link = receipt_of(of.case.child, once_in(event.id)) if once_in(event.id) else ""
                yield Mark(event.on, "happened", sentence(spaced(event.type)), more, "happened", link)


def _what(of: ChildShown, event: ev.Event) -> str:
    """What an event says that its name does not: who came to hold which role, for when, by which status."""
    # Who was the social worker on 3 March 2026? On 29 November only `Person assigned` stood there, four times.
    match event:
        case ev.PersonAssigned():
            return f"{role_name(event.role)}: {of.contact_name(event.contact)}"
        case ev.Booking():
            return f"for {in_words(event.booked_for)}"
        case ev.LegalStatusChanged():
            return sentence(coded(event.legal_status))
    return ""


def _taken_back(of: ChildShown) -> Iterator[Mark]:
    """What was said otherwise before, and what did not happen after all; on the day on which that was said."""
    known = of.case.known
    standing = {one.event.id for one in unvoided(known)}
    for one in known:
        if one.event.id in standing or isinstance(one.event, UNSHOWN):
            continue
        fate = fate_of(known, one.event.id)
        if fate:
            what = f"{sentence(fate.sort)}: {sentence(spaced(one.event.type))} of {in_words(one.event.on)}"
            reason = fate.by.event.reason if isinstance(fate.by.event, ev.EventVoided) else ""
            by = f"by {of.name_of(fate.by.event.by)}" if fate.by.event.by else ""
            more = ": ".join(each for each in (by, reason) if each)
            yield Mark(local_date(fate.by.known_at), "explained", what, more, "explained")


def _due(of: ChildShown, row: AgendaRow) -> Mark:
    number = f" (number {row.occurrence})" if row.occurrence > 1 else ""
    done = f" on {short_date(row.met_on)}" if row.met_on else ""
    late = f" by {days((of.today - row.due).days)}" if row.status == "overdue" else ""
    shape = "late" if row.status in ("overdue", "met_late") else "open" if row.is_open else "done"
    link = f"{AT}/children/{row.child}/why/{row.obligation}/{row.occurrence}"
    return Mark(row.due, "due", row.title + number, f"{row.status_in_words}{late}{done}", shape, link)


def _told(of: ChildShown) -> Iterator[Mark]:
    """What went, once for each action, with everybody who was told of it."""
    for one in of.actions:
        if one.went_to:
            yield Mark(local_date(one.at), "told", f"{one.what}: {one.about}", f"to {'; '.join(one.went_to)}", "told")


def _explained(of: ChildShown, row: AgendaRow, said: Said) -> Mark:
    until = f" until {in_words(said.until)}" if said.until else ""
    by = f"by {of.name_of(said.by)}" if said.by else ""
    return Mark(
        said.on,
        "explained",
        f"{sentence(said.kind)}{until}: {row.title}",
        "; ".join(each for each in (": ".join(filter(None, (by, said.reason))), _later(of, row, said)) if each),
        "explained",
    )


def _later(of: ChildShown, row: AgendaRow, said: Said) -> str:
    """That it was recorded on a later day than it bears, as a reason given with a step that comes again always is.

    Tracking is recorded on 28 November as done on the 27th, late, with the reason: that bears the 26th, when the
    tracking it is about was still open (desk/recording.py).
    """
    recorded = [
        local_date(one.known_at)
        for one in of.case.known
        if isinstance(one.event, ev.LatenessExplained)
        and (one.event.obligation, one.event.on, one.event.by) == (row.obligation, said.on, said.by)
    ]
    late = (min(recorded) - said.on).days if recorded else 0
    return f"recorded {days(late)} later" if late > 0 else ""

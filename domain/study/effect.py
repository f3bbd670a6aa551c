"""What some events would change in a journey: said before they are recorded, and afterwards on the receipt.

Pure: a journey that has lived until now and a batch in. The journey stays as it is; the batch is judged and taken by a
copy of it, by the same step as the running one, and the two agendas are compared.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.agenda import AgendaRow, NextRow, agenda, next_due
from domain.case import events as ev
from domain.case.calendar import local_date
from domain.clocks.actions import Action
from domain.clocks.obligations import Key
from domain.journey import Journey
from domain.refusals import Refusal, judge


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step that is open no more, or never will have been. `now` is how it stands; None: it is not listed any more."""

    was: AgendaRow
    now: AgendaRow | None
    reminders: int
    """How many that were still to come will not go."""
    escalations: int

    @property
    def days_late(self) -> int:
        """Calendar days after its due date on which it was met; 0 where it was in time, or not met."""
        return max(0, (self.now.met_on - self.now.due).days) if self.now and self.now.met_on else 0


@dataclass(frozen=True, slots=True)
class StepChanged:
    """A step that is open before and after, with another due date, booked day or next message."""

    was: AgendaRow
    now: AgendaRow

    @property
    def moved(self) -> bool:
        """Whether its due date is another."""
        return self.was.due != self.now.due

    @property
    def booked(self) -> date | None:
        """The day that it is booked for by this."""
        return self.now.booked_for if self.now.booked_for != self.was.booked_for else None

    @property
    def held(self) -> NextRow | None:
        """What is told next, later than it would have been, though the due date has not moved."""
        was, now = self.was.next, self.now.next
        return now if not self.moved and was and now and now.at > was.at else None


@dataclass(frozen=True, slots=True)
class Effect:
    """What would be refused, and else what changes. `sent` goes out at once."""

    refused: tuple[Refusal, ...]
    ended: tuple[StepEnded, ...]
    opened: tuple[AgendaRow, ...]
    reopened: tuple[AgendaRow, ...]
    altered: tuple[StepEnded, ...]
    """What was met before, and is met otherwise: on another day, by another due date, or not any more and nothing left
    to do. A correction does that."""
    changed: tuple[StepChanged, ...]
    sent: tuple[Action, ...]
    next_due: AgendaRow | None
    ends_journey: bool

    @property
    def met_late(self) -> list[StepEnded]:
        """What is met by it after its due date: the reason is asked for."""
        return [one for one in (*self.ended, *self.altered) if one.days_late]

    @property
    def stopped(self) -> tuple[int, int]:
        """How many reminders and escalations will not go any more."""
        return sum(one.reminders for one in self.ended), sum(one.escalations for one in self.ended)


def effect(before: Journey, batch: Sequence[ev.Event], now: datetime, policies: Collection[str]) -> Effect:
    """What a batch would change that became known at an instant; nothing of it is done."""
    taken, refused = judge(before, batch, now, policies)
    after = before.copy()
    decision = after.step(now, taken)
    rows = {_key(row): row for row in agenda(before, now)}
    then = {_key(row): row for row in agenda(after, now)}
    instead = _instead(rows, then)
    again = {_key(row) for row in instead.values()}
    return Effect(
        refused=tuple(refused),
        ended=tuple(one for one in _ended(before, rows, then) if _key(one.was) not in instead),
        opened=tuple(row for key, row in then.items() if _is_new(row, rows.get(key)) and key not in again),
        reopened=tuple(row for key, row in then.items() if row.is_open and key in rows and not rows[key].is_open),
        altered=tuple(_altered(rows, then)),
        changed=tuple(_changed(rows, then | instead)),
        sent=decision.actions,
        next_due=None if after.ended else next_due([*then.values()], local_date(now)),
        ends_journey=after.ended and not before.ended,
    )


def _is_new(row: AgendaRow, was: AgendaRow | None) -> bool:
    """Whether a step is open that was not there, or was a forecast, which has no date until that is fixed."""
    # Of a child who entered on 5 January 2026 the second review is foreseen for 2 May. Once the first is recorded as
    # held on 2 February it is due on that very day, and to people it is new.
    return row.is_open and (was is None or (was.forecast and not row.forecast))


def _instead(rows: dict[Key, AgendaRow], then: dict[Key, AgendaRow]) -> dict[Key, AgendaRow]:
    """What comes in the place of a step that no longer applies: another of the same obligation; by the first's key.

    A meeting of 25 November 2026 is corrected to the 24th: its minutes are number 1, those of the correction number 2,
    and to people they are the same minutes, due a day sooner.
    """
    gone: dict[str, list[Key]] = {}
    new: dict[str, list[AgendaRow]] = {}
    for key, row in rows.items():
        if row.is_open and not row.forecast and key not in then:
            gone.setdefault(row.obligation, []).append(key)
    for key, row in then.items():
        if row.is_open and not row.forecast and key not in rows:
            new.setdefault(row.obligation, []).append(row)
    return {key: row for name, keys in gone.items() for key, row in zip(keys, new.get(name, ()), strict=False)}


def _ended(before: Journey, rows: dict[Key, AgendaRow], then: dict[Key, AgendaRow]) -> Iterator[StepEnded]:
    ahead = {o.key: Counter(p.kind for p in before.unsettled(o)) for o in before.occurrences if o.open}
    for key, was in rows.items():
        now = then.get(key)
        if was.is_open and not was.forecast and not (now and now.is_open):
            yield StepEnded(was, now, ahead[key]["reminder"], ahead[key]["escalation"])


def _altered(rows: dict[Key, AgendaRow], then: dict[Key, AgendaRow]) -> Iterator[StepEnded]:
    # A meeting of 9 January 2026 is corrected to the 8th: its step was met on the 9th, and was met on the 8th. The
    # minutes that were sent in between no longer answer anything.
    for key, was in rows.items():
        now = then.get(key)
        if was.met_on and not (now and (now.is_open or (now.met_on, now.due) == (was.met_on, was.due))):
            yield StepEnded(was, now, 0, 0)


def _changed(rows: dict[Key, AgendaRow], then: dict[Key, AgendaRow]) -> Iterator[StepChanged]:
    for key, was in rows.items():
        now = then.get(key)
        one = StepChanged(was, now) if now and was.is_open and now.is_open and not now.forecast else None
        if one and not was.forecast and (one.moved or one.booked or one.held):
            yield one


def _key(row: AgendaRow) -> Key:
    return (row.obligation, row.occurrence)

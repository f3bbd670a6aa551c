"""What adopting a policy would change in a journey, and whether every open obligation is accounted for.

Pure: a journey is copied, the copy adopts, and the agendas before and after are compared. What the command line
foresees is so what the journey itself will do: both take the same step.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.agenda import AgendaRow, agenda
from domain.case import events as ev
from domain.case.calendar import WorkingCalendar, local_date
from domain.clocks.actions import Action
from domain.clocks.obligations import Key
from domain.clocks.rules import Policy
from domain.decision import Decision
from domain.journey import Journey
from domain.study.simulation import calendar_for

Why = Literal["not_in_policy", "met", "waived", "lapsed", "does_not_apply", "unexplained"]
BIRTH_UNKNOWN = date(2010, 1, 1)
LONGEST_VERSION = 40


@dataclass(frozen=True, slots=True)
class Moved:
    """An obligation open before and after, whose due date (or being a forecast) another policy changes."""

    was: AgendaRow
    now: AgendaRow

    @property
    def days(self) -> int:
        """By how many calendar days it comes later; negative where it comes earlier."""
        return (self.now.due - self.was.due).days

    @property
    def becomes_overdue(self) -> bool:
        return self.now.status == "overdue" and self.was.status != "overdue"


@dataclass(frozen=True, slots=True)
class Gone:
    """An obligation open before and not after, and why: `unexplained` is one that must not have gone."""

    was: AgendaRow
    why: Why


@dataclass(frozen=True, slots=True)
class Change:
    """What adopting a policy changes in one journey."""

    child: str
    from_version: str
    to_version: str
    open_before: int
    open_after: int
    moved: tuple[Moved, ...]
    gone: tuple[Gone, ...]
    opened: tuple[AgendaRow, ...]
    sent: tuple[Action, ...] = ()
    """What is sent at once."""
    dates: Mapping[Key, date] | None = None
    """The due date of everything open afterwards."""

    @property
    def nothing(self) -> bool:
        return not (self.moved or self.gone or self.opened or self.sent)

    @property
    def overdue(self) -> tuple[AgendaRow, ...]:
        """What becomes overdue, or opens overdue."""
        return tuple(m.now for m in self.moved if m.becomes_overdue) + tuple(
            row for row in self.opened if row.status == "overdue"
        )

    @property
    def unexplained(self) -> tuple[Gone, ...]:
        return tuple(gone for gone in self.gone if gone.why == "unexplained")


def taking_up(journey: Journey, policy: Policy, now: datetime, by: str, reason: str) -> ev.PolicyAdopted:
    """The event by which a journey adopts a policy today.

    Its id follows from the journey and the policy, so that an adoption begun again is the same event; once the
    journey has adopted another since, it is a new one.
    """
    adopted = sum(isinstance(known.event, ev.PolicyAdopted) for known in journey.known.values())
    version = re.sub(r"[^A-Za-z0-9._-]+", "-", policy.own_version)[:LONGEST_VERSION]
    return ev.PolicyAdopted(
        type="policy_adopted",
        id=f"adopted-{journey.child}-{policy.id}-{version}-{adopted + 1}",
        child=journey.child,
        on=local_date(now),
        by=by,
        note=reason,
        policy=policy.id,
        version=policy.version,
    )


def foreseen(journey: Journey, policy: Policy, now: datetime, event: ev.PolicyAdopted) -> Change:
    """What adopting a policy now would change. The journey stays as it is."""
    before = agenda(journey, now)
    copy, decision = taken_up(journey, policy, now, event)
    return compared(journey, before, policy, agenda(copy, now), decision.actions)


def taken_up(journey: Journey, policy: Policy, now: datetime, event: ev.PolicyAdopted) -> tuple[Journey, Decision]:
    """A copy that has adopted a policy, and what it decided then. The journey stays as it is."""
    copy = under(journey, policy, now)
    return copy, copy.step(now, [event])


def under(journey: Journey, policy: Policy, now: datetime) -> Journey:
    """A copy that has another policy's rules and has not adopted it yet: by these an adoption is judged."""
    copy = journey.with_events((), now)
    copy.policy, copy.calendar = policy, calendar_of(journey)
    return copy


def compared(
    journey: Journey,
    before: Sequence[AgendaRow],
    policy: Policy,
    after: Sequence[AgendaRow],
    sent: Iterable[Action] = (),
) -> Change:
    """The difference between what stood under a journey's policy and what stands under another."""
    was = {(row.obligation, row.occurrence): row for row in before if row.is_open}
    now = {(row.obligation, row.occurrence): row for row in after}
    still = {key: row for key, row in now.items() if row.is_open}
    return Change(
        child=journey.child,
        from_version=journey.policy.version,
        to_version=policy.version,
        open_before=len(was),
        open_after=len(still),
        moved=tuple(_moved(was, still)),
        gone=tuple(Gone(row, _why_gone(row, now.get(key), policy)) for key, row in was.items() if key not in still),
        opened=tuple(row for key, row in still.items() if key not in was),
        sent=tuple(sent),
        dates={key: row.due for key, row in still.items()},
    )


def _moved(was: Mapping[Key, AgendaRow], still: Mapping[Key, AgendaRow]) -> Iterator[Moved]:
    for key, row in was.items():
        now = still.get(key)
        if now is not None and (now.due, now.forecast) != (row.due, row.forecast):
            yield Moved(row, now)


def _why_gone(row: AgendaRow, now: AgendaRow | None, policy: Policy) -> Why:
    """Why an obligation is no longer open. One that the law has too cannot just not apply any more."""
    obligation = policy.obligation(row.obligation)
    if obligation is None:
        return "not_in_policy"
    if now is not None:
        return "met" if now.met_on else "waived" if now.status == "waived" else "lapsed"
    return "unexplained" if obligation.has_statutory_limit else "does_not_apply"


def as_foreseen(change: Change, seen: Change) -> bool:
    """Whether a journey that has adopted stands as it was foreseen."""
    return (change.to_version, change.dates) == (seen.to_version, seen.dates)


def calendar_of(journey: Journey) -> WorkingCalendar:
    """The calendar that a journey is given with another policy: of the years of the childhood, as known today."""
    births = [k.event.birth for k in journey.known.values() if isinstance(k.event, ev.ENTRY_TYPES)]
    births = births or [BIRTH_UNKNOWN]
    return calendar_for(min(births), max(births))

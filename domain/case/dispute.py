"""The IRO's formal disputes: opened, how far up, referred to Cafcass or not, resolved (IRO Handbook 6.2; CPPCR reg 45).

The officer may pass over any level, and may refer the case to Cafcass at any time, in a dispute or without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.case import events as ev
from domain.case.facts import Facts
from domain.case.words import Role


@dataclass(frozen=True, slots=True)
class Stage:
    """A level that a dispute has reached, and the day."""

    on: date
    to: Role


@dataclass(frozen=True, slots=True)
class Dispute:
    """One formal dispute. `event`: what opened it; `resolved_on` None while it goes on."""

    event: str
    opened_on: date
    stages: tuple[Stage, ...] = ()
    referred_on: tuple[date, ...] = ()
    """The days on which the case was referred to Cafcass while it went on."""
    resolved_on: date | None = None


def disputes(facts: Facts) -> list[Dispute]:
    """The disputes of a period of care, in order. What resolves resolves every one that goes on."""
    resolved = [event.on for event in facts.all(ev.DisputeResolved)]
    opened = [
        Dispute(event.id, event.on, resolved_on=next((day for day in resolved if day >= event.on), None))
        for event in facts.all(ev.DisputeOpened)
    ]
    return [
        replace(
            one,
            stages=tuple(Stage(e.on, e.to) for e in facts.all(ev.DisputeStageReached) if _latest(opened, e.on) is one),
            referred_on=tuple(e.on for e in facts.all(ev.CafcassReferred) if _latest(opened, e.on) is one),
        )
        for one in opened
    ]


def referred_without_dispute(facts: Facts) -> list[date]:
    """The days on which the case was referred to Cafcass while no dispute went on."""
    opened = disputes(facts)
    return [event.on for event in facts.all(ev.CafcassReferred) if _latest(opened, event.on) is None]


def _latest(opened: Sequence[Dispute], day: date) -> Dispute | None:
    """Of the disputes that go on, the one opened last: what is recorded of a dispute is of that."""
    # Opened on 5 January 2026 and, about something else, on the 12th: a level reached on the 14th is of the second.
    going_on = [one for one in opened if one.opened_on <= day and (one.resolved_on is None or day <= one.resolved_on)]
    return going_on[-1] if going_on else None

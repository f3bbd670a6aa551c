"""What a hold keeps from whom: said before an acknowledgement is given, and shown while it stands.

Pure: a journey that has lived (its plans are those of the running one) and an instant in. Nothing is decided here: the
ladder is laid out once without the holds of that instant and once with them, and the two are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.case import events as ev
from domain.case.calendar import local_date, nine
from domain.case.words import Role
from domain.clocks.obligations import Key, Occurrence
from domain.clocks.schedule import Hold, Planned, Watch, holds_on, last_day_held, plan
from domain.journey import Journey


@dataclass(frozen=True, slots=True)
class HoldNow:
    """The hold in which a ladder stands: the acknowledgement that reaches furthest, and its last day."""

    said: ev.EscalationAcknowledged
    last_day: date


@dataclass(frozen=True, slots=True)
class Unheard:
    """A role that a rung would tell on a day within the hold, and the day it hears instead; None: no rung tells it."""

    role: Role
    day: date
    hears: date | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a hold changes: to the end of `until` no rung goes; the next goes on `then`, to the roles `then_to`.

    `then` is None where the ladder has no rung left.
    """

    until: date
    unheard: tuple[Unheard, ...]
    then: date | None
    then_to: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class LadderNow:
    """The ladder of an open occurrence, which acknowledgements hold."""

    journey: Journey
    occurrence: Occurrence
    watch: Watch

    def hold_at(self, now: datetime) -> HoldNow | None:
        """The hold in which it stands at an instant; None: in none."""
        standing = [
            HoldNow(said, last_day_held(said, self.journey.calendar))
            for said, known_at in self.journey.acknowledged()
            if any(hold.start <= now < hold.end for hold in self._holds([(said, known_at)]))
        ]
        return max(standing, key=lambda hold: hold.last_day, default=None)

    def withheld(self, now: datetime, until: date | None = None) -> Withheld | None:
        """What the hold of an instant, or one more to the end of `until`, keeps from whom; None where there is none."""
        # Due on 19 January 2026; rungs on the 20th, 26th (team manager) and 2 February (service manager). Acknowledged
        # on the 21st until 10 February: no rung is for the team manager any more, who does not hear; the service
        # manager hears on the 11th. Until the 30th: the rung of 2 February goes on its day, and that of the 26th never.
        holds = self._holds(self.journey.acknowledged())
        held = [hold for hold in holds if hold.start <= now < hold.end]
        over = [hold for hold in holds if hold not in held]
        if until is not None:
            held.append(Hold(now, self._end(until)))
        if not held:
            return None
        start, end = min(hold.start for hold in held), max(hold.end for hold in held)
        meant = [rung for rung in self._rungs(over) if start <= rung.at < end]
        ahead = [rung for rung in self._rungs([*over, *held]) if rung.at >= end]
        before = self.hold_at(now)
        return Withheld(
            until=max(day for day in (until, before and before.last_day) if day),
            unheard=tuple(self._unheard(meant, ahead)),
            then=local_date(ahead[0].at) if ahead else None,
            then_to=self._roles(ahead[0]) if ahead else (),
        )

    def _unheard(self, meant: Sequence[Planned], ahead: Sequence[Planned]) -> list[Unheard]:
        """Each role that would be told, by its first rung."""
        first: dict[Role, Planned] = {}
        for rung in meant:
            for role in self._roles(rung):
                first.setdefault(role, rung)
        return [Unheard(role, local_date(rung.at), self._hears(role, ahead)) for role, rung in first.items()]

    def _hears(self, role: Role, ahead: Sequence[Planned]) -> date | None:
        return next((local_date(rung.at) for rung in ahead if role in self._roles(rung)), None)

    def _rungs(self, holds: Sequence[Hold]) -> list[Planned]:
        """The rungs that have not gone, in order of time, as these holds move them."""
        journey = self.journey
        ladder = journey.policy.ladder_of(self.occurrence.obligation.rule)
        amended = journey.policy.amended
        planned = plan(self.occurrence, self.watch.planned, ladder, journey.calendar, holds, amended=amended)
        return [rung for rung in journey.unsettled_of(self.occurrence, planned) if rung.kind == "escalation"]

    def _roles(self, rung: Planned) -> tuple[Role, ...]:
        return self.journey.roles_told(self.occurrence, rung)

    def _holds(self, acknowledged: Sequence[tuple[ev.EscalationAcknowledged, datetime]]) -> list[Hold]:
        return holds_on(self.occurrence, self.watch.since, acknowledged, self.journey.calendar)

    def _end(self, until: date) -> datetime:
        return nine(self.journey.calendar.working_days_after(until, 1))


def ladder_now(journey: Journey, key: Key) -> LadderNow | None:
    """The ladder of an open occurrence; None where it is not open, only foreseen, or has no ladder."""
    watch = journey.watched.get(key)
    occurrence = next((o for o in journey.occurrences if o.key == key), None)
    if watch is None or occurrence is None or not occurrence.obligation.rule.ladder:
        return None
    return LadderNow(journey, occurrence, watch)

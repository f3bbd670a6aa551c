"""The weeks ahead of one journey if nothing more is recorded: what is open, what passes its limit, who is told what.

Lived on a copy by the journey's own step, as it is and with another policy adopted: so what is foretold is what the
running journey will do, and no rule is stated here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from domain.agenda import AgendaRow, agenda
from domain.case.calendar import local_date
from domain.case.words import Role
from domain.clocks.actions import Action
from domain.clocks.obligations import Occurrence
from domain.clocks.rules import Policy
from domain.clocks.schedule import Kind
from domain.journey import Journey
from domain.limits import why_full
from domain.refusals import judge
from domain.study.how_often import lived
from domain.study.take_up import taken_up, taking_up, under

Adopting = Literal["adopts", "has", "stays", "refuses"]
"""Whether a journey would adopt the policy, has it in this version already, is not asked to, or would refuse it."""


MOMENT: Final = timedelta(microseconds=1)
"""What stood until a change stood the moment before."""


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step with a date that stood open in the weeks ahead, with the days on which it first and last did.

    `law`: the day that the law gives for it; None: the law sets none, or no longer does.
    """

    obligation: str
    occurrence: int
    title: str
    owner: Role
    due: date
    law: date | None
    since: date
    last: date

    @property
    def late_from(self) -> date | None:
        """The first of these days on which it is late; None: it never is."""
        return self._open_after(self.due)

    @property
    def past_the_law_from(self) -> date | None:
        """The same by the law's own day."""
        return self._open_after(self.law) if self.law else None

    def _open_after(self, limit: date) -> date | None:
        day = max(limit + timedelta(days=1), self.since)
        return day if day <= self.last else None


@dataclass(frozen=True, slots=True)
class MessagePlanned:
    """Something that roles are told, by the instant for which it is planned."""

    at: datetime
    title: str
    kind: Kind
    rung: int
    to: tuple[Role, ...]
    due: date | None

    @property
    def on(self) -> date:
        """The day of it."""
        return local_date(self.at)


@dataclass(frozen=True, slots=True)
class WeeksAhead:
    """What lies ahead of a journey.

    What is open at the start, forecasts among it; each step with a date that is open at any time in these weeks; and
    what is told in them.
    """

    rows: tuple[AgendaRow, ...]
    steps: tuple[OpenStep, ...]
    messages: tuple[MessagePlanned, ...]


@dataclass(frozen=True, slots=True)
class Foretold:
    """The weeks ahead of a journey as it is, and with another policy; of one that does not adopt it these are one."""

    adopting: Adopting
    today: WeeksAhead
    then: WeeksAhead
    why: str = ""
    """Why the adoption would be refused."""


def foretell(
    journey: Journey, policy: Policy, policies: Collection[str], now: datetime, until: datetime, *, adopts: bool
) -> Foretold:
    """The weeks ahead of a journey up to an instant. `policies`: those the service would have; the journey stays."""
    today = weeks_ahead(journey.with_events((), now), now, until)
    if journey.policy.version == policy.version or not adopts:
        return Foretold("has" if journey.policy.version == policy.version else "stays", today, today)
    event = taking_up(journey, policy, now, "what if", "what if")
    full = why_full(journey, [event])
    _, refused = judge(under(journey, policy, now), [event], now, policies)
    if full or refused:
        return Foretold("refuses", today, today, full or refused[0].reason)
    copy, decision = taken_up(journey, policy, now, event)
    return Foretold("adopts", today, weeks_ahead(copy, now, until, decision.actions))


def weeks_ahead(journey: Journey, now: datetime, until: datetime, at_once: Iterable[Action] = ()) -> WeeksAhead:
    """What lies ahead of a journey, which lives them: give a copy. `at_once`: what it was just decided to tell."""
    # Due on 2 December 2026 by the law and on 30 November by the procedure, looked at on 28 November: late from
    # 1 December, and past the law's day from 3 December. A child who is 18 on 1 December passes the one alone.
    rows = tuple(row for row in agenda(journey, now) if row.is_open)
    titles, messages = _titles(journey.policy), list(at_once)
    standing = _with_dates(journey)
    since = dict.fromkeys(standing, local_date(now))
    last = dict.fromkeys(standing, local_date(now))
    for at, decision in lived(journey, now, until):
        messages += decision.actions
        last |= dict.fromkeys(standing, local_date(at - MOMENT))
        standing = _with_dates(journey)
        since = dict.fromkeys(standing, local_date(at)) | since
    last |= dict.fromkeys(standing, local_date(until))
    steps = tuple(OpenStep(*step, day, last.get(step, day)) for step, day in since.items())
    return WeeksAhead(rows, steps, tuple(_telling(action, titles) for action in messages))


_Dated = tuple[str, int, str, Role, date, date | None]
"""Of an open step that is no forecast: obligation, number, title, owner, due, and the law's own day."""


def _with_dates(journey: Journey) -> list[_Dated]:
    if journey.ended:
        return []
    return [
        (*one.key, one.obligation.rule.title, one.obligation.rule.owner, one.due, _law(one))
        for one in journey.occurrences
        if one.open and not one.forecast
    ]


def _law(one: Occurrence) -> date | None:
    """The law's own day; None where no limit is the law's."""
    lawful = {row.clause for row in one.rows if row.statutory}
    own = [limit.due for limit in one.limits if limit.clause in lawful]
    if len(own) == len(one.limits):  # put off, as a final order alone may be (CA89 s32(5)): the law's day moves with it
        return one.due
    return min(own, default=None)


def _titles(policy: Policy) -> dict[str, str]:
    rules = {one.id: one.rule.title for one in policy.obligations}
    return rules | {notice.id: notice.title for notice in policy.notices}


def _telling(action: Action, titles: dict[str, str]) -> MessagePlanned:
    title = titles.get(action.obligation, action.obligation)
    return MessagePlanned(action.at, title, action.kind, action.rung, action.to, action.due)

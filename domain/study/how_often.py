"""How often each role would be told of each obligation in the weeks ahead, under the present policy and another.

Both lives are lived ahead on copies, by the same step as the running journey, as if nothing more were recorded: what is
counted is what the rules would say then, not what people will have done by then.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from domain.case.words import Role
from domain.clocks.actions import Action
from domain.clocks.rules import Policy
from domain.decision import Decision
from domain.journey import Journey
from domain.study.take_up import Change, foreseen, taken_up, taking_up
from domain.waking import next_change

WEEKS: Final = 4
"""How far ahead it is counted unless said otherwise (ours: a month, the pace of supervision)."""

Times = Mapping[tuple[Role, str], int]
"""How many times each role is told of each obligation or notice."""


@dataclass(frozen=True, slots=True)
class HowOften:
    """How often people are told in some weeks, by the present policy (`was`) and by another (`now`)."""

    was: Times = field(default_factory=dict)
    now: Times = field(default_factory=dict)

    @classmethod
    def together(cls, several: Iterable["HowOften"]) -> "HowOften":
        """Those of several journeys as one."""
        was: Counter[tuple[Role, str]] = Counter()
        now: Counter[tuple[Role, str]] = Counter()
        for one in several:
            was.update(one.was)
            now.update(one.now)
        return cls(was, now)

    @property
    def by_role(self) -> list[tuple[Role, int, int]]:
        """Of each role who is told anything: how often before and after."""
        roles = sorted({role for role, _ in self.was.keys() | self.now.keys()})
        return [(role, _of_role(self.was, role), _of_role(self.now, role)) for role in roles]

    @property
    def changed(self) -> list[tuple[Role, str, int, int]]:
        """Role, obligation, times before and after, of what changes; the greatest change first."""
        keys = self.was.keys() | self.now.keys()
        rows = [(*key, self.was.get(key, 0), self.now.get(key, 0)) for key in keys]
        return sorted((r for r in rows if r[2] != r[3]), key=lambda r: (-abs(r[3] - r[2]), r[0].value, r[1]))


@dataclass(frozen=True, slots=True)
class Foresight:
    """What adopting a policy would change in one journey: at once, and in the weeks ahead."""

    change: Change
    often: HowOften


def foresee(journey: Journey, policy: Policy, now: datetime, weeks: int = WEEKS) -> Foresight:
    """What adopting a policy now would change. The journey stays as it is."""
    event = taking_up(journey, policy, now, "preview", "preview")
    change = foreseen(journey, policy, now, event)
    return Foresight(change, how_often(journey, policy, now, now + timedelta(weeks=weeks)))


def _of_role(times: Times, role: Role) -> int:
    return sum(number for (whose, _), number in times.items() if whose is role)


def how_often(journey: Journey, policy: Policy, now: datetime, until: datetime) -> HowOften:
    """How often people would be told up to an instant if nothing more were recorded. The journey stays as it is."""
    # Due on 19 January 2026 and still open on the 27th: a ladder of 1, 5 and 10 working days has rung 3 on 2 February,
    # one of 1, 5 and 20 on the 16th. Of the week from the 27th on the service manager hears once, or not at all.
    adopting, at_once = taken_up(journey, policy, now, taking_up(journey, policy, now, "preview", "preview"))
    present = _told(journey.with_events((), now), now, until)
    return HowOften(_counted(present), _counted([*at_once.actions, *_told(adopting, now, until)]))


def lived(journey: Journey, now: datetime, until: datetime) -> Iterator[tuple[datetime, Decision]]:
    """Have a journey live up to an instant, that instant included, and nothing be recorded: each change as it comes."""
    while (change := next_change(journey, now)) is not None and change[0] <= until:
        now = change[0]
        yield now, journey.step(now)


def _told(journey: Journey, now: datetime, until: datetime) -> list[Action]:
    return [action for _, decision in lived(journey, now, until) for action in decision.actions]


def _counted(actions: Iterable[Action]) -> Counter[tuple[Role, str]]:
    return Counter((role, action.obligation) for action in actions for role in action.to)

"""A policy taken up by many journeys: each by an event of its own, and every open obligation accounted for.

Safe to begin again: the event's id follows from the journey, and a journey that has the policy already is passed by.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from temporalio.client import Client

from domain.agenda import agenda
from domain.case.calendar import local_date
from domain.clocks.rules import Policy
from domain.clocks.wording import in_words
from domain.policy.loading import PolicyFile
from domain.study.how_often import Foresight, foresee
from domain.study.take_up import Change, as_foreseen, compared, foreseen, taking_up
from journeys.bounded import Progress, bounded
from journeys.caseload import CaseloadRow, caseload
from journeys.no_journey import NoJourney
from journeys.sending import NotTaken, send_batch
from journeys.whole import Whole, whole_journey
from service.locate import NoService


class TakeUpStopped(RuntimeError):
    """The service cannot do what was foreseen, and no journey was touched; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the caseload: every condition given must hold."""

    children: tuple[str, ...] = ()
    team: str | None = None
    policy: str | None = None
    stage: str | None = None

    def holds(self, row: CaseloadRow) -> bool:
        """Whether a journey belongs to it."""
        wanted = ((self.team, row.team), (self.policy, row.policy), (self.stage, row.stage))
        return (not self.children or row.child in self.children) and all(w in (None, has) for w, has in wanted)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What became of one journey: the change seen and that foreseen, or why there is none."""

    child: str
    change: Change | None = None
    foreseen: Change | None = None
    refusal: str | None = None
    left: str | None = None
    """Why it could not be asked; it is as it was, or, where the answer did not come, may have the policy by now."""
    meanwhile: tuple[str, ...] = ()
    """Types of events that reached the journey between the two looks at it."""
    sent: int = 0
    """Messages that went at once."""

    @property
    def already(self) -> bool:
        """Whether it had the policy in this version before."""
        return self.change is None and self.refusal is None and self.left is None

    @property
    def problems(self) -> tuple[str, ...]:
        """What cannot be explained."""
        if self.change is None:
            return ()
        lost = tuple(
            f"{gone.was.obligation} ({gone.was.occurrence}), due {in_words(gone.was.due)}, is open no longer"
            for gone in self.change.unexplained
        )
        differs = self.foreseen is not None and not as_foreseen(self.foreseen, self.change) and not self.meanwhile
        return (*lost, *(["it stands otherwise than was foreseen"] if differs else []))


SILENT_AT_MOST: Final = 5
"""Journeys that are asked in vain before any has answered: then it is the service (ours: each takes a minute)."""
STANDS_STILL: Final = "its journey stands still; `permanence health` says what mends it"


class Left(NamedTuple):
    """A journey that could not be asked or changed, and why."""

    child: str
    why: str


async def chosen(client: Client, part: Part) -> list[CaseloadRow]:
    """The running journeys of a part of the caseload. Raises NoJourney naming children that have none."""
    rows = [row for row in await caseload(client) if part.holds(row)]
    missing = sorted(set(part.children) - {row.child for row in rows})
    if missing:
        raise NoJourney(
            missing[0], f"no running journey fits: {', '.join(missing)}; `permanence caseload` lists those there are"
        )
    return sorted(rows, key=lambda row: row.child)


async def others(client: Client, part: Part) -> Mapping[str, int]:
    """How many running journeys are not of a part of the caseload, by the policy they run on."""
    return Counter(row.policy or "none" for row in await caseload(client) if not part.holds(row))


async def preview_caseload(
    client: Client, rows: Sequence[CaseloadRow], policy: Policy, weeks: int, progress: Progress
) -> list[Foresight | Left]:
    """What adopting a policy would change in each journey, at once and in some weeks. Changes nothing."""

    async def one(row: CaseloadRow) -> Foresight | Left:
        if row.stuck == "failing":
            return Left(row.child, STANDS_STILL)
        try:
            whole = await whole_journey(client, row.child)
        except (NoJourney, NoService) as silent:
            return Left(row.child, str(silent))
        return foresee(whole.journey, policy, whole.now, weeks)

    seen = await bounded([partial(one, row) for row in rows], progress)
    silent = [each.why for each in seen if isinstance(each, Left) and each.why != STANDS_STILL]
    if silent and len(silent) == len(seen):
        raise NoService(f"no journey could be looked at; of the first: {silent[0]}")
    return seen


async def adopt(
    client: Client,
    rows: Sequence[CaseloadRow],
    file: PolicyFile,
    policy: Policy,
    by: str,
    reason: str,
    progress: Progress,
) -> list[TakenUp]:
    """Have each journey adopt a policy, and look at every one before and after.

    The first that has not got it goes alone; one that gives no answer is left. Raises TakeUpStopped if the service
    knows the policy otherwise than it is given here, or if it is not yet in force, and NoService where none of the
    first answers.
    """
    done = [TakenUp(row.child, left=STANDS_STILL) for row in rows if row.stuck == "failing"]
    waiting = [row for row in rows if row.stuck != "failing"]
    while waiting and (not done or done[-1].already or done[-1].left):
        done.append(await _adopt_or_leave(client, waiting.pop(0).child, file, policy, by, reason))
        progress(len(done), len(rows))
        _stop_unless_known(done[-1], policy)
        _stop_unless_answered(done, last=not waiting)
    count = len(done)
    rest = await bounded(
        [partial(_adopt_or_leave, client, row.child, file, policy, by, reason) for row in waiting],
        lambda now, _: progress(count + now, len(rows)),
    )
    return done + rest


def _stop_unless_answered(done: Sequence[TakenUp], *, last: bool) -> None:
    """Stop where it is the service that gives no answer, and not a journey."""
    asked = [one for one in done if one.left != STANDS_STILL]
    if all(one.left for one in asked) and (last or len(asked) >= SILENT_AT_MOST):
        raise NoService(f"no journey answered; of the first: {asked[0].left}")


async def _adopt_or_leave(
    client: Client, child: str, file: PolicyFile, policy: Policy, by: str, reason: str
) -> TakenUp:
    """One of many: where it gives no answer it is left, and the others go on."""
    try:
        return await adopt_one(client, child, file, policy, by, reason)
    except (NoJourney, NoService, NotTaken) as silent:
        return TakenUp(child, left=str(silent))


async def adopt_one(client: Client, child: str, file: PolicyFile, policy: Policy, by: str, reason: str) -> TakenUp:
    """Have one journey adopt a policy. Raises TakeUpStopped where the policy is not yet in force."""
    before = await whole_journey(client, child)
    if before.journey.policy.version == policy.version:
        return TakenUp(child)
    _stop_unless_in_force(file, before)
    event = taking_up(before.journey, policy, before.now, by, reason)
    expected = foreseen(before.journey, policy, before.now, event)
    reply = await send_batch(client, child, [event])
    if reply.refusal:
        return TakenUp(child, refusal=reply.refusal)
    after = await whole_journey(client, child)
    rows_before = agenda(before.journey, before.now)
    change = compared(before.journey, rows_before, after.journey.policy, agenda(after.journey, after.now))
    meanwhile = [
        known.event.type
        for known in after.journey.known.values()
        if known.event.id not in before.journey.known and known.event.id != event.id
    ]
    sent = reply.answer.sent if reply.answer else 0
    return TakenUp(child, change, expected, meanwhile=tuple(meanwhile), sent=sent)


def _stop_unless_in_force(file: PolicyFile, whole: Whole) -> None:
    if local_date(whole.now) < file.effective_from:
        raise TakeUpStopped(
            f"{file.id} version {file.version} is in force from {in_words(file.effective_from)}; adopt it from that "
            "day on (`permanence policy preview` shows today what it will change)"
        )


def _stop_unless_known(first: TakenUp, policy: Policy) -> None:
    """Stop where the service does not know the policy, or knows another version of it."""
    if first.refusal and (f"{policy.id!r} is unknown" in first.refusal or "version: " in first.refusal):
        raise TakeUpStopped(
            f"the service does not have {policy.version}; no journey was touched. It said: {first.refusal}. "
            "Workers read policy files when they start: put the file into the service's folder (PERMANENCE_POLICIES) "
            "and start it again"
        )

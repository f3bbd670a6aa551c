"""What to do next about telling one person one thing: decided from what was tried, and how the channels stand.

Pure: attempts, addresses and the instant in, one step out. `telling` takes the step and asks again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from delivery.channels.channel import FAULT, AfterDoubt
from delivery.channels.registry import ChannelName
from delivery.ledger import Attempt, ChannelState
from delivery.people import Recipient
from delivery.references import address_hash
from delivery.settings import DeliverySettings

STRUCK = frozenset({"refused", "bounced", "gave_up"})
"""Outcomes after which an address is not tried again for the same thing."""

FAULTS_AT_MOST = 3
"""Attempts at an address that an error of our own may end (ours: at once, after one minute and two more; what is
the same the third time is not mended by a fourth, and the next address should hear of it within minutes)."""


@dataclass(frozen=True, slots=True)
class Try:
    """Send it now."""

    channel: ChannelName
    address: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Clear:
    """Find out, or decide, what became of an attempt that left a doubt."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop trying an address that has said `later` for too long, or at which an error of ours comes each time."""

    channel: ChannelName
    address: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before an instant."""

    until: datetime
    why: str
    for_channel: bool = False
    """Whether the channel is what is waited for, and not the address."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do: it is sent, or stays uncertain."""

    state: Literal["sent", "uncertain"]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No address of theirs takes it."""


Step = Try | Clear | GiveUp | Wait | Done | Unreachable


@dataclass(frozen=True, slots=True)
class Router:
    """How people are reached here: the channels switched on, in order, how they stand, and how long to be patient."""

    after_doubt: Mapping[ChannelName, AfterDoubt]
    """The channels switched on, in order of preference, and what each does about a doubt."""
    patience: DeliverySettings
    states: Mapping[str, ChannelState] = field(default_factory=dict)

    def next_step(self, recipient: Recipient, attempts: Sequence[Attempt], now: datetime) -> Step:
        """What to do next, after these attempts to tell this person this thing."""
        wanted = self._wanted(recipient)
        steps = [self._by_channel(channel, recipient, attempts, now) for channel in wanted]
        spare = (c for c in self.after_doubt if c not in wanted and recipient.entry.addresses(c))
        steps += self._by_spare(steps, [self._by_channel(c, recipient, attempts, now) for c in spare], wanted, now)
        return _first(steps)

    def _wanted(self, recipient: Recipient) -> list[ChannelName]:
        """The channels a person is told by: those they chose, or the first that has an address of theirs."""
        usable = [channel for channel in self.after_doubt if recipient.entry.addresses(channel)]
        return [channel for channel in usable if channel in recipient.entry.channels] or usable[:1]

    def _by_spare(
        self, steps: list[Step], spare: list[Step], wanted: list[ChannelName], now: datetime
    ) -> Iterator[Step]:
        """Other channels come in where none of those wanted reaches anybody, or is long in trouble."""
        if any(isinstance(step, Done) for step in spare):
            steps[:] = [step for step in steps if not (isinstance(step, Wait) and step.for_channel)]
            yield from spare
        elif all(isinstance(step, Unreachable) for step in steps):
            yield from spare
        elif all(isinstance(step, Wait) and step.for_channel for step in steps) and self._long_in_trouble(wanted, now):
            yield from (step for step in spare if isinstance(step, Try | Clear))

    def _long_in_trouble(self, channels: list[ChannelName], now: datetime) -> bool:
        since = [self.states[channel].since for channel in channels]
        return all(now - begun >= self.patience.other_channel_after for begun in since)

    def _by_channel(
        self, channel: ChannelName, recipient: Recipient, attempts: Sequence[Attempt], now: datetime
    ) -> Step:
        every = [a for a in attempts if a.channel == channel]
        log = _since_asked_again(every)
        settled = self._settled(channel, log, now)
        if settled is not None:
            return settled
        struck = {a.address for a in log if a.outcome in STRUCK}
        for address in recipient.entry.addresses(channel):
            known_as = address_hash(address)
            if known_as not in struck:
                later = [a for a in log if a.address == known_as and a.outcome == "retry"]
                return self._by_address(Try(channel, address, len(every) + 1), later, now)
        return Unreachable()

    def _settled(self, channel: ChannelName, log: Sequence[Attempt], now: datetime) -> Step | None:
        """What earlier attempts by a channel leave to do, if that comes before a new one."""
        if any(a.outcome == "sent" for a in log):
            return Done("sent")
        for attempt in log:
            if attempt.outcome == "begun":
                return Clear(attempt)
            if attempt.outcome == "uncertain":
                if self.after_doubt[channel] == "leave" or self._asked_in_vain(attempt, now):
                    return Done("uncertain")
                asked_from = (attempt.ended or attempt.began) + self.patience.first_wait
                return Clear(attempt) if asked_from <= now else Wait(asked_from, attempt.words or "in doubt")
        return None

    def _asked_in_vain(self, attempt: Attempt, now: datetime) -> bool:
        """Whether an error of ours has kept us from asking a provider for so long that a person must look."""
        fault = (attempt.error or "").startswith(FAULT)
        return fault and now - attempt.began >= self.patience.give_up_after

    def _by_address(self, attempt: Try, later: Sequence[Attempt], now: datetime) -> Step:
        if later:
            faults = sum((a.error or "").startswith(FAULT) for a in later)
            if faults >= FAULTS_AT_MOST or now - later[0].began >= self.patience.give_up_after:
                return GiveUp(attempt.channel, attempt.address, attempt.attempt)
            until = (later[-1].ended or later[-1].began) + self._pause(len(later))
            if until > now:
                return Wait(until, later[-1].words or "later")
        state = self.states.get(attempt.channel)
        if state is not None and state.state != "up" and state.next_try is not None and state.next_try > now:
            return Wait(state.next_try, state.words or state.state, for_channel=True)
        return attempt

    def _pause(self, tried: int) -> timedelta:
        return pause(self.patience.first_wait, self.patience.longest_wait, tried)


def _since_asked_again(log: Sequence[Attempt]) -> Sequence[Attempt]:
    """The attempts after a person last asked for it to be tried again."""
    asked = [place for place, attempt in enumerate(log, 1) if attempt.outcome == "again"]
    return log[asked[-1] :] if asked else log


def pause(first: timedelta, longest: timedelta, tried: int) -> timedelta:
    """How long to wait after so many failures: twice as long each time, up to the longest."""
    return min(first * float(2 ** min(tried - 1, 30)), longest)


def _first(steps: Sequence[Step]) -> Step:
    """Of the steps that the channels call for: what can be done now, then what is waited for, then the end."""
    for kind in (Clear, Try, GiveUp):
        for step in steps:
            if isinstance(step, kind):
                return step
    waits = [step for step in steps if isinstance(step, Wait)]
    if waits:
        return min(waits, key=lambda wait: wait.until)
    done = [step for step in steps if isinstance(step, Done)]
    sent = [step for step in done if step.state == "sent"]
    return next(iter([*sent, *done]), Unreachable())

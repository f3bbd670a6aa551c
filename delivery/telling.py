"""Telling one person one thing: each attempt on record before it can have an effect, and its outcome after.

`tell` may be called again and again, by whichever worker, after whatever crash: it goes on where the ledger stands.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import structlog

from delivery.addresses import AddressInvalid, within
from delivery.channels.channel import (
    AddressRefused,
    Askable,
    Channel,
    ChannelDown,
    ChannelStopped,
    Fault,
    NotNow,
    NotSent,
    Parcel,
    Unsure,
)
from delivery.channels.kind import ChannelKind
from delivery.channels.registry import MAIL, ChannelName, kind_of
from delivery.ledger import Attempt, CarriedLine, ChannelState, Ledger, TriedAlready
from delivery.message import Written
from delivery.people import Recipient
from delivery.references import address_hash, delivery_id, delivery_key
from delivery.routing import Clear, Done, GiveUp, Router, Try, Unreachable, Wait, pause
from delivery.settings import DeliverySettings
from delivery.writing import TemplateRefused
from record.delivery_tables import Outcome
from record.failures import RecordUnavailable

log: structlog.stdlib.BoundLogger = structlog.get_logger()
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The instant it is."""
    return datetime.now(UTC)


OUTCOMES: Mapping[type[NotSent], Outcome] = {
    AddressRefused: "refused",
    NotNow: "retry",
    Fault: "retry",
    ChannelDown: "down",
    ChannelStopped: "down",
    Unsure: "uncertain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What is to be told. `about` and a person make it unrepeatable."""

    about: str
    reference: str
    write: Callable[[Recipient, datetime], Written]
    """Its words for somebody, at the instant it is written."""
    child: str | None = None
    action_key: str | None = None
    role: str | None = None
    at: datetime | None = None
    held: str = ""
    """Which digest they read it in, in words; empty where they are told at once."""
    lines: tuple[CarriedLine, ...] = ()
    """What it tells of which children, where it is a message of many."""


@dataclass(frozen=True, slots=True)
class Told:
    """How telling somebody stands. `waiting` goes on at `until`."""

    state: Literal["sent", "uncertain", "held", "waiting", "unreachable"]
    until: datetime | None = None
    why: str | None = None


@dataclass
class Telling:
    """Tells people by the channels switched on. Safe to share among threads."""

    ledger: Ledger
    channels: Mapping[ChannelName, Channel]
    settings: DeliverySettings
    clock: Clock
    states: dict[str, ChannelState] = field(default_factory=dict)

    def look_at_channels(self) -> None:
        """Have before us how the channels stand, as every worker found them."""
        self.states = self.ledger.channels()

    def open_at(self) -> datetime | None:
        """When the first channel may be tried again, if all of them are in trouble; None: at once."""
        troubled = [self.states[name] for name in self.channels if self._in_trouble(name)]
        if len(troubled) < len(self.channels):
            return None
        return min((state.next_try for state in troubled if state.next_try), default=None)

    def tell(self, recipient: Recipient, thing: Thing) -> Told:
        """Go as far as can be gone now."""
        attempts = self.ledger.of_deliveries(
            delivery_key(thing.about, recipient.key, channel) for channel in (*self.channels, HELD)
        )
        if thing.held and not attempts:
            self._note(recipient, thing, HELD, None, 1, "held", thing.held)
            return Told("held")
        if attempts and thing.role and thing.role not in {attempt.role for attempt in attempts}:
            self.ledger.also(attempts[0], thing.role)
        outcomes = {attempt.outcome for attempt in attempts}
        if outcomes & {"held", "digested"}:
            return Told("held" if "held" in outcomes else "sent")
        try:
            return self._go_on(recipient, thing, attempts)
        except TriedAlready:
            return Told("waiting", self.clock() + self.settings.lease, "another worker is at it")

    def _go_on(self, recipient: Recipient, thing: Thing, attempts: Sequence[Attempt]) -> Told:
        while True:
            step = self._router().next_step(recipient, attempts, self.clock())
            match step:
                case Done():
                    return Told(step.state)
                case Unreachable():
                    return Told("unreachable")
                case Wait():
                    return Told("waiting", step.until, step.why)
                case Clear():
                    attempts = _with(attempts, self._clear(step.attempt))
                case GiveUp():
                    given_up = self._note(recipient, thing, step.channel, step.address, step.attempt, "gave_up")
                    attempts = _with(attempts, given_up)
                case Try():
                    tried = self._try(recipient, thing, step)
                    attempts = _with(attempts, tried) if tried else attempts

    def note_superseded(self, recipient: Recipient, thing: Thing, why: str) -> None:
        """Write down that somebody was not told, since it is no longer so."""
        with suppress(TriedAlready):  # they hold two of the roles, and it is noted for the other
            self._note(recipient, thing, HELD, None, 1, "superseded", why)

    # One attempt

    def _try(self, recipient: Recipient, thing: Thing, step: Try) -> Attempt | None:
        """Send it by a channel to an address, and write down what became of it. Raises TriedAlready.

        None where the channel was in trouble before anything was sent: that is noted of the channel, once for all.
        """
        channel = self.channels[step.channel]
        begun = self._attempt(recipient, thing, step.channel, step.address, step.attempt, "begun")
        on_record = False

        def before() -> None:
            nonlocal on_record
            self.ledger.write(begun, lines=thing.lines)
            on_record = True

        try:
            provider = channel.send(self._parcel(recipient, thing, begun, step.address), before)
        except (RecordUnavailable, TriedAlready):
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, this message goes on to the next address)
            failure = _failure(error, on_record=on_record)
            ended = replace(
                begun, outcome=OUTCOMES[type(failure)], ended=self.clock(), error=failure.error, words=failure.words
            )
            self._note_trouble(step.channel, failure)
        else:
            ended = replace(begun, outcome="sent", ended=self.clock(), provider=provider)
            self._note_up(step.channel)
        if on_record:
            self.ledger.end(ended)
        elif ended.outcome == "down":
            return None
        else:
            self.ledger.write(ended, lines=thing.lines)
        _say(ended)
        return ended

    def _parcel(self, recipient: Recipient, thing: Thing, begun: Attempt, address: str) -> Parcel:
        """A message in words, to an address that is checked once more. Raises AddressRefused."""
        checked = self._checked(kind_of(begun.channel), address)
        return Parcel(delivery_id(begun.delivery), checked, thing.write(recipient, begun.began))

    def _checked(self, kind: ChannelKind, address: str) -> str:
        try:
            checked = kind.check(address)
        except AddressInvalid as invalid:
            raise AddressRefused("address", str(invalid)) from None
        if kind.field == MAIL and not within(checked, self.settings.mail_domains):
            raise AddressRefused("elsewhere", "mail may not go to this domain (PERMANENCE_DELIVERY_MAIL_DOMAINS)")
        return checked

    def _clear(self, attempt: Attempt) -> Attempt:
        """What is to be thought of an attempt whose end is not known."""
        channel = next(c for name, c in self.channels.items() if name == attempt.channel)
        now = self.clock()
        cleared = replace(attempt, outcome="retry", ended=now, error="in_doubt", words="sent again after a doubt")
        if channel.after_doubt == "leave":
            words = "the worker ended while it was sent, and nobody can be asked"
            cleared = replace(attempt, outcome="uncertain", ended=now, error="in_doubt", words=words)
        elif isinstance(channel, Askable):
            try:
                found = channel.find(delivery_id(attempt.delivery))
            except Exception as error:  # noqa: BLE001 (whatever it is, it stays a doubt of this message alone)
                failure = _failure(error, on_record=True)
                self._note_trouble(channel.name, failure)
                # It stays in doubt until the provider answers.
                cleared = replace(attempt, outcome="uncertain", ended=now, error=failure.error, words=failure.words)
            else:
                if found is not None:
                    cleared = replace(attempt, outcome="sent", ended=now, provider=found, error=None, words=None)
        self.ledger.end(cleared)
        _say(cleared)
        return cleared

    def _note(
        self,
        recipient: Recipient,
        thing: Thing,
        channel: str,
        address: str | None,
        number: int,
        outcome: Outcome,
        words: str | None = None,
    ) -> Attempt:
        """Write down an outcome that needs no attempt."""
        noted = replace(self._attempt(recipient, thing, channel, address, number, outcome), words=words)
        self.ledger.write(replace(noted, ended=noted.began), lines=thing.lines)
        _say(noted)
        return noted

    def _attempt(
        self, recipient: Recipient, thing: Thing, channel: str, address: str | None, number: int, outcome: Outcome
    ) -> Attempt:
        return Attempt(
            delivery=delivery_key(thing.about, recipient.key, channel),
            attempt=number,
            child=thing.child,
            action_key=thing.action_key,
            role=thing.role,
            person=recipient.key,
            via=recipient.via,
            channel=channel,
            address=address and address_hash(address),
            reference=thing.reference,
            outcome=outcome,
            at=thing.at,
            began=self.clock(),
        )

    # Channels

    def _router(self) -> Router:
        after_doubt = {name: channel.after_doubt for name, channel in self.channels.items()}
        return Router(after_doubt, self.settings, self.states)

    def _in_trouble(self, channel: str) -> bool:
        state = self.states.get(channel)
        return bool(state and state.state != "up" and state.next_try and state.next_try > self.clock())

    def _note_trouble(self, channel: ChannelName, failure: NotSent) -> None:
        """A channel that is down is tried again before long, one that a person must mend after longer."""
        if not isinstance(failure, ChannelDown | ChannelStopped):
            return
        if self._in_trouble(channel):
            return  # another message found it at the same moment
        now, before = self.clock(), self.states.get(channel)
        was_up = before is None or before.state == "up"
        failures = 1 if before is None or was_up else before.failures + 1
        wait = pause(self.settings.channel_probe, self.settings.channel_longest_probe, failures)
        stopped = isinstance(failure, ChannelStopped)
        state = ChannelState(
            channel,
            "stopped" if stopped else "down",
            now if before is None or was_up else before.since,
            failures,
            now + (self.settings.stopped_probe if stopped else wait),
            failure.error,
            failure.words,
        )
        self._set_state(state)
        log.warning("channel_trouble", channel=channel, state=state.state, error=failure.error, failures=failures)

    def _note_up(self, channel: ChannelName) -> None:
        before = self.states.get(channel)
        if before is not None and before.state != "up":
            self._set_state(ChannelState(channel, "up", self.clock()))
            log.info("channel_up", channel=channel)

    def _set_state(self, state: ChannelState) -> None:
        self.ledger.set_channel(state)
        self.states = {**self.states, state.channel: state}


def _failure(error: Exception, *, on_record: bool) -> NotSent:
    """What an error stands for: one of ours leaves a doubt if it came when something may have gone already."""
    if isinstance(error, NotSent):
        return error
    fault = Fault(error, str(error) if isinstance(error, TemplateRefused) else None)
    log.error("delivery_fault", error=fault.error, at=_where(error))
    return Unsure(fault.error, fault.words) if on_record else fault


def _where(error: Exception) -> str:
    """Where an error came from, by file and line; its text may hold what a case says."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


HELD = "-"
"""In the place of a channel where nothing is sent."""


def _with(attempts: Sequence[Attempt], changed: Attempt) -> list[Attempt]:
    """The attempts with one that is new, or stands otherwise now."""
    others = [a for a in attempts if (a.delivery, a.attempt) != (changed.delivery, changed.attempt)]
    return sorted([*others, changed], key=lambda a: (a.delivery, a.attempt))


def _say(attempt: Attempt) -> None:
    log.info(
        "delivery",
        outcome=attempt.outcome,
        child=attempt.child,
        role=attempt.role,
        person=attempt.person,
        via=attempt.via,
        channel=attempt.channel,
        attempt=attempt.attempt,
        reference=attempt.reference,
        error=attempt.error,
    )

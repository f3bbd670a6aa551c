"""What a provider took and could not deliver: it counts as not told, and goes to the next address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from delivery.channels.channel import Channel, NotSent
from delivery.ledger import Attempt, Ledger
from delivery.loads import ABOUT
from delivery.outbox import part_reopened, reopened

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bounces:
    """Takes bounces into a ledger, and has what they were about told again."""

    ledger: Ledger

    def ask(self, channels: Iterable[Channel], now: datetime) -> int:
        """Ask the channels that can say it what never arrived; how many bounces are new."""
        new = 0
        for channel in channels:
            try:
                states = channel.never_arrived()
            except NotSent:
                continue  # the next message finds out what is wrong with the channel
            except Exception as error:  # noqa: BLE001 (an answer nobody foresaw must not keep messages from going)
                log.error("bounces_not_asked", channel=channel.name, error=type(error).__name__)
                continue
            new += self.take(self.ledger.of_provider(channel.name, states), states, now)
        return new

    def take(self, attempts: Iterable[Attempt], states: Mapping[str, str], now: datetime) -> int:
        """Note that attempts which had been sent came back, by the provider's words for each; how many were sent."""
        sent = [attempt for attempt in attempts if attempt.outcome == "sent"]
        for attempt in sent:
            error = states.get(attempt.provider or "", "bounced")
            words = f"it was taken, and could not be delivered ({error})"
            self._end(replace(attempt, outcome="bounced", ended=now, error=error, words=words), words)
            log.warning("bounced", child=attempt.child, person=attempt.person, reference=attempt.reference, error=error)
        return len(sent)

    def _end(self, bounced: Attempt, why: str) -> None:
        """Have what came back told another way: a message by itself, a summary as a summary, of a digest each thing."""
        if bounced.child and bounced.action_key:
            self.ledger.end(bounced, reopened(bounced.child, bounced.action_key, why))
        elif bounced.delivery.startswith(ABOUT):
            self.ledger.end(bounced, part_reopened(bounced.delivery.removeprefix(ABOUT).rsplit("/", 3)[0], why))
        else:
            self._release(bounced, why)  # first: as long as the digest counts as sent, the next pass does what is left
            self.ledger.end(bounced)

    def _release(self, digest: Attempt, why: str) -> None:
        """Have each thing that was read in a digest told by itself; what has been released is not released again."""
        stood = {line[:2] for line in self.ledger.carried([digest.delivery])}
        for one in self.ledger.of_person(digest.person, "digested"):
            if one.child and one.action_key and (one.child, one.action_key) in stood:
                self.ledger.end(replace(one, outcome="released", words=why), reopened(one.child, one.action_key, why))

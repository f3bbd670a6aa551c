"""What a person asks of the outbox: to try again, or to take it that something came back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine

from delivery.bounces import Bounces
from delivery.ledger import Attempt, Ledger
from delivery.loads import ABOUT, Loads
from delivery.outbox import Outbox
from delivery.routing import STRUCK


def try_again(engine: Engine, now: datetime, *, child: str | None, by: str) -> int:
    """Have all that is not sent tried anew, at every address, and every channel at once; how many rows.

    What was to stand in the summary of a load is tried as a summary, with all that is stuck of it: of a child alone it
    would be a message for each line.
    What is uncertain is sent a second time then: only a person may decide so, and the chain says who.
    """
    ledger, outbox, loads = Ledger(engine), Outbox(engine), Loads(engine)
    for state in ledger.channels().values():
        if state.state != "up":
            ledger.set_channel(state._replace(next_try=now))
    reopened = sum(_summary_again(ledger, loads, part, stood, now, by) for part, stood in loads.stuck(child).items())
    for row in [*outbox.rows(child, "failed"), *outbox.rows(child, "uncertain")]:
        attempts = [one for one in ledger.of_child(row.child) if one.action_key == row.action.key]
        for last in _stuck(attempts):
            ledger.write(_asked(last, now), by=by)
    return reopened + outbox.again(child)


def _summary_again(ledger: Ledger, loads: Loads, part: str, stood: set[tuple[str, str]], now: datetime, by: str) -> int:
    """Have the summary of a load tried anew for those it did not reach; how many rows.

    Whom it has reached, by themselves or by who stands in for them, is told no more.
    """
    readers: dict[str, list[Attempt]] = {}
    for one in ledger.of_things(f"{ABOUT}{part}/"):
        readers.setdefault(one.delivery.rsplit("/", 2)[0], []).append(one)
    for attempts in readers.values():
        if not any(one.outcome == "sent" for one in attempts):
            for last in _stuck(attempts):
                lines = [line for line in ledger.carried([last.delivery]) if line[:2] in stood]
                if lines:
                    ledger.write(_asked(last, now), by=by, lines=lines)
    return loads.again(part)


def bounced(ledger: Ledger, reference: str, person: str | None, now: datetime) -> int:
    """Take it that what carried a reference came back, to one person or to all it went to; how many were sent."""
    attempts = [one for one in ledger.of_reference(reference) if person in (None, one.person)]
    return Bounces(ledger).take(attempts, {}, now)


def _asked(last: Attempt, now: datetime) -> Attempt:
    """What says that a person asked for a delivery to be tried again, after its last attempt."""
    return replace(
        last,
        attempt=last.attempt + 1,
        outcome="again",
        began=now,
        ended=now,
        provider=None,
        error=None,
        words="a person asked for it to be tried again",
    )


def _stuck(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The last attempt of each delivery that did not get through."""
    last: dict[str, Attempt] = {}
    for one in attempts:
        last[one.delivery] = one
    return [one for one in last.values() if one.outcome in STRUCK or one.outcome == "uncertain"]

"""What a person asks of the outbox: to try again, or to take it that something came back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from delivery.bounces import Bounces
from delivery.ledger import Attempt, Ledger
from delivery.outbox import Outbox
from delivery.routing import STRUCK


def try_again(ledger: Ledger, outbox: Outbox, now: datetime, *, child: str | None, by: str) -> int:
    """Have all that is not sent tried anew, at every address, and every channel at once; how many rows.

    What is uncertain is sent a second time then: only a person may decide so, and the chain says who.
    """
    for state in ledger.channels().values():
        if state.state != "up":
            ledger.set_channel(state._replace(next_try=now))
    for row in [*outbox.rows(child, "failed"), *outbox.rows(child, "uncertain")]:
        attempts = [one for one in ledger.of_child(row.child) if one.action_key == row.action.key]
        for last in _stuck(attempts):
            asked = replace(
                last, attempt=last.attempt + 1, outcome="again", began=now, ended=now, provider=None, error=None
            )
            ledger.write(replace(asked, words="a person asked for it to be tried again"), by=by)
    return outbox.again(child)


def bounced(ledger: Ledger, outbox: Outbox, reference: str, person: str | None, now: datetime) -> int:
    """Take it that what carried a reference came back, to one person or to all it went to; how many were sent."""
    attempts = [one for one in ledger.of_reference(reference) if person in (None, one.person)]
    return Bounces(ledger, outbox).take(attempts, {}, now)


def _stuck(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The last attempt of each delivery that did not get through."""
    last: dict[str, Attempt] = {}
    for one in attempts:
        last[one.delivery] = one
    return [one for one in last.values() if one.outcome in STRUCK or one.outcome == "uncertain"]

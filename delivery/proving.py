"""The daily proof as a message: to one reader, who is named for it, in words that say that nothing is to be done."""

from datetime import datetime
from typing import Final

from delivery.message import Written
from delivery.people import People, Recipient
from delivery.references import reference_of
from delivery.telling import Thing
from domain.case.events import LONDON
from domain.clocks.actions import Action
from record.tables import PROOF

NOBODY_NAMED: Final = "nobody is named to read it (PERMANENCE_DELIVERY_PROOF): proved as far as the outbox"
NO_CHANNEL: Final = "no channel is switched on (PERMANENCE_DELIVERY_CHANNELS): proved as far as the outbox"
NO_READER: Final = (
    "PERMANENCE_DELIVERY_PROOF names nobody; accepted: a key of the directory, or an address like name@example.org"
)

TEXT: Final = """This is the daily proof of the permanence service.

A timer was due at {due}. It fired, was written into the case record, and came
to you at {now} by the same way as every reminder. Nothing is to be done.

If a day passes without this message, the service may no longer remind
anybody: see the runbook, "ProofOld" (docs/runbook.md).

Reference {reference}
"""


def proof_reader(named: str, people: People) -> Recipient | None:
    """Who reads the proof; None if the name stands for nobody."""
    key, entry = people.who_is(named)
    return Recipient(key, "self", entry) if entry else None


def proof_thing(action: Action) -> Thing:
    """The proof as something to tell."""
    reference = reference_of(PROOF, action.key)

    def write(_reader: Recipient, now: datetime) -> Written:
        text = TEXT.format(due=_clock(action.at), now=_clock(now), reference=reference)
        facts = {"reference": reference, "text": text}
        return Written("proof", f"Permanence: the daily proof ({reference})", text, facts)

    return Thing(
        about=f"{PROOF}/{action.key}",
        reference=reference,
        write=write,
        child=PROOF,
        action_key=action.key,
        role=action.to[0].value,
        at=action.at,
    )


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(LONDON):%H:%M:%S on %d/%m/%Y}"

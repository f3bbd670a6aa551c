"""The tables of delivery: each attempt to tell somebody something, and how each channel stands.

The queue is the table `outbox` (record/tables.py). A person is a key of the directory; an address stands here as a
hash only, enough to know which of a person's addresses has been tried.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from record.tables import Table

Outcome = Literal[
    "begun",
    "sent",
    "retry",
    "down",
    "refused",
    "bounced",
    "gave_up",
    "uncertain",
    "held",
    "digested",
    "released",
    "superseded",
    "again",
]
"""What became of an attempt.

`begun` is written before the network is used: if it stays, its worker died and nobody knows. `sent`: a channel has
it. `retry`: this address not now, perhaps later. `down`: the channel itself could not. `refused`, `bounced`: this
address takes nothing, at once or afterwards. `gave_up`: it said `later` for too long. `uncertain`: it may or may not
have arrived, and the channel cannot tell. `held`: this person reads it in a digest, and `digested`: did;
`released`: does not after all, and it goes its way.
`superseded`: it was no longer true when it could go. `again`: a person asked for it to be tried again.
"""

Via = Literal["holder", "team", "cover", "successor", "fallback", "copy", "self"]
"""How somebody came to be told: holds the role, is of the team that does, covers for or has followed who does, is
told where nobody else can be, is told everything, or asked for it (a digest)."""


class AttemptRow(Table):
    """One attempt to tell one person one thing by one channel. Of a delivery, attempts count 1, 2, ...

    `at` is the nominal instant of the action. `error` is a class that decides, `words` say it to people; neither
    holds anything personal.
    """

    __tablename__ = "delivery_attempts"
    __table_args__ = (
        UniqueConstraint("delivery", "attempt"),
        Index(None, "child", "action_key"),
        Index(None, "child", "outcome", "ended"),
        Index(None, "person", "outcome"),
        Index(None, "outcome"),
        Index(None, "reference"),
    )
    delivery: Mapped[str]
    """The idempotency key: what is told (child and action, a digest and its day, a part of a load), person, channel."""
    attempt: Mapped[int]
    child: Mapped[str | None]
    action_key: Mapped[str | None]
    """With `child` the action told; both are None for a digest or summary, which is of many: its lines have them."""
    role: Mapped[str | None]
    person: Mapped[str]
    via: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str | None]
    reference: Mapped[str]
    """What a person types to acknowledge: one for each action, whoever was told (delivery/references.py)."""
    outcome: Mapped[str]
    at: Mapped[datetime | None]
    began: Mapped[datetime]
    ended: Mapped[datetime | None]
    provider: Mapped[str | None]
    """The provider's own reference of the message: a Message-ID, Notify's id."""
    error: Mapped[str | None]
    words: Mapped[str | None]


class LineRow(Table):
    """A line of a message of many: of which child, which action and which role it spoke there.

    A digest or the summary of a load is an attempt without a child; its lines are written with the attempt, before it
    can have an effect, so that what may have gone is known by child whatever dies in between. Also a role for which
    somebody was told already as the holder of another: then `delivery` is that message's, which has a child itself.
    """

    __tablename__ = "delivery_lines"
    identity = ("delivery", "attempt", "child", "action_key", "role")
    __table_args__ = (UniqueConstraint(*identity, name="uq_delivery_lines"), Index(None, "child", "action_key"))
    delivery: Mapped[str]
    attempt: Mapped[int]
    child: Mapped[str]
    action_key: Mapped[str]
    role: Mapped[str]
    person: Mapped[str]


class ChannelRow(Table):
    """How a channel stands, as the workers found it: `up`, `down` until `next_try`, or `stopped` until mended."""

    __tablename__ = "delivery_channels"
    __table_args__ = (UniqueConstraint("channel"),)
    channel: Mapped[str]
    state: Mapped[str]
    since: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    """Failures in a row: each makes the next wait longer."""
    next_try: Mapped[datetime | None]
    error: Mapped[str | None]
    words: Mapped[str | None]

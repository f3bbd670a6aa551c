"""The tables of the chain: one entry for each thing written about a child, and where each child's chain ends."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from record.tables import Table


class ChainRow(Table):
    """An entry of a child's chain. Entries count 1, 2, ... for each child.

    `ref` names a row that never changes, by its identity in the table that `kind` stands for (record/chain.py), or,
    where the entry keeps its `content` itself, whatever it is about. `digest` is the hash of the row or content.
    `by` is who did it, as told; `credential` what they, or the system they used, proved themselves with.
    """

    __tablename__ = "chain"
    __table_args__ = (UniqueConstraint("child", "position"),)
    child: Mapped[str]
    position: Mapped[int]
    kind: Mapped[str]
    ref: Mapped[str]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    digest: Mapped[str]
    by: Mapped[str | None]
    credential: Mapped[str | None]
    at: Mapped[datetime]
    previous: Mapped[str]
    hash: Mapped[str]


class HeadRow(Table):
    """Where a child's chain ends: so that entries missing at its end are missed, and one writer adds at a time."""

    __tablename__ = "chain_heads"
    __table_args__ = (UniqueConstraint("child"),)
    child: Mapped[str]
    position: Mapped[int]
    hash: Mapped[str]

"""The table that is written only to see whether the record can be written."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from record.tables import Table


class ReadinessRow(Table):
    """When it was last tried. One row, written anew each time."""

    __tablename__ = "readiness"
    identity = ("question",)
    __table_args__ = (UniqueConstraint(*identity),)
    question: Mapped[str]
    answered_at: Mapped[datetime]

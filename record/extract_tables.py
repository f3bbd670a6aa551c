"""The table of extracts: what a source said of a child when it was read, and the days it speaks for."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from record.tables import Table


class ExtractRow(Table):
    """What one reading of a source said of one child. Append-only: the latest of a part is what the source says of it.

    `part`: what is read again as a whole, such as the return of a year.
    """

    __tablename__ = "extracts"
    identity = ("source", "child", "part", "read_at")
    __table_args__ = (UniqueConstraint(*identity),)
    source: Mapped[str]
    child: Mapped[str]
    part: Mapped[str]
    read_at: Mapped[datetime]
    since: Mapped[date]
    until: Mapped[date]
    said: Mapped[dict[str, Any]]

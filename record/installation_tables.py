"""The table that says which installation the case record is of."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from record.tables import Table


class InstallationRow(Table):
    """One row: the identity that record, home folder and Temporal server have in common, made once at random."""

    __tablename__ = "installation"
    identity = ("number",)
    name: Mapped[str]
    since: Mapped[datetime]

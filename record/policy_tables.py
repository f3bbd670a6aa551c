"""The table of policy texts: what each version of a policy said, as this service has run on it."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from record.tables import Table


class PolicyTextRow(Table):
    """A policy file as it was when the service first read this version of it. Append-only; nothing of a child."""

    __tablename__ = "policy_texts"
    identity = ("policy", "version")
    __table_args__ = (UniqueConstraint(*identity),)
    policy: Mapped[str]
    version: Mapped[str]
    text: Mapped[str]
    since: Mapped[datetime]

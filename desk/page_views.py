"""The log of views: who looked at which child, on which page, by which relation, or was not let. Append-only.

A list of children is one view without a child: it shows a reference and a step of each; their pages are logged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Engine, insert, select

from desk.scope import Relation
from record.desk_tables import PageViewRow
from record.engine import readers
from record.failures import in_plain_words
from record.together import Together


@dataclass(frozen=True, slots=True)
class PageView:
    """Somebody asked for a page."""

    at: datetime
    person: str
    child: str | None
    page: str
    relation: str | None
    allowed: bool


class PageViews:
    """Writes and reads the log. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._together = Together(engine)

    def write(
        self, at: datetime, person: str, child: str | None, page: str, relation: Relation | None, *, allowed: bool
    ) -> None:
        """Add a view: on the disk before the page is shown. Those that come at once are committed together."""
        row = {"at": at, "person": person, "child": child, "page": page, "relation": relation, "allowed": allowed}
        self._together.write(insert(PageViewRow).values(row))

    def of_child(self, child: str, at_most: int = 200) -> list[PageView]:
        """Who asked for a child, the latest first."""
        return list(self.find(at_most, child=child))

    def find(
        self,
        at_most: int | None = None,
        *,
        child: str | None = None,
        person: str | None = None,
        between: tuple[datetime, datetime] | None = None,
    ) -> Iterator[PageView]:
        """Who asked for what, the latest first: for a child, by a person, or from an instant to before another."""
        query = select(*(getattr(PageViewRow, field.name) for field in fields(PageView)))
        query = query.where(PageViewRow.child == child) if child else query
        query = query.where(PageViewRow.person == person) if person else query
        query = query.where(PageViewRow.at >= between[0], PageViewRow.at < between[1]) if between else query
        with in_plain_words(), readers(self._engine).connect() as connection:
            for row in connection.execute(query.order_by(PageViewRow.number.desc()).limit(at_most)):
                yield PageView(*row)

    def recent(self, person: str, at_most: int = 10) -> list[str]:
        """The children somebody has looked at, the latest first. Whether they still may, is asked anew."""
        mine = PageViewRow.person == person, PageViewRow.allowed, PageViewRow.child.is_not(None)
        query = select(PageViewRow.child).where(*mine).order_by(PageViewRow.number.desc()).limit(200)
        with in_plain_words(), readers(self._engine).connect() as connection:
            children = [child for child in connection.execute(query).scalars() if child]
        return list(dict.fromkeys(children))[:at_most]

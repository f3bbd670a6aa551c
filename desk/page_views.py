"""The log of views: who looked at which child, on which page, by which relation, or was not let. Append-only.

A list of children is one view without a child: it shows a reference and a step of each; their pages are logged.
"""

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Engine, insert, select

from desk.scope import Relation
from record.desk_tables import PageViewRow
from record.engine import readers
from record.failures import in_plain_words


@dataclass(frozen=True, slots=True)
class PageView:
    """Somebody asked for a page."""

    at: datetime
    person: str
    child: str | None
    page: str
    relation: str | None
    allowed: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A view that is not written yet, and what will have become of it."""

    row: dict[str, Any]
    written: Future[None] = field(default_factory=Future)


class PageViews:
    """Writes and reads the log. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[_Waiting] = []
        self._listing, self._committing = Lock(), Lock()

    def write(
        self, at: datetime, person: str, child: str | None, page: str, relation: Relation | None, *, allowed: bool
    ) -> None:
        """Add a view: on the disk before the page is shown. Those that come at once are committed together."""
        row = {"at": at, "person": person, "child": child, "page": page, "relation": relation, "allowed": allowed}
        mine = _Waiting(row)
        with self._listing:
            self._waiting.append(mine)
        with self._committing:
            if not mine.written.done():
                self._commit()
        mine.written.result()

    def _commit(self) -> None:
        """Write what waits, in one transaction; whoever waits learns what came of it."""
        with self._listing:
            together, self._waiting = self._waiting, []
        try:
            with in_plain_words(), self._engine.begin() as connection:
                connection.execute(insert(PageViewRow), [one.row for one in together])
        except Exception as error:  # noqa: BLE001 (raised again in each thread that waits, by its result)
            for one in together:
                one.written.set_exception(error)
        else:
            for one in together:
                one.written.set_result(None)

    def of_child(self, child: str, at_most: int = 200) -> list[PageView]:
        """Who asked for a child, the latest first."""
        query = select(
            PageViewRow.at,
            PageViewRow.person,
            PageViewRow.child,
            PageViewRow.page,
            PageViewRow.relation,
            PageViewRow.allowed,
        ).where(PageViewRow.child == child)
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = connection.execute(query.order_by(PageViewRow.number.desc()).limit(at_most)).all()
        return [PageView(*row) for row in rows]

    def recent(self, person: str, at_most: int = 10) -> list[str]:
        """The children somebody has looked at, the latest first. Whether they still may, is asked anew."""
        mine = PageViewRow.person == person, PageViewRow.allowed, PageViewRow.child.is_not(None)
        query = select(PageViewRow.child).where(*mine).order_by(PageViewRow.number.desc()).limit(200)
        with in_plain_words(), readers(self._engine).connect() as connection:
            children = [child for child in connection.execute(query).scalars() if child]
        return list(dict.fromkeys(children))[:at_most]

"""What the authority's own look-up calls a child, for the moment of a page, for people who may see the child.

A reference alone invites mix-ups. So an authority may name a file or a query that gives a label; it is asked for each
page anew and kept nowhere: in no table, log, address or title. A look-up that fails costs the labels and never the
page; the log says so, without what was asked or answered, and so does `permanence desk names`.
"""

import csv
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, NullPool, bindparam, create_engine, text

from service.settings import DeskSettings

LONGEST: Final = 80
"""Characters of a label that are shown (ours: a long full name with a date has sixty)."""
PAUSE: Final = 60.0
"""Seconds for which a look-up that failed is left alone (ours: nobody waits for a dead database on every page)."""
SECONDS: Final = 2
"""For which a page waits for its labels (ours: longer is a page that does not come)."""
CONNECT: Final[dict[str, dict[str, Any]]] = {
    "postgresql": {"connect_timeout": SECONDS},
    "sqlite": {"timeout": SECONDS},
}
"""How long connecting may take, by the kind of database."""
log: structlog.stdlib.BoundLogger = structlog.get_logger("desk")


class LabelsUnavailable(Exception):
    """The look-up does not work; the text says why, and holds nothing of what was asked or answered."""


class Labels:
    """Looks labels up. Safe in threads: it keeps the settings, and when it failed last."""

    def __init__(self, settings: DeskSettings) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._left_alone_until = 0.0

    def of(self, children: Collection[str]) -> dict[str, str]:
        """The labels of children whom the viewer may see; those that have none, or cannot be had, are left out."""
        if not children or time.monotonic() < self._left_alone_until:
            return {}
        try:
            return self.look_up(children)
        except LabelsUnavailable as unavailable:
            self._left_alone_until = time.monotonic() + PAUSE
            log.warning("labels_unavailable", why=str(unavailable))
            return {}

    def look_up(self, children: Collection[str]) -> dict[str, str]:
        """The same, without hiding that it does not work. Raises LabelsUnavailable."""
        wanted = set(children)
        rows = self._of_file() if self._settings.names_file else self._of_query(sorted(wanted))
        return {child: label[:LONGEST] for child, label in rows if child in wanted and label}

    def link(self, child: str) -> str | None:
        """Where the case system shows the child, if the settings say how."""
        template = self._settings.case_link
        return template.replace("{child}", child) if template else None

    def _of_file(self) -> Iterator[tuple[str, str]]:
        assert self._settings.names_file is not None
        try:
            yield from read_labels(self._settings.names_file)
        except (OSError, UnicodeError, csv.Error) as error:
            raise LabelsUnavailable(f"the file cannot be read ({type(error).__name__})") from None

    def _of_query(self, children: list[str]) -> Iterable[tuple[str, str]]:
        if self._settings.names_query is None:
            return []
        query = text(self._settings.names_query).bindparams(bindparam("children", children, expanding=True))
        try:
            with self._connected().connect() as connection:
                _before_asking(connection)
                return [_pair(row) for row in connection.execute(query)]
        except LabelsUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (whatever the authority's database does, the page is shown)
            raise LabelsUnavailable(f"the database did not answer the query ({type(error).__name__})") from None

    def _connected(self) -> Engine:
        """Without a pool and without the statements in errors and logs: nothing of an answer stays behind."""
        if self._engine is None:
            assert self._settings.names_database is not None
            url = self._settings.names_database.get_secret_value()
            options = CONNECT.get(url.partition("+")[0].partition(":")[0], {})
            self._engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
        return self._engine


def read_labels(file: Path) -> Iterator[tuple[str, str]]:
    """The rows of a file of labels. Raises LabelsUnavailable where its columns are others."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        names = next(rows, [])
        if not {"child", "label"} <= {*names}:
            raise LabelsUnavailable("the file's first line does not name the columns child and label")
        child, label = names.index("child"), names.index("label")
        # By places: of 20,000 lines a DictReader takes twice as long, and every list waits for it.
        yield from ((row[child].strip(), row[label].strip()) for row in rows if len(row) > max(child, label))


def _pair(row: Any) -> tuple[str, str]:
    if len(row) != 2:
        raise LabelsUnavailable("the query does not give two columns, a reference and a label")
    return str(row[0]).strip(), str(row[1] or "").strip()


def _before_asking(connection: Connection) -> None:
    """Nothing may be changed and nothing may take long, as far as the kind of database lets one say so."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {SECONDS * 1000}"))
    elif connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA query_only = ON"))

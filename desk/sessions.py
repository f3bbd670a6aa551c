"""Who is signed in: rows of the case record's database, so that a session can be seen and revoked.

The cookie holds a random id, the row its hash: whoever reads the database cannot sign in by it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Engine, RowMapping, delete, select, update

from record.desk_tables import SessionRow
from record.engine import insert_new, readers
from record.failures import in_plain_words
from record.together import Together

How = Literal["provider", "link", "demo"]
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is kept when somebody was last here (ours: a write for each page would be one too many)."""
KEPT: Final = timedelta(days=30)
"""How long the row of a session that is over stays (ours: to see who was signed in last month)."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's session. `secret` is the hash of what their cookie holds."""

    number: int
    secret: str
    how: How
    subject: str
    person: str
    roles: tuple[str, ...]
    began: datetime
    seen: datetime
    ended: datetime | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: without a page, and in all."""

    idle: timedelta
    longest: timedelta

    def over(self, session: Session, now: datetime) -> bool:
        """Whether a session is over, by itself or because somebody ended it."""
        too_long = now - session.seen > self.idle or now - session.began > self.longest
        return session.ended is not None or too_long


def hashed(secret: str) -> str:
    """What stands in the database instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def form_token(cookie: str) -> str:
    """What the forms of a session carry: it lives as long as the session, and tells nothing of the cookie."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


class Sessions:
    """The sessions of an installation. Synchronous. Everything raises RecordUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._together = Together(engine)

    def begin(
        self, how: How, subject: str, person: str, roles: Sequence[str], now: datetime, entry: str | None = None
    ) -> str | None:
        """A new session: what its cookie holds; None where `entry`, good for once, has been used before."""
        cookie = secrets.token_urlsafe(32)
        row = {
            "secret": hashed(cookie),
            "entry": hashed(entry) if entry else None,
            "how": how,
            "subject": subject,
            "person": person,
            "roles": list(roles),
            "began": now,
            "seen": now,
        }
        with in_plain_words(), self._engine.begin() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.seen < now - KEPT))
            used = (
                entry and connection.execute(select(SessionRow.number).where(SessionRow.entry == row["entry"])).first()
            )
            return None if used or not insert_new(connection, SessionRow, [row]) else cookie

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, over or not."""
        with in_plain_words(), readers(self._engine).connect() as connection:
            row = connection.execute(_SESSION.where(SessionRow.secret == hashed(cookie))).mappings().first()
        return _session(row) if row else None

    def all(self, person: str | None = None) -> list[Session]:
        """The sessions that nobody has ended, the newest first."""
        query = _SESSION.where(SessionRow.ended.is_(None)).order_by(SessionRow.number.desc())
        with in_plain_words(), readers(self._engine).connect() as connection:
            rows = (
                connection.execute(query if person is None else query.where(SessionRow.person == person))
                .mappings()
                .all()
            )
        return [_session(row) for row in rows]

    def saw(self, session: Session, now: datetime) -> None:
        """Keep that somebody is here."""
        if now - session.seen < SEEN_EVERY:
            return
        self._together.write(update(SessionRow).where(SessionRow.number == session.number).values(seen=now))

    def end(self, why: str, now: datetime, *, number: int | None = None, person: str | None = None) -> int:
        """End one session, or all of a person; how many."""
        whose = SessionRow.number == number if number is not None else SessionRow.person == person
        ending = update(SessionRow).where(whose, SessionRow.ended.is_(None)).values(ended=now, why=why)
        with in_plain_words(), self._engine.begin() as connection:
            return connection.execute(ending).rowcount


_SESSION: Final = select(
    SessionRow.number,
    SessionRow.secret,
    SessionRow.how,
    SessionRow.subject,
    SessionRow.person,
    SessionRow.roles,
    SessionRow.began,
    SessionRow.seen,
    SessionRow.ended,
    SessionRow.why,
)


def _session(row: RowMapping) -> Session:
    return Session(**{**row, "roles": tuple(row["roles"])})

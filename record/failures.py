"""What can go wrong with the case record, in words that hold nothing personal.

A driver's own message may quote the values of a statement, and an event holds birth dates and contacts. So only
codes pass from here on, and the driver's exception is never the cause of ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

from domain.case.documents import EventRefused


class RecordUnavailable(Exception):
    """The database cannot be used just now. `passing`: trying again later may help; else a person must see to it."""

    def __init__(self, text: str, *, passing: bool = True) -> None:
        super().__init__(text)
        self.passing = passing


class EntryRefused(ValueError):
    """Something the case record can never hold. Trying again does not help."""


class Unreadable(EntryRefused):
    """A child's rows that cannot be read: they are not what was written, or a newer version wrote them."""

    def __init__(self, child: str) -> None:
        super().__init__(f"the case record of {child} cannot be read: {named_by(child)}")


def named_by(child: str) -> str:
    """Which command names the rows that cannot be read."""
    return f"`permanence record verify {child}` names what is not as it was written"


class InstantWithoutZone(ValueError):
    """An instant that does not say its zone is no instant."""


class NoInstant(ValueError):
    """What stands in the place of an instant is none."""


MOVED = "moved to another database"
"""What a record that was moved (record/moving.py) says to whoever would add to it."""

IN_WORDS = {
    "SQLITE_BUSY": "another program holds it locked",
    "SQLITE_CANTOPEN": "its file cannot be opened: does the folder exist, and may this user write there?",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_NOTADB": "the file is not a database",
    "SQLITE_READONLY": "its file or folder is read-only",
    "42501": "its user lacks a right there (docs/operating.md says which it needs)",
    "53100": "the disk is full",
    "53300": "the database server has no connection left",
    "57P03": "the database server is just starting or stopping",
    "25006": "the database server only lets it be read",
    "FATAL": "the database server refuses the connection: look at user, password, the database's name, and its log",
    "OperationalError": "the database server cannot be reached",
    "ConnectionTimeout": "the database server does not answer",
    "TimeoutError": "every connection is busy",
}

REFUSED_IN_WORDS = {"the database system is": "57P03", "too many": "53300", "connection slots": "53300"}
"""What PostgreSQL says to who would connect, for which the driver has no code; a server may say it in another language,
and is then one that refuses the connection."""

NO_TEXT = "Could not decode to UTF-8"
"""How SQLite's driver calls text that is none; it gives no code for it."""

LASTING = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_READONLY")
"""What does not pass by itself."""


@contextmanager
def in_plain_words(record: str = "the case record") -> Iterator[None]:
    """Turn what SQL raises into RecordUnavailable or EntryRefused, without any value. `record` names it."""
    try:
        yield
    except EventRefused as error:
        raise EntryRefused(str(error)) from None
    except ValueError as error:
        raise _unfit(error) from None
    except SQLAlchemyError as error:
        raise _ours(error, record) from None


def is_unreadable(error: Exception) -> bool:
    """Whether it was raised by a value that is none of its column's type, and not by a database that is away."""
    return isinstance(error, ValueError | DataError) or NO_TEXT in str(getattr(error, "orig", ""))


def _ours(error: SQLAlchemyError, record: str) -> RecordUnavailable | EntryRefused:
    cause = error.orig if isinstance(error, StatementError) else None
    if is_unreadable(error):
        return _unfit(cause or error)
    if isinstance(cause, InstantWithoutZone):
        return EntryRefused("an instant of the entry has no zone")
    if MOVED in str(cause):  # our own words, which no value stands in
        return RecordUnavailable(f"{record} was {MOVED} by `permanence move`, and takes nothing more", passing=False)
    if isinstance(error, IntegrityError) or type(error) is StatementError:
        return _unfit(cause or error)
    code = _code(cause or error)
    if code == "OperationalError" and "FATAL" in str(cause):  # the server's own word, where it gives no code
        code = next((code for words, code in REFUSED_IN_WORDS.items() if words in str(cause)), "FATAL")
    family = "_".join(code.split("_")[:2])
    return RecordUnavailable(f"{record} cannot be used: {IN_WORDS.get(family, code)}", passing=family not in LASTING)


def _unfit(error: BaseException) -> EntryRefused:
    return EntryRefused(f"the database cannot hold a value of the entry ({_code(error)})")


def _code(error: BaseException) -> str:
    """The driver's code for an error: SQLite's name, or the SQLSTATE of PostgreSQL."""
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    return str(code or type(error).__name__)

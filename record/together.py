"""Writing together: what several threads write at the same moment is committed once, and the disk waited for once."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import Engine, Executable

from record.failures import in_plain_words


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A statement that is not written yet, and what will have become of it."""

    statement: Executable
    written: Future[None] = field(default_factory=Future)


class Together:
    """For small writes that hang on nothing and follow each page, such as the log of views. Safe among threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[_Waiting] = []
        self._listing, self._committing = Lock(), Lock()

    def write(self, statement: Executable) -> None:
        """Returns once it is committed. Raises RecordUnavailable, whoever's statement could not be."""
        mine = _Waiting(statement)
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
                for one in together:
                    connection.execute(one.statement)
        except Exception as error:  # noqa: BLE001 (raised again in each thread that waits, by its result)
            for one in together:
                one.written.set_exception(error)
        else:
            for one in together:
                one.written.set_result(None)

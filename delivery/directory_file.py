"""The directory as its file has it now: read at the start, and again whenever it changes."""

from collections.abc import Collection
from pathlib import Path
from threading import Lock

from delivery.channels.registry import ChannelName
from delivery.directory import Directory, DirectoryRefused, read_directory


class DirectoryFile:
    """A directory that may be edited while the service runs. Safe to share among threads.

    A version that cannot stand is refused and the one before goes on; `problem` says why until it is mended.
    """

    def __init__(self, path: Path, channels: Collection[ChannelName] = (), mail_domains: Collection[str] = ()) -> None:
        """Read it for the first time; `channels` are those switched on. Raises DirectoryRefused."""
        self.path = path
        self._channels = channels
        self._mail_domains = mail_domains
        self.problem: str | None = None
        self._lock = Lock()
        self._seen = self._stamp()
        self._directory = self._read()

    def current(self) -> Directory:
        """The directory as it stands, read anew if the file has changed."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                self._take_anew()
            return self._directory

    def _take_anew(self) -> None:
        # Slow to load: who reads the directory once, as commands do, has nothing to log.
        import structlog

        log: structlog.stdlib.BoundLogger = structlog.get_logger()
        try:
            self._directory = self._read()
        except DirectoryRefused as refused:
            self.problem = str(refused)
            log.error("directory_refused", problems=self.problem.count("\n") + 1)
        else:
            self.problem = None
            log.info("directory_read", people=len(self._directory.people), teams=len(self._directory.teams))

    def _read(self) -> Directory:
        try:
            text = self.path.read_text("utf-8-sig")  # some editors begin a file with a byte order mark
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise DirectoryRefused(f"{self.path.name}: cannot be read: {why}") from None
        return read_directory(text, self.path.name, self._channels, self._mail_domains)

    def _stamp(self) -> tuple[int, int, int] | None:
        """What changes when the file does; None while it is not there."""
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)

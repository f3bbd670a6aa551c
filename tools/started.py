"""A program that was started: whether it runs, and how it ended."""

import subprocess


class Started:
    """What may be asked of a program, of its latest start."""

    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs or before it was started."""
        return self._process.poll() if self._process else None

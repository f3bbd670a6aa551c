"""What happened during a run, each with its time: in a file, to be studied when something went wrong, and counted."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any


class Chronicle:
    """Writes `chronicle.jsonl` in the folder of a run; its times are seconds since the run began."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "chronicle.jsonl"
        self.kills: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return time.monotonic() - self._began

    def note(self, what: str, **more: Any) -> None:
        """Write a line."""
        line = {"at": round(self.seconds, 2), "what": what, **more}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def killed(self, what: str, **more: Any) -> None:
        """Count and write down a kill."""
        self.kills[what] += 1
        self.note("killed", program=what, **more)

    def fault(self, what: str, **more: Any) -> None:
        """Count and write down another fault."""
        self.faults[what] += 1
        self.note(what, **more)

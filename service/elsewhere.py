"""An installation that is not the one of this process's environment: its settings, server and record.

It is named by its home folder, where it is an embedded one, or by a file of the settings that its programs are told.
"""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temporalio.client import Client

from record.engine import address_in
from record.store import CaseRecord
from service.connection import connect, how_to_connect
from service.payload_keys import KeyRing
from service.settings import Settings, SettingsRefused, settings_of_environment

OURS: Final = ("PERMANENCE_", "TEMPORAL_")
WORD: Final = r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])*"""
"""As a shell reads one: a space in it is quoted, and a `#` in it begins no comment."""
LINE: Final = re.compile(rf"(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>{WORD})(?:\s+#.*)?", re.ASCII)


class PlaceRefused(ValueError):
    """What was named is no installation; the text says what would be accepted."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An installation as its own programs are told of it."""

    environment: Mapping[str, str]
    settings: Settings

    @property
    def address(self) -> str | None:
        """Of its Temporal server, where that is one of the user's own; None where it is embedded.

        Raises TemporalSettingsRefused.
        """
        return how_to_connect(self.environment).get("target_host")

    async def client(self, address: str, ring: KeyRing | None) -> Client:
        """A client of its server. Raises RuntimeError."""
        return await connect(address, ring=ring, environment=self.environment)

    def record(self) -> CaseRecord:
        """Its case record. Raises RecordUnavailable."""
        url = address_in(self.settings.record_url)
        if url.get_backend_name() == "postgresql":  # whose driver would look into this process's environment
            if "PGPASSFILE" in self.environment:
                url = url.update_query_dict({"passfile": self.environment["PGPASSFILE"]})
            url = url.set(password=url.password or self.environment.get("PGPASSWORD"))
        return CaseRecord.open(url.render_as_string(hide_password=False))


def elsewhere(place: Path) -> Elsewhere:
    """The installation of a home folder, or of a file with lines such as `export TEMPORAL_ADDRESS=...`.

    Raises PlaceRefused.
    """
    given = {"PERMANENCE_HOME": str(place)} if place.is_dir() else _lines(place)
    if "PERMANENCE_HOME" not in given:
        raise PlaceRefused(f"{place} does not say PERMANENCE_HOME; accepted: all settings of that installation")
    if not Path(given["PERMANENCE_HOME"]).is_dir():
        raise PlaceRefused(f"the home folder of {place} is not there")
    with _only(given):
        try:
            return Elsewhere(given, settings_of_environment())
        except SettingsRefused as refused:
            raise PlaceRefused(f"{place}: {refused}") from None


def _lines(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise PlaceRefused(
            f"{file} cannot be read; accepted: the home folder of an embedded service, or a file of settings, a line "
            "each such as TEMPORAL_ADDRESS=temporal.example:7233"
        ) from None
    return dict(_setting(file, number, line) for number, line in enumerate(lines, 1) if _says_something(line))


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _setting(file: Path, number: int, line: str) -> tuple[str, str]:
    said = LINE.fullmatch(line.strip())
    if said is None:
        raise PlaceRefused(
            f"{file}, line {number} is no setting; accepted: NAME=value, with or without `export` before it, a value "
            "with a space or a quotation mark in quotes; or a comment, which begins with #"
        )
    return said["name"], "".join(shlex.split(said["value"]))


@contextmanager
def _only(given: Mapping[str, str]) -> Iterator[None]:
    """While it lasts, this process's environment says of us what is given, and nothing else."""
    before = {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    for name in before:
        del os.environ[name]
    os.environ.update({name: value for name, value in given.items() if name.startswith(OURS)})
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith(OURS)]:
            del os.environ[name]
        os.environ.update(before)

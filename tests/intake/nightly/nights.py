"""Nights of a source as tests have them: a folder written anew before each, and what the journeys have after it."""

import csv
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from pydantic import SecretStr

from domain.case import events as ev
from domain.case.documents import parse_event
from domain.case.facts import Known, unvoided
from intake.nightly.night import OneNight
from record.nights import Nights
from service.settings import Settings
from tests.workflows.house import House

POLICY = "england-statutory"
NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)
NIGHTS = count(1)
"""No two tests have the same night."""
EPISODES = ("CHILD", "DECOM", "RNE", "LS", "PLACE", "DEC", "REC")


class Folder:
    """A folder of one year's return, written anew before each night."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)

    def write(self, *episodes: str, reviews: str = "", born: str = "") -> "Folder":
        """A line an episode (`-` for an empty cell); reviews as CHILD=day; children with a birth, absent: all."""
        children = sorted({line.split()[0] for line in episodes})
        self._table("header", ("CHILD", "DOB"), [(child, "10/05/2019") for child in (born.split() or children)])
        rows = [tuple("" if cell == "-" else cell for cell in line.split()) for line in episodes]
        self._table("episodes", EPISODES, [(*row, *[""] * (len(EPISODES) - len(row))) for row in rows])
        self._table("reviews", ("CHILD", "REVIEW"), [tuple(one.split("=")) for one in reviews.split()])
        return self

    def _table(self, name: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        with (self.path / f"2026-{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *rows])


class Nightly:
    """Nights of one source, a day apart."""

    def __init__(self, house: House, source: Path | str, how: str = "apply") -> None:
        self.house = house
        self.planned = NOW
        self.settings = Settings(
            home=house.folder,
            sync="apply" if how == "apply" else "propose",
            sync_source=SecretStr(str(source)),
            default_policy=POLICY,
        )

    async def live(self, *, again: bool = False) -> dict[str, int]:
        """What the next night brings, or the last one begun again: what is not nothing."""
        self.planned = self.planned if again else NOW + timedelta(days=next(NIGHTS))
        house = self.house
        night = OneNight(house.client, house.record, house.policies, self.settings, self.planned, datetime.now(UTC))
        return {kind: count for kind, count in (await night.run()).items() if count}

    @property
    def nights(self) -> Nights:
        return Nights(self.house.record.engine)


def standing(house: House, child: str) -> list[str]:
    known = [Known(parse_event(each.event), each.known_at) for each in house.record.history(child)]
    return sorted(f"{k.event.on} {k.event.type}" for k in unvoided(known) if not isinstance(k.event, ev.EventVoided))

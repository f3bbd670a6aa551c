"""Whatever is edited in the case system, and whichever copies of it were read: in the end the last truth stands."""

import copy
import random
from datetime import date, timedelta
from typing import Final

import pytest

from domain.case import events as ev
from synthetic.caseload import caseload
from synthetic.ssd import COLUMNS, Line, ssd_tables
from tests.intake.ssd.cabinet import TODAY, Cabinet, Drawers

CHILDREN = 24
SEEDS = 10
CODES: Final = {
    "lega_legal_status": ("V2", "Interim care order", "C2", "E1"),
    "clap_cla_placement_type": ("U6", "A6", "P1", "T1"),
    "clae_cla_episode_ceased_reason": ("E4A", "E12", "E47", "E2", "E41"),
    "clar_cla_review_cancelled": ("Y", "N"),
    "clar_cla_review_participation": ("PN0", "PN4", "PN7"),
    "lacp_cla_care_plan_json": ('{"ADOPTION": "Y"}', '{"LTFOST18": "Y"}', ""),
    "invo_professional_id": ("P-sw-01", "P-sw-02"),
}
"""Columns that are retyped, and what may stand in them then."""
EDITED: Final = tuple(name for name in COLUMNS if name not in ("ssd_person", "ssd_professionals", "ssd_department"))

OLDER: Final[Line] = {
    "invo_involvements_id": "older", "invo_person_id": "older",
    "invo_involvement_start_date": date(2012, 3, 1), "invo_involvement_end_date": date(2013, 3, 1),
}  # fmt: skip
"""What nobody edits, of long before: so the tables speak for all that time, and not from their earliest ending on."""


@pytest.fixture(scope="module")
def truth() -> Drawers:
    """The SSD of a synthetic caseload."""
    return ssd_tables(caseload(CHILDREN, seed=11, today=TODAY), TODAY)


def edited(tables: Drawers, chance: random.Random) -> Drawers:
    """The tables after one row was moved, added, dropped or retyped; wherever the row stands in them."""
    tables = copy.deepcopy(tables)
    name = chance.choice([each for each in EDITED if tables[each]])
    row = chance.choice(tables[name])
    columns = [each for each in row if row[each] is not None]
    days = [each for each in columns if isinstance(row[each], date)]
    codes = [each for each in columns if each in CODES]
    how = chance.choice(("move", "move", "add", "drop", "retype"))
    if how == "drop" and name != "ssd_cla_episodes":
        tables[name].remove(row)
    elif how == "retype" and codes:
        column = chance.choice(codes)
        row[column] = chance.choice(CODES[column])
    elif days:
        column = chance.choice(days)
        if how == "add":
            key = next(iter(COLUMNS[name]))
            row = {**row, key: f"{row[key]}-again"}
            tables[name].append(row)
        moved = row[column]
        assert isinstance(moved, date)
        row[column] = moved + timedelta(days=chance.choice((-40, -3, -1, 1, 3, 40)))
    chance.shuffle(tables[name])
    return tables


def with_older(tables: Drawers) -> Drawers:
    return {**tables, "ssd_involvements": [*tables["ssd_involvements"], OLDER]}


def partial(tables: Drawers, chance: random.Random) -> Drawers:
    """The rows of some of the children."""
    children = sorted(str(row["pers_person_id"]) for row in tables["ssd_person"])
    some = set(chance.sample(children, k=chance.randint(1, len(children))))
    return {name: [row for row in rows if _of(row, some)] for name, rows in tables.items()}


def _of(row: dict[str, str | date | None], some: set[str]) -> bool:
    whose = next((f"{cell}" for column, cell in row.items() if column.endswith("person_id")), None)
    period = str(row.get("clar_cla_id") or "").partition("-C")[0]
    return (whose or period or next(iter(some))) in some


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_journeys_are_those_of_the_last_truth(truth: Drawers, seed: int) -> None:
    chance = random.Random(seed)
    cabinet, now, filled = Cabinet(), truth, TODAY - timedelta(days=60)
    copies: list[tuple[Drawers, date]] = []
    for _ in range(chance.randint(2, 4)):
        for _ in range(chance.randint(1, 6)):
            now = edited(now, chance)
        filled += timedelta(days=7)
        copies.append((now, filled))
        for tables, day in ((now, filled), chance.choice(copies)):
            cabinet.read(with_older(partial(tables, chance)), day)
    last = cabinet.read(with_older(now))
    fresh = Cabinet()
    fresh.read(with_older(now))
    for child in fresh.known:
        if "gone" in {doubt.rule for doubt in last[child].doubts}:
            assert not any(isinstance(k.event, ev.BecameLookedAfter) for k in fresh.known[child])
        else:
            assert cabinet.journeys(child) == fresh.journeys(child), f"{child}, seed {seed}"
    assert not any(taking.batch for taking in cabinet.read(with_older(now)).values()), "read again, it proposes nothing"

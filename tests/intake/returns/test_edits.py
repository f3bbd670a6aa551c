"""Whatever is edited in the case system, and whichever extracts of it were read: in the end the last truth stands."""

import copy
import random
from datetime import date, timedelta

import pytest

from intake.returns.reading import day_in
from intake.returns.rows import Return, ReturnRow
from intake.returns.tables import read_returns
from synthetic.caseload import caseload
from synthetic.returns import write_returns
from tests.intake.returns.paper import TODAY
from tests.intake.returns.shelf import Shelf

CHILDREN = 24
SEEDS = 10
STATUSES = ("V2", "C1", "C2", "E1")
ENDINGS = ("E4A", "E12", "E47", "E2", "E41")


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> list[Return]:
    """The returns of a synthetic caseload."""
    folder = tmp_path_factory.mktemp("returns")
    write_returns(caseload(CHILDREN, seed=11, today=TODAY), folder, TODAY)
    return read_returns(folder)


def edited(returns: list[Return], chance: random.Random) -> list[Return]:
    """The returns after one row was moved, added, dropped or retyped; wherever the row stands in them."""
    returns = copy.deepcopy(returns)
    year = chance.choice([each for each in returns if each.rows("Reviews")])
    table = chance.choice(("Reviews", "Reviews", "Episodes"))
    row = chance.choice(year.rows(table))
    match table, chance.choice(("move", "add", "drop", "retype")):
        case "Reviews", "drop":
            year.tables[table].remove(row)
        case "Reviews", "add":
            year.tables[table].append(moved(row, "REVIEW", chance))
        case "Reviews", _:
            replaced(returns, row, moved(row, "REVIEW", chance))
        case _, "move":
            replaced(returns, row, moved(row, "DECOM" if chance.random() < 0.5 or not row["DEC"] else "DEC", chance))
        case _:
            column, codes = ("REC", ENDINGS) if row["REC"] not in ("", "X1") else ("LS", STATUSES)
            replaced(returns, row, with_cell(row, column, chance.choice(codes)))
    return returns


def replaced(returns: list[Return], row: ReturnRow, by: ReturnRow) -> None:
    """The same episode stands in several years, and is corrected in each."""
    for year in returns:
        for table, rows in year.tables.items():
            year.tables[table] = [
                ReturnRow(each.file, each.line, dict(each.cells) | changed(row, by)) if is_same(each, row) else each
                for each in rows
            ]


def changed(row: ReturnRow, by: ReturnRow) -> dict[str, str]:
    return {name: value for name, value in by.cells.items() if value != row[name]}


def is_same(one: ReturnRow, other: ReturnRow) -> bool:
    columns = ("CHILD", "DECOM", "REVIEW")
    return all(one[name] == other[name] for name in columns) and ("DECOM" in one.cells) == ("DECOM" in other.cells)


def moved(row: ReturnRow, column: str, chance: random.Random) -> ReturnRow:
    day = day_in(row[column])
    assert day is not None
    return with_cell(row, column, f"{day + timedelta(days=chance.choice((-40, -3, -1, 1, 3, 40))):%d/%m/%Y}")


def with_cell(row: ReturnRow, column: str, value: str) -> ReturnRow:
    return ReturnRow(row.file, row.line, dict(row.cells) | {column: value})


def partial(returns: list[Return], chance: random.Random) -> list[Return]:
    """Some of the years, and of them some of the children."""
    children = sorted({row["CHILD"] for year in returns for row in year.rows("Header")})
    some = set(chance.sample(children, k=chance.randint(1, len(children))))
    years = chance.sample(returns, k=chance.randint(1, len(returns)))
    return [
        Return(y.year, {name: [r for r in rows if r["CHILD"] in some] for name, rows in y.tables.items()})
        for y in years
    ]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_journeys_are_those_of_the_last_truth(truth: list[Return], seed: int) -> None:
    chance = random.Random(seed)
    shelf, now, drawn = Shelf(), truth, TODAY - timedelta(days=60)
    extracts: list[tuple[list[Return], date]] = []
    for _ in range(chance.randint(2, 4)):
        for _ in range(chance.randint(1, 6)):
            now = edited(now, chance)
        drawn += timedelta(days=7)
        extracts.append((now, drawn))
        older = chance.choice(extracts)
        for given_now, day in ((now, drawn), older):
            shelf.read_returns(partial(given_now, chance), day)
    years = list(now)
    chance.shuffle(years)
    by_year = chance.random() < 0.5
    for part in [[year] for year in years] if by_year else [years]:
        shelf.read_returns(part, TODAY)
    fresh = Shelf()
    fresh.read_returns(now, TODAY)
    for child in fresh.known:
        assert shelf.journeys(child) == fresh.journeys(child), f"{child}, seed {seed}"

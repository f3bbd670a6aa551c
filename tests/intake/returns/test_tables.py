"""The files of returns as they are found: names, folders, encodings, and what is missing said in words."""

from pathlib import Path

import pytest

from intake.returns.rows import ReturnRefused
from intake.returns.tables import read_returns

TABLES = {
    "header": "CHILD,DOB\n101,10/05/2019\n",
    "episodes": "CHILD,DECOM,RNE,LS,PLACE,DEC,REC\n101,03/06/2025,S,C2,U6,,\n",
    "reviews": "CHILD,REVIEW\n101,27/06/2025\n",
}


def put(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def put_all(folder: Path, pattern: str = "2025-{}.csv", **changed: str | bytes) -> None:
    for table, content in (TABLES | changed).items():
        put(folder, pattern.format(table), content)


def refusal(folder: Path) -> str:
    with pytest.raises(ReturnRefused) as refused:
        read_returns(folder)
    return str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "year"),
    [
        ("2025-{}.csv", 2025),
        ("{}.csv", None),
        ("2025/{}.CSV", 2025),
        ("SSDA903 2024-25/{}.csv", 2024),
        ("SSDA903_{}_2024_25.csv", 2024),
        ("Return 2024/{} 2025.csv", 2025),
    ],
)
def test_names_and_folders(tmp_path: Path, pattern: str, year: int | None) -> None:
    put_all(tmp_path, pattern)
    [listed] = read_returns(tmp_path)
    assert listed.year == year
    assert [row["CHILD"] for row in listed.rows("Episodes")] == ["101"]


def test_names_in_capitals_and_tables_that_only_sound_alike(tmp_path: Path) -> None:
    put_all(tmp_path)
    put(tmp_path, "2025-SWEpisodes.csv", "CHILD,SW_ID\n101,7\n")
    put(tmp_path, "2025-PlacedAdoption.csv", "CHILD,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED\n")
    put(tmp_path, "2025-notes.csv", "anything")
    [listed] = read_returns(tmp_path)
    assert set(listed.tables) == {"Header", "Episodes", "Reviews", "PlacedAdoption"}


def test_years_come_in_order(tmp_path: Path) -> None:
    for year in ("2026", "2024", "2025"):
        put_all(tmp_path, year + "-{}.csv")
    assert [listed.year for listed in read_returns(tmp_path)] == [2024, 2025, 2026]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + TABLES["episodes"],
        TABLES["episodes"].replace("\n", "\r\n"),
        "\ufeff".encode("utf-16-le") + TABLES["episodes"].encode("utf-16-le"),
        "REC,EXTRA,DEC,PLACE,LS,RNE,DECOM,CHILD\n,Zo\xeb,,U6,C2,S,03/06/2025,101\n".encode("cp1252"),
        'child , decom,rne,ls,place,dec,rec\n"101", 03/06/2025 ,S,C2,U6\n',
        TABLES["episodes"] + ",,,,,,\n\n",
    ],
    ids=["byte order mark", "CRLF", "UTF-16", "other order, code page", "small letters, short line", "empty lines"],
)
def test_as_found_in_the_wild(tmp_path: Path, content: str | bytes) -> None:
    put_all(tmp_path, episodes=content)
    [row] = read_returns(tmp_path)[0].rows("Episodes")
    assert (row["CHILD"], row["DECOM"], row["RNE"], row["LS"], row["REC"]) == ("101", "03/06/2025", "S", "C2", "")
    assert (row.file, row.line) == ("2025-episodes.csv", 2)


def test_a_missing_table_names_it_and_the_year(tmp_path: Path) -> None:
    put_all(tmp_path)
    (tmp_path / "2025-reviews.csv").unlink()
    assert "the return of 2025 has no Reviews table; accepted: a file such as 2025-reviews.csv" in refusal(tmp_path)


def test_a_missing_column_names_file_and_column(tmp_path: Path) -> None:
    put_all(tmp_path, episodes="CHILD,DECOM,RNE,PLACE,DEC,REC\n")
    assert refusal(tmp_path) == ("2025-episodes.csv: Episodes: no column LS; found: CHILD, DECOM, RNE, PLACE, DEC, REC")


def test_no_heading_line_is_not_taken_for_one(tmp_path: Path) -> None:
    put_all(tmp_path, header="101,10/05/2019\n")
    assert refusal(tmp_path) == "2025-header.csv: Header: no column CHILD, DOB; found: no such heading line"


def test_two_files_of_one_table(tmp_path: Path) -> None:
    put_all(tmp_path)
    put(tmp_path, "2025/episodes.csv", TABLES["episodes"])
    assert "both are Episodes of the same year" in refusal(tmp_path)


def test_a_return_without_a_year_beside_others(tmp_path: Path) -> None:
    put_all(tmp_path)
    put_all(tmp_path, "{}.csv")
    assert "no year in its name, beside files that have one" in refusal(tmp_path)


def test_an_empty_folder_and_none(tmp_path: Path) -> None:
    assert "no table found" in refusal(tmp_path)
    assert "there is no such folder" in refusal(tmp_path / "nowhere")

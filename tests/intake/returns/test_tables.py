"""The files of returns as they are found: names, folders, encodings, and what is missing said in words."""

from pathlib import Path

import pytest

from intake.returns.rows import ReturnRefused
from intake.returns.tables import read_folder, read_returns

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


@pytest.mark.parametrize("within", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_what_ends_a_line_to_python_alone_ends_none(tmp_path: Path, within: str) -> None:
    put_all(tmp_path, header=f"CHILD,NOTE,DOB\n101,one{within}two,10/05/2019\n102,,11/05/2019\n")
    [listed] = read_returns(tmp_path)
    assert [(row["CHILD"], row["DOB"]) for row in listed.rows("Header")] == [
        ("101", "10/05/2019"),
        ("102", "11/05/2019"),
    ]


@pytest.mark.parametrize(
    ("table", "content", "why"),
    [
        (
            "reviews",
            'CHILD,REVIEW\n100,27/06/2025\n"101,27/06/2025\n102,27/06/2025\n',
            "line 3: no CSV: unexpected end",
        ),
        ("header", 'CHILD,NOTE,DOB\n101,"a"b,10/05/2019\n', "line 2: no CSV: "),
        (
            "episodes",
            TABLES["episodes"].replace(",U6,,\n", ",U"),
            "line 2: it has 5 of 7 cells and no end: the file is cut off",
        ),
        ("episodes", TABLES["episodes"].encode() + b"\0" * 512, "it holds zero bytes"),
        ("header", TABLES["header"].encode("utf-16-le"), "it holds zero bytes"),
        (
            "episodes",
            TABLES["episodes"].replace("REC\n", "REC,DEC\n"),
            "Episodes: column DEC stands twice in the heading",
        ),
    ],
)
def test_what_would_be_read_in_part_or_in_two_ways_is_refused(
    tmp_path: Path, table: str, content: str | bytes, why: str
) -> None:
    put_all(tmp_path)
    put(tmp_path, f"2025-{table}.csv", content)
    assert refusal(tmp_path).startswith(f"2025-{table}.csv: {why}")


def test_a_last_line_without_an_end_and_lines_short_of_empty_cells_are_whole(tmp_path: Path) -> None:
    put_all(tmp_path, reviews=TABLES["reviews"].rstrip(), episodes=TABLES["episodes"].replace(",U6,,\n", ",U6\n"))
    [listed] = read_returns(tmp_path)
    assert [row["REVIEW"] for row in listed.rows("Reviews")] == ["27/06/2025"]
    assert [row["PLACE"] for row in listed.rows("Episodes")] == ["U6"]


def test_what_is_there_and_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "returns", tmp_path / "elsewhere"
    put_all(folder)
    put_all(elsewhere, "2024-{}.csv")
    (folder / "2024").symlink_to(elsewhere)
    listed = {each.name: each.why_not for each in read_folder(folder).files if each.why_not}
    assert listed == {"2024": "a link to a folder, or no file; accepted: the folder or file itself"}
    (folder / "2025-PlacedAdoption.csv").symlink_to(tmp_path / "nowhere")
    assert refusal(folder) == "2025-PlacedAdoption.csv: it cannot be read: No such file or directory"
    assert "there is no such folder" in refusal(tmp_path / ("x" * 300))

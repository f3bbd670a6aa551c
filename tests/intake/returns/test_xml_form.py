"""The whole return as one XML file says what the tables say."""

import time
from pathlib import Path

import pytest

from intake.returns.rows import ReturnRefused
from intake.returns.tables import read_folder, read_returns
from tests.intake.returns.shelf import Shelf

XML = """<?xml version="1.0" encoding="UTF-8"?>
<EXPSSDA903 xmlns="urn:a">
  <CHILD>
    <HEADER>
      <CHILDID>101</CHILDID><SEX>1</SEX><DOB>10/05/2019</DOB>
      <AREVIEW><REVIEW>27/06/2025</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>
      <AREVIEW><REVIEW>20/09/2025</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW>
      <AD_PLACED><DATE_PLACED>12/10/2025</DATE_PLACED></AD_PLACED>
    </HEADER>
    <EPISODE><DECOM>03/06/2025</DECOM><RNE>S</RNE><LS>C1</LS><PL>U6</PL><DEC>02/11/2025</DEC><REC>X1</REC></EPISODE>
    <EPISODE><DECOM>02/11/2025</DECOM><RNE>L</RNE><LS>E1</LS><PL>U6</PL></EPISODE>
  </CHILD>
  <CHILD>
    <HEADER><CHILDID>102</CHILDID><DOB>01/01/2015</DOB></HEADER>
    <EPISODE><DECOM>01/07/2025</DECOM><RNE>S</RNE><LS>V2</LS><PL>U4</PL></EPISODE>
  </CHILD>
</EXPSSDA903>
"""
CSV = {
    "header": "CHILD,DOB\n101,10/05/2019\n102,01/01/2015\n",
    "episodes": "CHILD,DECOM,RNE,LS,PLACE,DEC,REC\n101,03/06/2025,S,C1,U6,02/11/2025,X1\n"
    "101,02/11/2025,L,E1,U6,,\n102,01/07/2025,S,V2,U4,,\n",
    "reviews": "CHILD,REVIEW\n101,27/06/2025\n101,20/09/2025\n",
    "placedadoption": "CHILD,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED\n101,12/10/2025,,\n",
}


def as_csv(folder: Path) -> Path:
    folder.mkdir()
    for table, text in CSV.items():
        (folder / f"2025-{table}.csv").write_text(text, "utf-8")
    return folder


def as_xml(folder: Path, text: str = XML) -> Path:
    folder.mkdir()
    (folder / "903_2025.xml").write_text(text, "utf-8")
    return folder


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    by_csv, by_xml = Shelf(), Shelf()
    by_csv.read_returns(read_returns(as_csv(tmp_path / "csv")))
    by_xml.read_returns(read_returns(as_xml(tmp_path / "xml")))
    for child in ("101", "102"):
        assert by_xml.standing(child) == by_csv.standing(child)
    assert "2025-10-12 adm_decision_made" in by_xml.standing()
    assert not any(taking.batch for taking in by_csv.read_returns(read_returns(tmp_path / "xml")).values())


def test_a_doubt_names_the_line_of_the_file(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.read_returns(read_returns(as_xml(tmp_path / "xml", XML.replace("01/07/2025", "31/02/2025"))))
    assert shelf.imported is not None
    unreadable = [doubt for doubt in shelf.imported.doubts if doubt.rule == "unreadable-date"]
    assert [(doubt.table, doubt.line) for doubt in unreadable] == [("903_2025.xml", 15)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (XML.replace("</CHILD>", "", 1), "903_2025.xml: line 17: no XML: mismatched tag"),
        ("<Message/>", "903_2025.xml: its root is no EXPSSDA903; accepted: the return as the Department takes it"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><EXPSSDA903/>', "903_2025.xml: it declares entities"),
        ('<?xml version="1.0" encoding="of-old"?><EXPSSDA903/>', "903_2025.xml: the encoding that it names cannot be"),
        ('<?xml version="1.0" encoding="utf-7"?><EXPSSDA903/>', "903_2025.xml: the encoding that it names cannot be"),
        ("<EXPSSDA903>\n<EPISODE/></EXPSSDA903>", "903_2025.xml: line 2: EPISODE stands in no CHILD"),
    ],
    ids=["cut off", "another message", "entities", "unknown encoding", "unread encoding", "of no child"],
)
def test_what_is_no_return_is_refused_in_words(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ReturnRefused) as refused:
        read_returns(as_xml(tmp_path / "xml", text))
    assert why in str(refused.value)


def test_a_text_of_many_lines_takes_no_longer_than_it_must(tmp_path: Path) -> None:
    began = time.process_time()
    folder = as_xml(tmp_path / "xml", XML.replace("</EXPSSDA903>", "\n" * 400_000 + "</EXPSSDA903>"))
    assert read_returns(folder)[0].rows("Episodes")
    assert time.process_time() - began < 10, "put together piece by piece it was half a minute"


def test_both_forms_of_one_year_are_refused(tmp_path: Path) -> None:
    folder = as_csv(tmp_path / "both")
    (folder / "903_2025.xml").write_text(XML, "utf-8")
    with pytest.raises(ReturnRefused, match=r"903_2025.xml and 2025-.*: both are a return of the same year"):
        read_returns(folder)


def test_every_file_is_named_read_or_not(tmp_path: Path) -> None:
    folder = as_csv(tmp_path / "csv")
    for name in ("2024-Episodes.xlsx", "2025-Episodes_final.csv", "2025-oc2.csv", "notes.txt"):
        (folder / name).write_text("anything", "utf-8")
    listed = {each.name: each.table or each.why_not for each in read_folder(folder).files}
    assert listed["2025-episodes.csv"] == "Episodes"
    assert listed["2024-Episodes.xlsx"] == "a workbook is not read; accepted: each of its sheets saved as CSV"
    assert listed["2025-Episodes_final.csv"].startswith("its name says of no table; accepted: a name that ends with")
    assert listed["2025-oc2.csv"] == "a table that no journey hangs on"
    assert listed["notes.txt"] == "neither CSV nor XML"


def test_a_folder_of_workbooks_alone_is_refused_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "Episodes.xlsx").write_bytes(b"PK")
    with pytest.raises(ReturnRefused, match=r"no table found.*\nEpisodes.xlsx: a workbook is not read"):
        read_returns(tmp_path)

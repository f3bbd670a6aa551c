import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from domain.study.simulation import FileRefused
from intake.files import FileUnreadable, read_events

ENTRY: dict[str, Any] = {
    "id": "e1",
    "type": "became_looked_after",
    "child": "CLA-1",
    "on": "2026-01-05",
    "date_of_birth": "2020-05-01",
    "legal_status": "C2",
}
REVIEW: dict[str, Any] = {"id": "e2", "type": "review_held", "child": "CLA-1", "on": "2026-01-30"}


def file_of(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "events.jsonl"
    path.write_bytes(data)
    return str(path)


def lines_of(*values: object) -> bytes:
    return "\n".join(v if isinstance(v, str) else json.dumps(v) for v in values).encode()


def problems_of(tmp_path: Path, data: bytes) -> list[tuple[int, str]]:
    with pytest.raises(FileRefused) as refused:
        read_events(file_of(tmp_path, data))
    return refused.value.problems


@pytest.mark.parametrize(
    "data",
    [
        lines_of(ENTRY, REVIEW),
        b"\xef\xbb\xbf" + lines_of(ENTRY, REVIEW),
        lines_of(ENTRY, "", "   ", REVIEW, "", ""),
        lines_of(ENTRY, REVIEW).replace(b"\n", b"\r\n") + b"\r\n",
        json.dumps([ENTRY, REVIEW]).encode(),
        b"\xef\xbb\xbf\r\n" + json.dumps([ENTRY, REVIEW], indent=2).encode(),
    ],
    ids=["lines", "bom", "blank lines", "crlf", "array", "array over lines, bom"],
)
def test_the_same_events_come_of_every_way_to_write_them(tmp_path: Path, data: bytes) -> None:
    assert [line.event.id for line in read_events(file_of(tmp_path, data))] == ["e1", "e2"]


def test_line_numbers_count_blank_lines(tmp_path: Path) -> None:
    data = lines_of("", ENTRY, "", REVIEW)
    assert [line.number for line in read_events(file_of(tmp_path, data))] == [2, 4]


def test_an_array_is_numbered_by_the_lines_its_events_begin_on(tmp_path: Path) -> None:
    data = b"[\n" + json.dumps(ENTRY).encode() + b",\n\n" + json.dumps(REVIEW).encode() + b"]\n"
    assert [line.number for line in read_events(file_of(tmp_path, data))] == [2, 4]


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(lines_of(ENTRY))))
    assert [line.event.id for line in read_events("-")] == ["e1"]


def test_every_refused_line_is_named(tmp_path: Path) -> None:
    data = lines_of(ENTRY, {**REVIEW, "type": "review_hold"}, "{", REVIEW, {**REVIEW, "id": "e3", "day": 1})
    problems = problems_of(tmp_path, data)
    assert [number for number, _ in problems] == [2, 3, 5]
    assert "did you mean review_held" in problems[0][1]
    assert "not one JSON object" in problems[1][1]
    assert "day: unknown field" in problems[2][1]


def test_lines_that_correct_one_another_are_refused(tmp_path: Path) -> None:
    data = lines_of(ENTRY, {**REVIEW, "corrects": "e3"}, {**REVIEW, "id": "e3", "corrects": REVIEW["id"]})
    problems = problems_of(tmp_path, data)
    assert [number for number, _ in problems] == [2, 3]
    assert all("corrects: what it stands in for stands in for it" in said for _, said in problems)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[]x", "there is more after the end of the array"),
        (b'"text"', "an event must be one JSON object"),
        (b"7", "an event must be one JSON object"),
        (b"\xff\xfa", "not UTF-8 text"),
        (b'{"id":"e1","id":"e2"}', "id: stands twice in one object"),
        (b'{"id":' + b"9" * 5000 + b"}", "a number too long"),
        (b'{"id":1e400}', "a number too long, too large or none"),
        (b'{"id":' + b"[" * 100_000, "nested too deep"),
        (b'{"id": "e1"} {"id": "e2"}', "not one JSON object: extra data at column 14"),
        (b'[{"id": "e1"} {"id": "e2"}]', "a comma or ] should follow"),
        (b"[{", "not one JSON object"),
        (b"[", "not one JSON object"),
    ],
)
def test_what_is_no_event_is_refused_with_its_line(tmp_path: Path, line: bytes, reason: str) -> None:
    [(number, said)] = problems_of(tmp_path, b"\n" + line)
    assert reason in said
    assert number in (1, 2)


def test_a_refusal_repeats_nothing_of_a_broken_line(tmp_path: Path) -> None:
    [(_, said)] = problems_of(tmp_path, b'{"id": "e1", "note": "Mary Smith lives at" 7}')
    assert "Mary" not in said


def test_the_same_event_twice_is_one_event(tmp_path: Path) -> None:
    again = dict(reversed(ENTRY.items()))
    [line] = read_events(file_of(tmp_path, lines_of(ENTRY, again)))
    assert line.number == 1


def test_one_id_with_other_content_is_refused_naming_both_lines(tmp_path: Path) -> None:
    [(number, reason)] = problems_of(tmp_path, lines_of(ENTRY, "", {**ENTRY, "legal_status": "V2"}))
    assert number == 3
    assert "event e1" in reason
    assert "line 1" in reason


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"[]", b"[ \n ]", b"\xef\xbb\xbf"])
def test_a_file_without_events_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(FileUnreadable, match="there are no events in it"):
        read_events(file_of(tmp_path, data))


def test_a_file_in_utf_16_is_refused_saying_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="save it as UTF-8"):
        read_events(file_of(tmp_path, json.dumps(ENTRY).encode("utf-16")))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="there is no such file"):
        read_events(str(tmp_path / "none.jsonl"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="this is a folder"):
        read_events(str(tmp_path))


def test_a_name_no_file_can_have_is_refused() -> None:
    with pytest.raises(FileUnreadable, match="cannot be read"):
        read_events("a\0b")

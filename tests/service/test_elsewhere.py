"""What a file with another installation's settings may hold, and what is said of what it may not."""

from pathlib import Path

import pytest

from record.failures import RecordUnavailable
from service.connection import TemporalSettingsRefused
from service.elsewhere import PlaceRefused, elsewhere


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "old.settings"


def said(file: Path, text: str) -> None:
    file.write_text(f"PERMANENCE_HOME={file.parent}\n{text}\n", "utf-8")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("PGPASSWORD=half#half", "half#half"),
        ("export PGPASSWORD='a b'  # it's the old one", "a b"),
        ('PGPASSWORD="a \\"b\\""', 'a "b"'),
        ("PGPASSWORD=", ""),
    ],
)
def test_a_value_is_what_a_shell_makes_of_it(file: Path, line: str, value: str) -> None:
    """On 29 November 2026 all from a `#` on was left out, and a line with a space left out whole."""
    said(file, f"# of the old side\n\n{line}")

    assert elsewhere(file).environment["PGPASSWORD"] == value


@pytest.mark.parametrize("line", ["PGPASSWORD=a b", "PGPASSWORD = a", "PGPASSWORD='a", "[Service]"])
def test_a_line_that_is_no_setting_is_refused_by_its_number(file: Path, line: str) -> None:
    said(file, line)

    with pytest.raises(PlaceRefused, match="line 2 is no setting; accepted: NAME=value") as refused:
        elsewhere(file)
    assert "PGPASSWORD" not in str(refused.value)


def test_what_cannot_be_used_is_named(file: Path) -> None:
    said(file, "PERMANENCE_SERVER_PORT=abc")
    with pytest.raises(PlaceRefused, match=r"PERMANENCE_SERVER_PORT: .* valid integer"):
        elsewhere(file)

    said(file, "PERMANENCE_DATABASE_URL=nonsense")
    with pytest.raises(RecordUnavailable, match="must be like"):
        elsewhere(file).record()

    said(file, "PERMANENCE_DATABASE_URL=postgresql+psycopg://u@h:port/x")
    with pytest.raises(RecordUnavailable, match="must be like"):
        elsewhere(file).record()

    said(file, "TEMPORAL_PROFILE=gone")
    with pytest.raises(TemporalSettingsRefused, match="Profile 'gone' not found"):
        _ = elsewhere(file).address

from collections.abc import Iterator
from pathlib import Path

import pytest

from record.store import CaseRecord


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'record.db'}"


@pytest.fixture
def record(url: str) -> Iterator[CaseRecord]:
    opened = CaseRecord.open(url)
    yield opened
    opened.close()

from collections.abc import Iterator
from pathlib import Path

import pytest

from record.store import CaseRecord


@pytest.fixture
def record(tmp_path: Path) -> Iterator[CaseRecord]:
    opened = CaseRecord.open(f"sqlite:///{tmp_path / 'record.db'}")
    yield opened
    opened.close()

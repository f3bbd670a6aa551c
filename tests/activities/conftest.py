from collections.abc import Iterator

import pytest

from record.store import CaseRecord


@pytest.fixture
def record(record_file: str) -> Iterator[CaseRecord]:
    opened = CaseRecord.open(record_file)
    yield opened
    opened.close()

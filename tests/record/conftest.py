from collections.abc import Iterator
from pathlib import Path

import pytest

from record.store import CaseRecord


@pytest.fixture
def url(database_url: str) -> str:
    """A database with nothing in it: every test that asks runs on SQLite and on PostgreSQL."""
    return database_url


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """An empty database in a file, for what is SQLite's own."""
    return f"sqlite:///{tmp_path / 'record.db'}"


@pytest.fixture
def record(url: str) -> Iterator[CaseRecord]:
    opened = CaseRecord.open(url)
    yield opened
    opened.close()

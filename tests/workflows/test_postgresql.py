"""A journey whose case record is in PostgreSQL, and the database taken from under it."""

from pathlib import Path

import pytest

from record.store import CaseRecord
from record.verifying import verify
from tests.databases import PostgreSQL
from tests.domain.story import london
from tests.workflows.house import house_in

pytestmark = pytest.mark.server


async def test_a_life_on_postgresql_whose_connections_are_cut(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """Every connection is ended twice: while the journey sleeps, and after its next timer is due to write."""
    with postgresql.database(postgresql.migrated) as url:
        record = CaseRecord.open(url)
        async with house_in(tmp_path, record=record) as house:
            life = await house.begin("2026-01-05 became_looked_after", london("2026-01-05", "10:00"))
            postgresql.cut_connections()
            await life.forward("2026-01-21")
            postgresql.cut_connections()
            await life.tell("2026-01-21 ppm_held primary_plan=adoption contingency_plan=kinship_care")
            await life.forward("2026-01-27")

            assert life.recorded() == ["became_looked_after", "ppm_held"]
            assert life.sent() == [
                "initial-ppm/1 reminder 1",
                "initial-ppm/1 reminder 2",
                "initial-ppm/1 escalation 1",
                "first-review/1 reminder 1",
                "ppm-decisions-sent/1 reminder 1",
                "ppm-decisions-uploaded/1 reminder 1",
            ]
            verified = verify(record.engine)
            assert (verified.faults, verified.entries > len(life.sent())) == ([], True)

"""What schemathesis makes of the served description: garbage gets a proper answer, and what is described holds."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.fewer import MORE
from tests.intake.service import calling
from tests.workflows.house import house_in

pytestmark = [pytest.mark.server, pytest.mark.slow]
BOUNDS = ("--max-time", "300") if MORE else ("--max-examples", "8", "--phases", "examples,fuzzing")
"""Bounded by number, so that every run with the seed makes the same of it, however busy the machine."""

NOT_HELD = (
    "negative_data_rejection",  # an event that cannot be read is kept and shown: 202, outcome rejected
    "use_after_free",  # nothing is deleted here
)


async def test_garbage_is_answered_as_described(tmp_path: Path) -> None:
    async with (
        house_in(tmp_path) as house,
        calling(tmp_path / "intake", house.client, house.record, rate="100000/minute") as caller,
    ):
        ran = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            f"{caller.http.base_url}/openapi.json",
            *("--header", f"Authorization: Bearer {caller.token}"),
            *("--exclude-checks", ",".join(NOT_HELD)),
            *("--include-path-regex", "^/(events|inbox)$", *BOUNDS, "--seed", "7", "--no-color"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await ran.communicate()
        assert ran.returncode == 0, said.decode()[-6000:]
        assert "generated" in said.decode(), said.decode()[-2000:]
        assert (await caller.get("/readyz")).status_code == 200

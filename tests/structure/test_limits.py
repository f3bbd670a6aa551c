"""`make test` on a busy machine ends, also where a failed test leaves a task that swallows its cancellation."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

STUBBORN = """
import asyncio

async def never_ends():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

async def test_that_leaves_a_task_behind():
    task = asyncio.create_task(never_ends())
    await asyncio.sleep(3600)
    await task

def test_after_it():
    pass
"""

CONFTEST = """
import tests.limits

tests.limits.GRACE = 2
pytest_plugins = ["tests.limits"]
"""


def test_a_teardown_that_waits_for_ever_is_ended_and_the_others_run(tmp_path: Path) -> None:
    (tmp_path / "test_stubborn.py").write_text(STUBBORN)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\ntimeout = 1\n")
    plugins = [f"-p{name}" for name in ("xdist.plugin", "xdist.looponfail", "pytest_asyncio.plugin", "pytest_timeout")]
    command = [sys.executable, "-m", "pytest", "-n", "1", *plugins, "-pno:cacheprovider", "--rootdir", str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=150)
    assert run.returncode == 1
    assert "crashed while running 'test_stubborn.py::test_that_leaves_a_task_behind'" in run.stdout
    assert "1 passed" in run.stdout, "the tests after it run all the same"
    assert "Current thread" in run.stderr, "where it stood is told"

"""What a program's work is done within, until it is told to stop."""

import importlib
import sys
from pathlib import Path

import pytest

from service.stopping import until_told


async def test_a_running_service_writes_no_module_that_a_full_disk_would_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("imported_while_it_runs", "imported_afterwards"):
        (tmp_path / f"{name}.py").write_text("", "utf-8")

    async def work() -> None:
        importlib.import_module("imported_while_it_runs")

    await until_told(work())
    assert not (tmp_path / "__pycache__").exists()
    importlib.import_module("imported_afterwards")
    assert (tmp_path / "__pycache__").is_dir(), "afterwards Python does as it did"

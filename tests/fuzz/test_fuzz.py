"""A few hundred of the inputs of `make fuzz`, with a seed."""

from pathlib import Path

import pytest

from tests.fuzz.run import Run
from tests.fuzz.tally import CLASSES

pytestmark = [pytest.mark.server, pytest.mark.slow]


async def test_bent_inputs_of_every_class_bring_nothing_down(tmp_path: Path) -> None:
    tally = await Run(400, seed=1).go(tmp_path)
    assert tally.words == []
    assert tally.good, str(tally)
    assert tally.inputs.total() >= 395
    assert all(tally.inputs[name] for name in CLASSES)

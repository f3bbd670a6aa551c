"""Some hundreds of the inputs of `make fuzz`, with a seed."""

from pathlib import Path

import pytest

from tests.fewer import MORE
from tests.fuzz.run import Run
from tests.fuzz.tally import CLASSES

pytestmark = [pytest.mark.server, pytest.mark.slow]
INPUTS = 400 if MORE else 120


async def test_bent_inputs_of_every_class_bring_nothing_down(tmp_path: Path) -> None:
    tally = await Run(INPUTS, seed=1).go(tmp_path)
    assert tally.words == []
    assert tally.good, str(tally)
    assert tally.inputs.total() >= INPUTS - 5
    assert all(tally.inputs[name] for name in CLASSES)

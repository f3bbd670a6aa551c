"""What a run of tests has imported and collected is looked through for garbage no more: it stays to the end.

Some hundred thousand objects of modules and tests live as long as the process. Python would go through them again and
again while tests are collected, and then with each full look for garbage: a tenth of the processor.
"""

import gc

import pytest

LOOKS = (10_000, 50, 50)
"""How many objects more than went are made before Python looks (700, 10 and 10 by itself; ours: no slower if more)."""

gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(*LOOKS)
    gc.enable()

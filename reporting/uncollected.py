"""Large reports without the collector of circular garbage: their lines refer to nothing that refers to them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """It would walk half a million lines again and again: two fifths of the time at 20,000 children."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

"""How much memory glibc sets aside for threads."""

import ctypes
from contextlib import suppress
from typing import Final

M_ARENA_MAX: Final = -8
"""As `malloc.h` has it."""
HEAPS: Final = 2
"""Heaps that all threads share (ours: the interpreter's lock lets one thread at a time ask for memory,
nearly always)."""


def few_heaps() -> None:
    """Have threads share few heaps from now on; where the C library is another, nothing happens.

    By default each of a service's thirty threads has one of its own, up to eight a processor, and what one has freed no
    other can use.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)

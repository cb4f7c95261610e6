"""The states of random number generators: a count draws no number that anyone notices."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy
import torch


@contextmanager
def draws_undone(may_draw: bool = True) -> Iterator[None]:
    """Afterwards torch on the CPU, Python and numpy go on where they were; nothing is kept where nothing would draw."""
    if not may_draw:
        yield
        return
    drawn, drawn_by_python, drawn_by_numpy = (
        torch.get_rng_state(),
        random.getstate(),
        numpy.random.get_state(),
    )
    try:
        yield
    finally:
        torch.set_rng_state(drawn)
        random.setstate(drawn_by_python)
        numpy.random.set_state(drawn_by_numpy)

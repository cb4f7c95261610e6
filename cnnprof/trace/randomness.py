"""The states of random number generators: a count draws no number that anyone notices."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import torch


@contextmanager
def draws_undone(spaces: Collection[Any]) -> Iterator[None]:
    """Afterwards torch on the CPU and Python go on where they were; numpy too, where one of ``spaces`` names it.

    ``spaces`` are those of ``caches``: where there are none, no code runs that would draw.
    """
    if not spaces:
        yield
        return
    drawn, drawn_by_python = torch.get_rng_state(), random.getstate()
    drawn_by_numpy = numpy.random.get_state() if any(map(_names_numpy, spaces)) else None
    try:
        yield
    finally:
        torch.set_rng_state(drawn)
        random.setstate(drawn_by_python)
        if drawn_by_numpy is not None:
            numpy.random.set_state(drawn_by_numpy)


def _names_numpy(space: Any) -> bool:
    return any(value is numpy for value in vars(space).values())

"""Python's cyclic garbage collector, kept out of the way of building and counting."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collection inside; afterwards the collector is on or off as it was, also after an error.

    Modules, tensors and records come by the thousand and hold no cycles, so a collection finds nothing; but a full one
    walks over all of torch's objects (80 to 170 ms) and struck every tenth network of the zoo.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

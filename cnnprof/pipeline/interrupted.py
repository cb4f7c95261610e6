"""Ctrl-C before the first round: what was counted by then is not lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cnnprof.interrupts import without_interrupts


class EarlyInterrupt(KeyboardInterrupt):
    """Ctrl-C before anything was timed; ``counted`` is what would have been returned as far as it goes, a Comparison or
    what is made of one, without latencies.
    """

    def __init__(self, counted: Any) -> None:
        super().__init__()
        self.counted = counted


@contextmanager
def counts_kept(counted: Callable[[], Any]) -> Iterator[None]:
    """Inside, Ctrl-C ends in EarlyInterrupt with what ``counted`` gives; a second one waits for it."""
    try:
        yield
    except KeyboardInterrupt as error:
        with without_interrupts():
            found = counted()
        raise EarlyInterrupt(found) from error

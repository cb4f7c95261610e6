"""Ctrl-C before the first round: what was counted by then is not lost."""

from __future__ import annotations

from typing import Any


class EarlyInterrupt(KeyboardInterrupt):
    """Ctrl-C before anything was timed; ``counted`` is what would have been returned as far as it goes, a Comparison or
    what is made of one, without latencies.
    """

    def __init__(self, counted: Any) -> None:
        super().__init__()
        self.counted = counted

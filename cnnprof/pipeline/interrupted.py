"""Ctrl-C before the first round: what was counted by then is not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison


class EarlyInterrupt(KeyboardInterrupt):
    """Ctrl-C before anything was timed; ``counted`` is the comparison as far as it goes, without latencies."""

    def __init__(self, counted: Comparison) -> None:
        super().__init__()
        self.counted = counted

"""One comparison as a user runs it, in a process of its own, and the neighbour that keeps a core busy meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10_000))"


@dataclass(frozen=True)
class Outcome:
    """The second model of one comparison: its ratio to the first, the interval if there is one, the verdict."""

    ratio: float
    low: float | None
    high: float | None
    verdict: str

    @property
    def reach(self) -> float:
        """How far the interval's far end is from 1; infinite without an interval."""
        return inf if self.low is None or self.high is None else max(self.high - 1, 1 - self.low)

    @property
    def resolved(self) -> bool:
        """Whether a difference was called."""
        return self.verdict in ("faster", "slower")

    @property
    def interval(self) -> str:
        """``1.46 [1.41, 1.52]``."""
        ends = "none" if self.low is None else f"{self.low:.2f}, {self.high:.2f}"
        return f"{self.ratio:.2f} [{ends}]"


def compare(first: str, second: str, *options: str, budget_s: int) -> Outcome:
    """``cnnprof compare first second``; CalledProcessError where it fails."""
    told = ["--budget", str(budget_s), "--format", "json", "--quiet", *options]
    command = [sys.executable, "-m", "cnnprof", "compare", first, second, *told]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout)["results"][1]["columns"]
    return Outcome(row["ratio"], row["ratio_low"], row["ratio_high"], row["verdict"])


@contextmanager
def neighbour() -> Iterator[None]:
    """Another process that keeps one core busy, until it is ended or we are."""
    other = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        yield
    finally:
        other.kill()
        other.wait()

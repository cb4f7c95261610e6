"""How far a reported ratio scatters, beside the usual way to time two models one after another.

Goal: over 10 repeats the ratio scatters at most a quarter as much as that of two sequential ``torch.utils.benchmark``
medians of the same budget, quiet and with one core busy; with one core busy it is within 5% of the quiet one or "not
resolved". The repeats take turns, so that the machine's hours fall on all alike, and the report is written after each.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import log
from statistics import median

from benchmarks.comparisons import Outcome, compare, neighbour
from benchmarks.report import describe_session, table, write

REPEATS, BUDGET_S = 10, 8
PAIR = ("shufflenet_v2", "mobilenet_v2")
MACHINES = {"quiet": False, "one core busy": True}
SEQUENTIAL = """
import cnnprof, torch
from torch.utils.benchmark import Timer
def median(name):
    model, x = cnnprof.load_model(name), torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        model(x)
        timer = Timer("model(x)", globals={{"model": model, "x": x}}, num_threads=torch.get_num_threads())
        return timer.blocked_autorange(min_run_time={seconds}).median
first = median("{first}")
print(median("{second}") / first)
"""


@dataclass
class Found:
    """Both ratios of every repeat so far on one machine."""

    ours: list[Outcome] = field(default_factory=list)
    sequential: list[float] = field(default_factory=list)

    def ask(self) -> None:
        """Measure once in either way."""
        self.ours.append(compare(*PAIR, budget_s=BUDGET_S))
        self.sequential.append(sequential(BUDGET_S / 2))

    def row(self) -> tuple[str, ...]:
        """The two spans, the larger over the smaller, and what became of our verdicts."""
        ours = [outcome.ratio for outcome in self.ours]
        times = f"{_range(self.sequential) / _range(ours):.1f}" if len(ours) > 1 else ""
        resolved = sum(outcome.resolved for outcome in self.ours)
        middle = f"{median(ours):.2f}"
        return (_span(ours), middle, _span(self.sequential), times, f"{resolved} of {len(ours)}")


def sequential(seconds: float) -> float:
    """The second model's median over the first's, each timed for so long in a process of their own."""
    program = SEQUENTIAL.format(seconds=seconds, first=PAIR[0], second=PAIR[1])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _range(ratios: list[float]) -> float:
    return log(max(ratios) / min(ratios))


def _span(ratios: list[float]) -> str:
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def main() -> None:
    """All repeats; ``results/spread.md`` is written anew after each."""
    found = {machine: Found() for machine in MACHINES}
    header = ("machine", "cnnprof", "median", "sequential medians", "times smaller", "resolved")
    what = (
        f"{PAIR[1]} over {PAIR[0]}, eager: smallest to largest reported ratio, alternately. "
        f"Budget {BUDGET_S} s for either way; the goal is 4 times."
    )
    for _ in range(REPEATS):
        for machine, busy in MACHINES.items():
            with neighbour() if busy else nullcontext():
                found[machine].ask()
        rows = [(machine, *of_one.row()) for machine, of_one in found.items()]
        write("spread", "Spread beside sequential timing", what, table(header, rows), describe_session())

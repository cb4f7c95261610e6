"""How far a verdict can be trusted on every runtime, and beside the usual way to time two models one after another.

Goals: of 100 comparisons of a model with itself, over all runtimes, at most 5% called different; a model with 3% extra
work called slower in 90% of comparisons at ``--budget 20``; over 10 repeats the reported ratio scatters at most a
quarter as much as that of two sequential ``torch.utils.benchmark`` medians of the same budget, quiet and with one core
busy.

One round asks every question once on every runtime, so that the machine's hours fall on all alike, and the report is
written after each: a run that is ended keeps what it measured.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import log
from statistics import median

from benchmarks import stack
from benchmarks.comparisons import Outcome, compare, neighbour
from benchmarks.report import describe_machine, table, write
from cnnprof.runtimes.registry import RUNTIMES

ROUNDS, SPREAD_EVERY = 20, 2
MODEL, ITSELF_S = "mobilenet_v2", 6
PLAIN, LONGER, EXTRA_S = "benchmarks/stack.py:plain", "benchmarks/stack.py:longer", 20
PAIR, SPREAD_S = ("shufflenet_v2", "mobilenet_v2"), 8
PACKAGES = ("torch", "onnxruntime", "openvino", "ncnn")
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
    """Every comparison so far: by runtime, and for the spread by the machine's state."""

    itself: dict[str, list[Outcome]] = field(default_factory=lambda: {runtime: [] for runtime in RUNTIMES})
    extra: dict[str, list[Outcome]] = field(default_factory=lambda: {runtime: [] for runtime in RUNTIMES})
    ours: dict[str, list[Outcome]] = field(default_factory=lambda: {machine: [] for machine in MACHINES})
    sequential: dict[str, list[float]] = field(default_factory=lambda: {machine: [] for machine in MACHINES})


def ask_runtimes(found: Found) -> None:
    """A model against itself, and 3% extra work, once on each runtime."""
    for runtime in RUNTIMES:
        chosen = ("--runtime", runtime)
        found.itself[runtime].append(compare(MODEL, MODEL, *chosen, budget_s=ITSELF_S))
        extra = compare(PLAIN, LONGER, "--input", stack.INPUT, *chosen, budget_s=EXTRA_S)
        found.extra[runtime].append(extra)


def ask_spread(found: Found) -> None:
    """One ratio by cnnprof and from sequential medians, quiet and busy."""
    for machine, busy in MACHINES.items():
        with neighbour() if busy else nullcontext():
            found.ours[machine].append(compare(*PAIR, budget_s=SPREAD_S))
            found.sequential[machine].append(_sequential(SPREAD_S / 2))


def _sequential(seconds: float) -> float:
    program = SEQUENTIAL.format(seconds=seconds, first=PAIR[0], second=PAIR[1])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def itself(found: Found) -> str:
    """How often a model was called different from itself."""
    command = f"`cnnprof compare {MODEL} {MODEL} --budget {ITSELF_S} --runtime R`."
    called, asked, rows = _tally(found.itself, lambda outcome: outcome.resolved)
    header = ("runtime", "called different", "ratios", "median", "far end of the interval from 1, median")
    total = f"In all {called} of {asked} (goal: at most 5%)."
    return "\n\n".join(("## A model against itself", command, table(header, rows), total))


def extra_work(found: Found) -> str:
    """How often a stack of layers that is 3% longer was called slower."""
    what = f"{stack.LAYERS} equal layers against {stack.LAYERS + 1} (3.0% extra work), `--budget {EXTRA_S}`."
    slower, asked, rows = _tally(found.extra, lambda outcome: outcome.verdict == "slower")
    header = ("runtime", "called slower", "ratios", "median", "far end of the interval from 1, median")
    total = f"In all {slower} of {asked} (goal: 90%)."
    return "\n\n".join(("## 3% extra work", what, table(header, rows), total))


def _tally(
    asked: dict[str, list[Outcome]], holds: Callable[[Outcome], bool]
) -> tuple[int, int, list[tuple[str, ...]]]:
    """How many outcomes ``holds`` is true of, how many there are, and a row for each runtime."""
    rows: list[tuple[str, ...]] = []
    total = 0
    for runtime, outcomes in asked.items():
        count = sum(map(holds, outcomes))
        total += count
        ratios = sorted(outcome.ratio for outcome in outcomes)
        reach = median(outcome.reach for outcome in outcomes)
        span = f"{ratios[0]:.3f} to {ratios[-1]:.3f}"
        rows.append((runtime, f"{count} of {len(outcomes)}", span, f"{median(ratios):.3f}", f"{reach:.1%}"))
    return total, sum(map(len, asked.values())), rows


def spread(found: Found) -> str:
    """The range of the reported ratio beside that of sequential medians."""
    rows = []
    for machine, outcomes in found.ours.items():
        ours, theirs = [outcome.ratio for outcome in outcomes], found.sequential[machine]
        resolved = sum(outcome.resolved for outcome in outcomes)
        times = f"{_range(theirs) / _range(ours):.1f}" if len(ours) > 1 else ""
        rows.append((machine, _span(ours), _span(theirs), times, f"{resolved} of {len(ours)}"))
    header = ("machine", "cnnprof", "sequential medians", "times smaller", "resolved")
    what = (
        f"{PAIR[1]} over {PAIR[0]}, eager: smallest to largest reported ratio. "
        f"Budget {SPREAD_S} s for either way; the goal is 4 times."
    )
    return "\n\n".join(("## Spread beside sequential timing", what, table(header, rows)))


def _range(ratios: list[float]) -> float:
    return log(max(ratios) / min(ratios))


def _span(ratios: list[float]) -> str:
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def main() -> None:
    """All rounds; ``results/trust.md`` is written anew after each."""
    found = Found()
    for number in range(ROUNDS):
        ask_runtimes(found)
        if number % SPREAD_EVERY == 0:
            ask_spread(found)
        parts = (itself(found), extra_work(found), spread(found))
        write("trust", "Trust", *parts, describe_machine(PACKAGES))

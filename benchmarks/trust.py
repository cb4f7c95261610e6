"""How far a verdict can be trusted on every runtime, and beside the usual way to time two models one after another.

Each comparison is a process of its own, as a user would run it. Goals: of 100 comparisons of a model with itself, over
all runtimes, at most 5% called different; a model with 3% extra work called slower in 90% of comparisons at
``--budget 20``; over 10 repeats the reported ratio scatters at most a quarter as much as that of two sequential
``torch.utils.benchmark`` medians of the same budget, quiet and with one core busy.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import nullcontext
from math import log
from statistics import median

from benchmarks import stack
from benchmarks.report import describe_machine, table, write
from benchmarks.timing import Outcome, neighbour
from cnnprof.runtimes.registry import RUNTIMES

ITSELF = ("mobilenet_v2", 20, 6)  # model, repeats on each runtime, budget in seconds
EXTRA = (100, 20)  # comparisons over all runtimes, budget in seconds
SPREAD = (10, 8)
PLAIN, LONGER = "benchmarks/stack.py:plain", "benchmarks/stack.py:longer"
SEQUENTIAL = """
import cnnprof, torch
from torch.utils.benchmark import Timer
def median(name):
    model, x = cnnprof.load_model(name), torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        model(x)
        timer = Timer("model(x)", globals={{"model": model, "x": x}}, num_threads=torch.get_num_threads())
        return timer.blocked_autorange(min_run_time={seconds}).median
first = median("shufflenet_v2")
print(median("mobilenet_v2") / first)
"""


def compare(first: str, second: str, *options: str) -> Outcome:
    """``cnnprof compare first second`` in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "cnnprof",
        "compare",
        first,
        second,
        "--format",
        "json",
        "--quiet",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout)["results"][1]["columns"]
    return Outcome(row["ratio"], row["ratio_low"], row["ratio_high"], row["verdict"])


def itself() -> str:
    """A model against itself on each runtime."""
    model, repeats, budget = ITSELF
    rows, called = [], 0
    for runtime in RUNTIMES:
        outcomes = [
            compare(model, model, "--runtime", runtime, "--budget", str(budget)) for _ in range(repeats)
        ]
        different = sum(outcome.verdict in ("faster", "slower") for outcome in outcomes)
        called += different
        ratios = sorted(outcome.ratio for outcome in outcomes)
        reach = median(outcome.reach for outcome in outcomes)
        rows.append(
            (runtime, f"{different} of {repeats}", f"{ratios[0]:.3f} to {ratios[-1]:.3f}", f"{reach:.1%}")
        )
    header = ("runtime", "called different", "ratios", "far end of the interval from 1, median")
    total = f"In all {called} of {repeats * len(RUNTIMES)} (goal: at most 5%)."
    command = f"`cnnprof compare {model} {model} --budget {budget} --runtime R`, {repeats} times each."
    return "\n\n".join(("## A model against itself", command, table(header, rows), total))


def extra_work() -> str:
    """A stack of layers against one that is 3% longer, on each runtime in turn."""
    repeats, budget = EXTRA
    options = ("--input", stack.INPUT, "--budget", str(budget))
    rows, found = [], 0
    for runtime in RUNTIMES:
        outcomes = [
            compare(PLAIN, LONGER, *options, "--runtime", runtime) for _ in range(repeats // len(RUNTIMES))
        ]
        slower = sum(outcome.verdict == "slower" for outcome in outcomes)
        found += slower
        ratios = sorted(outcome.ratio for outcome in outcomes)
        rows.append(
            (
                runtime,
                f"{slower} of {len(outcomes)}",
                f"{ratios[0]:.3f} to {ratios[-1]:.3f}",
                f"{median(ratios):.3f}",
            )
        )
    header = ("runtime", "called slower", "ratios", "median")
    total = f"In all {found} of {repeats} (goal: 90%)."
    what = f"{stack.LAYERS} equal layers against {stack.LAYERS + 1} (3.0% extra work), `--budget {budget}`."
    return "\n\n".join(("## 3% extra work", what, table(header, rows), total))


def spread() -> str:
    """The ratio of two models, ten times by cnnprof and ten times from sequential medians, alternately."""
    rows = []
    for busy in (False, True):
        ours, theirs, resolved = _repeats(busy)
        share = _range(theirs) / _range(ours)
        rows.append(
            (
                "one core busy" if busy else "quiet",
                _text(ours),
                _text(theirs),
                f"{share:.1f}",
                f"{resolved} of {SPREAD[0]}",
            )
        )
    header = ("machine", "cnnprof", "sequential medians", "times smaller", "resolved")
    what = (
        "mobilenet_v2 over shufflenet_v2, eager: smallest to largest reported ratio. "
        f"Budget {SPREAD[1]} s for either way; the goal is 4 times."
    )
    return "\n\n".join(("## Spread beside sequential timing", what, table(header, rows)))


def _repeats(busy: bool) -> tuple[list[float], list[float], int]:
    repeats, budget = SPREAD
    ours, theirs, resolved = [], [], 0
    for _ in range(repeats):
        with neighbour() if busy else nullcontext():
            outcome = compare("shufflenet_v2", "mobilenet_v2", "--budget", str(budget))
            theirs.append(_sequential(budget / 2))
        ours.append(outcome.ratio)
        resolved += outcome.verdict in ("faster", "slower")
    return ours, theirs, resolved


def _sequential(seconds: float) -> float:
    program = SEQUENTIAL.format(seconds=seconds)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _range(ratios: list[float]) -> float:
    return log(max(ratios) / min(ratios))


def _text(ratios: list[float]) -> str:
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def main() -> None:
    """All parts, written to ``results/trust.md`` as each is done."""
    parts: list[str] = []
    for part in (itself, extra_work, spread):
        parts.append(part())
        write("trust", "Trust", *parts, describe_machine())

"""How far a verdict can be trusted on every runtime.

Goals: of 100 comparisons of a model with itself, over all runtimes, at most 5% called different; a model with 3% extra
work called slower in 90% of comparisons at ``--budget 20``.

One round asks every question once on every runtime, so that the machine's hours fall on all alike, and the report is
written after each: a run that is ended keeps what it measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks import stack
from benchmarks.comparisons import Outcome, compare
from benchmarks.report import describe_session, table, write
from cnnprof.runtimes.registry import RUNTIMES

ROUNDS = 20
MODEL, ITSELF_S = "mobilenet_v2", 6
PLAIN, LONGER, EXTRA_S = "benchmarks/stack.py:plain", "benchmarks/stack.py:longer", 20
PACKAGES = ("torch", "onnxruntime", "openvino", "ncnn")


@dataclass
class Found:
    """Every comparison so far, by runtime."""

    itself: dict[str, list[Outcome]] = field(default_factory=lambda: {runtime: [] for runtime in RUNTIMES})
    extra: dict[str, list[Outcome]] = field(default_factory=lambda: {runtime: [] for runtime in RUNTIMES})


def ask_runtimes(found: Found) -> None:
    """A model against itself, and 3% extra work, once on each runtime."""
    for runtime in RUNTIMES:
        chosen = ("--runtime", runtime)
        found.itself[runtime].append(compare(MODEL, MODEL, *chosen, budget_s=ITSELF_S))
        extra = compare(PLAIN, LONGER, "--input", stack.INPUT, *chosen, budget_s=EXTRA_S)
        found.extra[runtime].append(extra)


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


def main() -> None:
    """All rounds; ``results/trust.md`` is written anew after each."""
    found = Found()
    for _ in range(ROUNDS):
        ask_runtimes(found)
        parts = (itself(found), extra_work(found))
        write("trust", "Trust", *parts, describe_session(PACKAGES))

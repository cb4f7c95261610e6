"""A model against itself, again and again.

Goals: of 20 comparisons of mobilenet_v2 with itself at a budget of 8 s at most one is called different, and the typical
interval is within 3% of 1.
"""

from __future__ import annotations

from statistics import median

from benchmarks.comparisons import compare
from benchmarks.report import describe_session, write

REPEATS = 20
BUDGET_S = 8


def itself() -> str:
    """mobilenet_v2 against itself, again and again."""
    outcomes = [compare("mobilenet_v2", "mobilenet_v2", budget_s=BUDGET_S) for _ in range(REPEATS)]
    called = sum(outcome.resolved for outcome in outcomes)
    reach = median(outcome.reach for outcome in outcomes)
    ratios = sorted(outcome.ratio for outcome in outcomes)
    told = (
        f"- called faster or slower: {called} of {REPEATS} (goal: at most 1)",
        f"- far end of the interval from 1: median {reach:.1%} (goal: 3%)",
        f"- ratios: {ratios[0]:.3f} to {ratios[-1]:.3f}, median {median(ratios):.3f}",
    )
    command = f"`cnnprof compare mobilenet_v2 mobilenet_v2 --budget {BUDGET_S}`, {REPEATS} times."
    return "\n\n".join(("## A model against itself", command, "\n".join(told)))


def main() -> None:
    """The report in ``results/timing.md``."""
    write("timing", "Timing", itself(), describe_session())

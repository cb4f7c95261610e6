"""How far a verdict can be trusted: a model against itself, and a ratio with a neighbour on one core.

Goals: of 20 comparisons of mobilenet_v2 with itself at a budget of 8 s at most one is called different, and the typical
interval is within 3% of 1; with one core kept busy the ratio stays within 5% of the quiet one, or the verdict is "not
resolved".
"""

from __future__ import annotations

from contextlib import nullcontext
from statistics import median

from benchmarks.comparisons import compare, neighbour
from benchmarks.report import describe_machine, table, write

REPEATS = 20
PAIRS = 5
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


def beside_a_neighbour() -> str:
    """mobilenet_v2 over shufflenet_v2, alternately quiet and with one core busy."""
    rows = []
    for number in range(PAIRS):
        for busy in (False, True):
            with neighbour() if busy else nullcontext():
                outcome = compare("shufflenet_v2", "mobilenet_v2", budget_s=BUDGET_S)
            machine = "one core busy" if busy else "quiet"
            rows.append((str(number + 1), machine, outcome.interval, outcome.verdict))
    header = ("pair", "machine", "time of mobilenet_v2 over shufflenet_v2", "verdict")
    command = f"`cnnprof compare shufflenet_v2 mobilenet_v2 --budget {BUDGET_S}`, alternately."
    goal = "Goal: within 5% of the quiet ratio, or not resolved."
    return "\n\n".join(("## A ratio with one core kept busy", command, table(header, rows), goal))


def main() -> None:
    """Both, written to ``results/timing.md`` as each is done."""
    parts: list[str] = []
    for part in (itself, beside_a_neighbour):
        parts.append(part())
        write("timing", "Timing", *parts, describe_machine())

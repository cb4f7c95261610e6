"""How far a verdict can be trusted: a model against itself, and a ratio with a neighbour on one core.

Each comparison is a process of its own, as a user would run it. Goals: of 20 comparisons of mobilenet_v2 with itself
at a budget of 8 s at most one is called different, and the typical interval is within 3% of 1; with one core kept
busy the ratio stays within 5% of the quiet one, or the verdict is "not resolved".
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from statistics import median

from benchmarks.report import RESULTS, describe_machine

REPEATS = 20
PAIRS = 5
BUDGET_S = 8
BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10_000))"


@dataclass(frozen=True)
class Outcome:
    """The second model of one comparison: its ratio to the first, the interval, the verdict."""

    ratio: float
    low: float
    high: float
    verdict: str

    @property
    def reach(self) -> float:
        """How far the interval's far end is from 1."""
        return max(self.high - 1, 1 - self.low)


def compare(first: str, second: str) -> Outcome:
    """``cnnprof compare first second`` in a process of its own."""
    options = ["--budget", str(BUDGET_S), "--format", "json", "--quiet"]
    command = [sys.executable, "-m", "cnnprof", "compare", first, second, *options]
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


def itself() -> list[str]:
    """mobilenet_v2 against itself, again and again."""
    outcomes = [compare("mobilenet_v2", "mobilenet_v2") for _ in range(REPEATS)]
    called = sum(outcome.verdict in ("faster", "slower") for outcome in outcomes)
    reach = median(outcome.reach for outcome in outcomes)
    ratios = sorted(outcome.ratio for outcome in outcomes)
    return [
        "## A model against itself",
        "",
        f"`cnnprof compare mobilenet_v2 mobilenet_v2 --budget {BUDGET_S}`, {REPEATS} times.",
        "",
        f"- called faster or slower: {called} of {REPEATS} (goal: at most 1)",
        f"- far end of the interval from 1: median {reach:.1%} (goal: 3%)",
        f"- ratios: {ratios[0]:.3f} to {ratios[-1]:.3f}, median {median(ratios):.3f}",
        "",
    ]


def beside_a_neighbour() -> list[str]:
    """mobilenet_v2 over shufflenet_v2, alternately quiet and with one core busy."""
    rows = []
    for number in range(PAIRS):
        for busy in (False, True):
            with neighbour() if busy else nullcontext():
                outcome = compare("shufflenet_v2", "mobilenet_v2")
            interval = f"{outcome.ratio:.2f} [{outcome.low:.2f}, {outcome.high:.2f}]"
            rows.append(
                f"| {number + 1} | {'one core busy' if busy else 'quiet'} | {interval} | {outcome.verdict} |"
            )
    return [
        "## A ratio with one core kept busy",
        "",
        f"`cnnprof compare shufflenet_v2 mobilenet_v2 --budget {BUDGET_S}`, alternately.",
        "",
        "| pair | machine | time of mobilenet_v2 over shufflenet_v2 | verdict |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        "Goal: within 5% of the quiet ratio, or not resolved.",
        "",
    ]


def main() -> None:
    """Both, written to ``results/timing.md`` as each is done."""
    lines = ["# Timing", ""]
    for part in (itself, beside_a_neighbour):
        lines += part()
        text = "\n".join([*lines, describe_machine(), ""])
        (RESULTS / "timing.md").write_text(text, encoding="utf-8")

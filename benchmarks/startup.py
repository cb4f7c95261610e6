"""From typing a command to its answer, against importing what it cannot do without; in turns.

Goals: ``cnnprof --help`` and ``cnnprof list`` within 1.5 times ``python -c "import typer, rich.table"``;
``cnnprof profile mobilenet_v2 --no-latency`` within 1.25 times ``python -c "import torch"``.
"""

from __future__ import annotations

import compileall
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import cnnprof
from benchmarks.report import describe_machine, median_ratio, table, write

ROUNDS = 15
COMMAND = str(Path(sys.executable).with_name("cnnprof"))
LIGHT = ("import typer, rich.table", [sys.executable, "-c", "import typer, rich.table"])
HEAVY = ("import torch", [sys.executable, "-c", "import torch"])
# What is typed, what it is set against, and the largest ratio that is good enough.
PAIRS = (
    ("cnnprof --help", [COMMAND, "--help"], LIGHT, 1.5),
    ("cnnprof list", [COMMAND, "list"], LIGHT, 1.5),
    (
        "cnnprof profile mobilenet_v2 --no-latency",
        [COMMAND, "profile", "mobilenet_v2", "--no-latency"],
        HEAVY,
        1.25,
    ),
)


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - start


def measure(commands: dict[str, list[str]]) -> dict[str, list[float]]:
    """Every command once a round, in a new order each; the first round fills the disk's cache and is not kept."""
    found: dict[str, list[float]] = {name: [] for name in commands}
    order, random = list(commands), Random(0)
    for round_number in range(ROUNDS + 1):
        random.shuffle(order)
        for name in order:
            taken = seconds(commands[name])
            if round_number:
                found[name].append(taken)
    return found


def main() -> None:
    """Measure all commands and write ``results/startup.md``."""
    # As after the first run of any user: what cnnprof is set against was compiled when it was installed.
    compileall.compile_dir(str(Path(cnnprof.__path__[0])), quiet=1)
    commands = {name: command for name, command, _, _ in PAIRS} | dict([LIGHT, HEAVY])
    found = measure(commands)
    rows, reached = [], []
    for name, _, (against, _), goal in PAIRS:
        ratio = median_ratio(found[name], found[against])
        reached.append(f"{name} {ratio:.2f} (goal {goal:g})")
        rows.append(
            [f"`{name}`", f"{median(found[name]) * 1e3:.0f}", f"`{against}`", f"{median(found[against]) * 1e3:.0f}",
             f"{ratio:.2f}", f"{goal:g}"]
        )  # fmt: skip
    summary = f"Ratios: {', '.join(reached)}. Medians of {ROUNDS} rounds, each command once a round."
    print(summary)
    header = ["command", "median ms", "against", "median ms", "ratio", "goal"]
    write("startup", "Start-up", summary, describe_machine(("torch", "typer", "rich")), table(header, rows))


if __name__ == "__main__":
    main()

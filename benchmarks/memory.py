"""Memory while counting: a 4096 x 4096 picture against one of 224 x 224.

Goal: within 10%. Each count runs in a process of its own, which tells how far its peak resident size has grown.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from benchmarks.report import describe_machine, table, write

MODELS = ("mobilenet_v2", "shufflenet_v2", "efficientnet_b0", "resnet50")
SIDES = (224, 4096)
REPEATS = 3
GOAL = 1.1
# The built network and one small count are there before, and Linux is told to forget the peak so far (5): what is
# measured is the peak while counting.
CODE = """
import re, sys
from pathlib import Path
import cnnprof

def kilobytes(field):
    return int(re.search(field + r":\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))

name, side = sys.argv[1], int(sys.argv[2])
model = cnnprof.load_model(name)
cnnprof.count(cnnprof.load_model("squeezenet1_1"), 64)
Path("/proc/self/clear_refs").write_text("5")
before = kilobytes("VmRSS")
counts = cnnprof.count(model, side)
print(before, kilobytes("VmHWM"), counts.macs)
"""


def measure(name: str, side: int) -> tuple[int, int, int]:
    """Resident kilobytes before counting, their peak while counting, and the multiply-adds found."""
    ended = subprocess.run(
        [sys.executable, "-c", CODE, name, str(side)], capture_output=True, text=True, check=True
    )
    before, after, macs = map(int, ended.stdout.split())
    return before, after, macs


def main() -> None:
    """Measure all networks and write ``results/memory.md``."""
    rows, worst = [], 0.0
    for name in MODELS:
        runs = {side: [measure(name, side) for _ in range(REPEATS)] for side in SIDES}
        peaks = [median(after for _, after, _ in runs[side]) for side in SIDES]
        grown = [median(after - before for before, after, _ in runs[side]) for side in SIDES]
        worst = max(worst, peaks[1] / peaks[0])
        macs = runs[SIDES[1]][0][2]
        rows.append(
            [name, *[f"{peak / 1024:.0f}" for peak in peaks], f"{peaks[1] / peaks[0]:.3f}",
             *[f"{size / 1024:.1f}" for size in grown], f"{macs:,}"]
        )  # fmt: skip
    header = [
        "network",
        "peak MB, 224",
        "peak MB, 4096",
        "ratio",
        "growth MB, 224",
        "growth MB, 4096",
        "macs at 4096",
    ]
    summary = f"Largest ratio of the peaks: {worst:.3f}. Goal: {GOAL:g}. Medians of {REPEATS} processes each."
    print(summary)
    write("memory", "Memory while counting", summary, describe_machine(), table(header, rows))


if __name__ == "__main__":
    main()

"""Whether the latency is the one that each runtime's own tool reports, and what the harness costs.

``benchmarks.beside`` lets the session that cnnprof times and the tool take turns of half a second, each in a process of
its own with the same threads and flags. Goals: medians within 3%; the harness costs below 1% of a model of 1 ms.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.beside import MODEL, SECONDS, SLICE_S, TOOLS
from benchmarks.report import describe_machine, median_ratio, table, write

PAIRS = 5
TURNS, CALLS = 300, 20

EXPORT = """
import cnnprof, torch
x = torch.randn(1, 3, 224, 224)
torch.onnx.export(cnnprof.load_model("{model}"), (x,), "{file}", dynamo=True, verbose=False, external_data=False)
"""


def agreement() -> str:
    """The median of the ratios of both medians, over pairs of fresh processes."""
    rows = []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        _run("-c", EXPORT.format(model=MODEL, file=file))
        for runtime, (tool, _) in TOOLS.items():
            pairs = [json.loads(_run("-m", "benchmarks.beside", runtime, str(file))) for _ in range(PAIRS)]
            ratios = sorted(pair["ours_s"] / pair["tool_s"] for pair in pairs)
            spread = f"{ratios[0]:.3f} to {ratios[-1]:.3f}"
            rows.append((runtime, tool, f"{median(ratios):.3f}", spread))
    what = (
        f"{MODEL}, {PAIRS} pairs of processes, {SECONDS} s each, in turns of {SLICE_S:g} s. Goal: within 3%."
    )
    header = ("runtime", "its own tool", "cnnprof over tool, median", "range")
    return "\n\n".join(("## Latency beside the runtime's own tool", what, table(header, rows)))


def overhead() -> str:
    """What a call costs more when each is read from the clock: beside a loop that reads it before and after all."""
    import torch

    from cnnprof.runtimes.eager.runtime import CpuSession

    class Waiting(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            end = perf_counter() + 1e-3
            while perf_counter() < end:
                pass
            return x

    model, x = Waiting(), torch.zeros(1)
    session = CpuSession(model, (x,))
    reported, by_hand = [], []
    for _ in range(TURNS):
        reported.append(median(session.time(CALLS)))
        with torch.inference_mode():
            start = perf_counter()
            for _ in range(CALLS):
                model(x)
            by_hand.append((perf_counter() - start) / CALLS)
    cost = median_ratio(reported, by_hand) - 1
    what = f"A module that waits 1 ms: the session's median beside a plain loop, {TURNS} turns of {CALLS} calls each."
    return "\n\n".join(("## Overhead of the harness", what, f"{cost:+.2%} (goal: below 1%)."))


def _run(*arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1] if done.stdout else ""


def main() -> None:
    """Both parts, to ``results/agreement.md``."""
    packages = ("torch", "onnxruntime", "openvino")
    write("agreement", "Agreement", overhead(), agreement(), describe_machine(packages))

"""Whether the reported latency is the one that each runtime's own tool reports, and what the harness costs.

``cnnprof profile`` and the tool take turns, each in a process of its own, with the same threads and options: for eager
``torch.utils.benchmark``, for ONNX Runtime the plain loop of its documentation, for OpenVINO its ``benchmark_app -hint
latency``. Goals: medians within 3%; the harness costs below 1% of a model that takes 1 ms.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.report import describe_machine, median_ratio, table, write

MODEL = "mobilenet_v2"
REPEATS = 7
SECONDS = 5
TURNS, CALLS = 300, 20

EAGER = """
import cnnprof, torch
from torch.utils.benchmark import Timer
torch.set_num_threads({threads})
model, x = cnnprof.load_model("{model}"), torch.randn(1, 3, 224, 224)
with torch.inference_mode():
    model(x)
    timer = Timer("model(x)", globals={{"model": model, "x": x}}, num_threads={threads})
    print(timer.blocked_autorange(min_run_time={seconds}).median)
"""
EXPORT = """
import cnnprof, torch
x = torch.randn(1, 3, 224, 224)
torch.onnx.export(cnnprof.load_model("{model}"), (x,), "{file}", dynamo=True, verbose=False, external_data=False)
"""
ONNX = """
import os
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import numpy, onnxruntime, time
from statistics import median
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = {threads}
options.add_session_config_entry("session.intra_op.allow_spinning", "{spinning}")
session = onnxruntime.InferenceSession("{file}", options, providers=["CPUExecutionProvider"])
feed = {{session.get_inputs()[0].name: numpy.random.randn(1, 3, 224, 224).astype("float32")}}
seconds, start = [], time.perf_counter()
while time.perf_counter() - start < {seconds}:
    before = time.perf_counter()
    session.run(None, feed)
    seconds.append(time.perf_counter() - before)
print(median(seconds[len(seconds) // 5:]))
"""


def ours(runtime: str) -> tuple[float, dict[str, str], int]:
    """cnnprof's median latency in seconds, the runtime's options, the threads."""
    options = ["--runtime", runtime, "--budget", str(SECONDS), "--format", "json", "--quiet"]
    command = [sys.executable, "-m", "cnnprof", "profile", MODEL, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)["results"][0]
    return (
        result["columns"]["latency_ms"] / 1e3,
        result["preparation"]["options"],
        result["columns"]["threads"],
    )


def of_eager(file: Path, options: dict[str, str], threads: int) -> float:
    """``torch.utils.benchmark``."""
    return float(_run(EAGER.format(model=MODEL, seconds=SECONDS, threads=threads)))


def of_onnxruntime(file: Path, options: dict[str, str], threads: int) -> float:
    """A plain loop."""
    spinning = options["intra_op.allow_spinning"]
    return float(_run(ONNX.format(file=file, seconds=SECONDS, threads=threads, spinning=spinning)))


def of_openvino(file: Path, options: dict[str, str], threads: int) -> float:
    """``benchmark_app``."""
    app = Path(sys.executable).with_name("benchmark_app")
    command = [str(app), "-m", str(file), "-d", "CPU", "-hint", "none", "-nstreams", "1", "-api", "sync"]
    limits = ["-nthreads", str(threads), "-t", str(SECONDS), "-infer_precision", "f32"]
    done = subprocess.run([*command, *limits], capture_output=True, text=True, check=True)
    found = re.search(r"Median:\s+([\d.]+) ms", done.stdout)
    assert found, done.stdout
    return float(found[1]) / 1e3


TOOLS: dict[str, Callable[[Path, dict[str, str], int], float]] = {
    "eager": of_eager,
    "onnxruntime": of_onnxruntime,
    "openvino": of_openvino,
}


def agreement() -> str:
    """Both medians in turns, and the median of their ratios."""
    rows = []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        _run(EXPORT.format(model=MODEL, file=file))
        for runtime, tool in TOOLS.items():
            mine, theirs = [], []
            for _ in range(REPEATS):
                seconds, options, threads = ours(runtime)
                mine.append(seconds)
                theirs.append(tool(file, options, threads))
            ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
            name = (tool.__doc__ or "").rstrip(".")
            spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
            rows.append((runtime, name, f"{median_ratio(mine, theirs):.3f}", spread))
    what = f"{MODEL}, {REPEATS} pairs of {SECONDS} s each, in turns. Goal: within 3%."
    header = ("runtime", "its own tool", "cnnprof over tool, median", "range")
    return "\n\n".join(("## Latency beside the runtime's own tool", what, table(header, rows)))


def overhead() -> str:
    """What a call costs beyond the model: the session's loop around a call that only waits 1 ms, by the clock."""
    import torch

    from cnnprof.runtimes.eager import CpuSession

    class Waiting(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            end = perf_counter() + 1e-3
            while perf_counter() < end:
                pass
            return x

    session = CpuSession(Waiting(), (torch.zeros(1),))
    reported, waited = [], []
    for _ in range(TURNS):
        reported.append(median(session.time(CALLS)))
        waited.append(_by_hand())
    cost = median_ratio(reported, waited) - 1
    what = f"A call that waits 1 ms: {TURNS} turns of {CALLS} calls beside the same wait by hand."
    return "\n\n".join(("## Overhead of the harness", what, f"{cost:.2%} (goal: below 1%)."))


def _by_hand() -> float:
    seconds = []
    for _ in range(CALLS):
        start = perf_counter()
        while perf_counter() < start + 1e-3:
            pass
        seconds.append(perf_counter() - start)
    return median(seconds)


def _run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1] if done.stdout else ""


def main() -> None:
    """Both parts, to ``results/agreement.md``."""
    packages = ("torch", "onnxruntime", "openvino")
    write("agreement", "Agreement", overhead(), agreement(), describe_machine(packages))

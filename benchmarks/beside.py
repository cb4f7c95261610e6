"""``python -m benchmarks.beside RUNTIME FILE``: one runtime as cnnprof times it, and as its own tool does, in slices.

The tool is a process of its own that is stopped (SIGSTOP) while our session takes a turn, from the same core: both see
the same machine half a second apart, for one after the other two processes differ by more than what is asked here.
Prints the two medians as JSON, in seconds. For eager the tool is ``torch.utils.benchmark``, for ONNX Runtime the plain
loop of its documentation on the exported ``FILE``, for OpenVINO its ``benchmark_app`` on the same file.
"""

from __future__ import annotations

import gc
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import sleep

from cnnprof.measure.machine.placement import core_of, held_to
from cnnprof.pipeline.preparing import prepare
from cnnprof.pipeline.resolve import resolve, settle
from cnnprof.records.request import Request
from cnnprof.runtimes.allocator import keep_memory
from cnnprof.runtimes.registry import Session

MODEL, INPUT = "mobilenet_v2", (3, 224, 224)
SECONDS = 12  # of the tool, the time that it is stopped included
SLICE_S = 0.5

# Both tools run under the flags that cnnprof sets and records: denormals flushed, freed memory kept.
EAGER = """
from cnnprof.runtimes.allocator import keep_memory
keep_memory()
import cnnprof, torch
from torch.utils.benchmark import Timer
torch.set_num_threads({threads})
torch.set_flush_denormal(True)
model, x = cnnprof.load_model("{model}"), torch.randn(1, 3, 224, 224)
with torch.inference_mode():
    model(x)
    timer = Timer("model(x)", globals={{"model": model, "x": x}}, num_threads={threads})
    print("begins", flush=True)
    print("median", timer.blocked_autorange(min_run_time={seconds}).median)
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
print("begins", flush=True)
seconds, start = [], time.perf_counter()
while time.perf_counter() - start < {seconds}:
    before = time.perf_counter()
    session.run(None, feed)
    seconds.append(time.perf_counter() - before)
print("median", median(seconds))
"""


class Tool:
    """The runtime's own tool: a command, the line that tells that it measures, and where its median stands."""

    def __init__(self, command: list[str], begins: str, found: str, unit_s: float) -> None:
        self._found, self._unit_s = found, unit_s
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._lines: list[str] = []
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
            if begins in line:
                break
        self._process.send_signal(signal.SIGSTOP)

    def measures(self) -> bool:
        """Let it measure for one slice; False where it has ended."""
        self._process.send_signal(signal.SIGCONT)
        sleep(SLICE_S)
        if self._process.poll() is not None:
            return False
        self._process.send_signal(signal.SIGSTOP)
        return True

    def core(self) -> int | None:
        """The core that it ran on last."""
        return core_of(self._process.pid)

    def median_s(self) -> float:
        """What it reports, once it has ended."""
        text = "".join(self._lines) + self._process.communicate()[0]
        found = re.search(self._found, text)
        assert found, text
        return float(found[1]) * self._unit_s


def of_eager(file: Path, ready: Session, threads: int) -> Tool:
    """The median of its blocks; it runs the zoo's network itself, not the file."""
    program = EAGER.format(model=MODEL, seconds=SECONDS, threads=threads)
    return Tool([sys.executable, "-W", "ignore", "-c", program], "begins", r"median (\S+)", 1.0)


def of_onnxruntime(file: Path, ready: Session, threads: int) -> Tool:
    """The loop of the documentation, which has threads spin where our session does."""
    spinning = ready.preparation.options["intra_op.allow_spinning"]
    program = ONNX.format(file=file, seconds=SECONDS, threads=threads, spinning=spinning)
    return Tool([sys.executable, "-W", "ignore", "-c", program], "begins", r"median (\S+)", 1.0)


def of_openvino(file: Path, ready: Session, threads: int) -> Tool:
    """One stream and one request at a time, as the latency hint has it: with a hint it takes no count of threads."""
    app = Path(sys.executable).with_name("benchmark_app")
    command = [str(app), "-m", str(file), "-d", "CPU", "-hint", "none", "-nstreams", "1", "-api", "sync"]
    limits = ["-nthreads", str(threads), "-t", str(SECONDS), "-infer_precision", "f32"]
    return Tool([*command, *limits], "[Step 10/11]", r"Median:\s+([\d.]+) ms", 1e-3)


TOOLS: dict[str, tuple[str, Callable[[Path, Session, int], Tool]]] = {
    "eager": ("`torch.utils.benchmark`", of_eager),
    "onnxruntime": ("a plain loop", of_onnxruntime),
    "openvino": ("`benchmark_app`", of_openvino),
}


def medians(runtime: str, file: Path) -> tuple[float, float]:
    """Seconds of a call as our session takes it, and as the tool reports it."""
    model = MODEL if runtime == "eager" else str(file)
    request = settle(Request(model, inputs=(INPUT,), device="cpu", runtime=runtime))
    ready = prepare(request, resolve(request), alone=True)
    gc.collect()
    gc.freeze()  # as a worker does; the tools switch the collector off, or have little for it to walk over
    calls = max(1, round(SLICE_S / min(ready.time(10))))
    _, start = TOOLS[runtime]
    tool = start(file, ready, request.threads or 1)
    ours: list[float] = []
    while tool.measures():
        with held_to(tool.core()):
            ours += ready.time(calls)[1:]  # the first finds cold caches: a lead-in, as in every turn
    return median(ours), tool.median_s()


if __name__ == "__main__":
    keep_memory()
    ours_s, tool_s = medians(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps({"ours_s": ours_s, "tool_s": tool_s}))

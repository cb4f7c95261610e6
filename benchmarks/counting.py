"""Counting a built network: cnnprof against the other counters, in turns.

Goal: at least 10 times faster than the fastest of the others, the total being exactly right.
"""

from __future__ import annotations

import gc
import io
import logging
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any

import torch
from torch import nn

import cnnprof
from benchmarks.report import describe_machine, median_ratio, table, write
from cnnprof.zoo.catalogue import find_entry

MODELS = ("mobilenet_v2", "shufflenet_v2", "efficientnet_b0", "resnet50")
ROUNDS, CALLS = 7, 5
OURS = "cnnprof"
GOAL = 10.0
SHAPE = (1, 3, 224, 224)
Count = Callable[[nn.Module], int]


@dataclass
class Runs:
    """One counter on one network: seconds of every round, by the clock and of all its threads together, and the total
    it found in its own unit.
    """

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    total: int = 0
    problem: str = ""


def ours(model: nn.Module) -> int:
    """cnnprof: multiply-adds, and everything else it counts on the way."""
    return cnnprof.count(model, SHAPE[1:]).macs


def fvcore(model: nn.Module) -> int:
    """FlopCountAnalysis: multiply-adds, batch norm and pooling."""
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, torch.zeros(SHAPE))
    return int(analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total())


def thop(model: nn.Module) -> int:
    """profile: multiply-adds of layers."""
    from thop import profile

    return int(profile(model, (torch.zeros(SHAPE),), verbose=False)[0])


def ptflops(backend: str) -> Count:
    """get_model_complexity_info with one of its two backends.

    It gets an input: its own is memory that nobody has set. Where denormals lie there, a pass takes several times as
    long, and cnnprof would look the faster for it.
    """

    def count(model: nn.Module) -> int:
        from ptflops import get_model_complexity_info

        found = get_model_complexity_info(
            model,
            SHAPE[1:],
            input_constructor=lambda _: {"x": torch.zeros(SHAPE)},
            as_strings=False,
            print_per_layer_stat=False,
            verbose=False,
            backend=backend,
        )
        return int(found[0])

    return count


def torchinfo(model: nn.Module) -> int:
    """summary: its mult-adds."""
    from torchinfo import summary

    return int(summary(model, SHAPE, verbose=0).total_mult_adds)


def torchprofile(model: nn.Module) -> int:
    """profile_macs."""
    from torchprofile import profile_macs

    total: Any = profile_macs(model, torch.zeros(SHAPE))  # typed as a table too, which it is only on request
    return int(total)


def flop_counter_mode(device: str) -> Count:
    """torch's FlopCounterMode: 2 flops a multiply-add; on meta the network has to be moved there first."""

    def count(model: nn.Module) -> int:
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.zeros(SHAPE, device=device))
        return int(counter.get_total_flops())

    return count


COUNTERS: dict[str, Count] = {
    OURS: ours,
    "fvcore": fvcore,
    "thop": thop,
    "ptflops (pytorch)": ptflops("pytorch"),
    "ptflops (aten)": ptflops("aten"),
    "torchinfo": torchinfo,
    "torchprofile": torchprofile,
    "FlopCounterMode": flop_counter_mode("cpu"),
    "FlopCounterMode (meta)": flop_counter_mode("meta"),
}
UNITS = {
    "fvcore": "with batch norm and pooling",
    "ptflops (pytorch)": "with activations, norms and pooling",
    "torchinfo": "with the parameters of norms",
    "FlopCounterMode": "2 a multiply-add",
    "FlopCounterMode (meta)": "2 a multiply-add",
}


def take_turn(count: Count, model: nn.Module, runs: Runs) -> None:
    """Calls with the collector off, their prints and warnings going nowhere; the median of all but the first.

    The first refills the caches that another counter used: counting is what sweeps do again and again, and no counter
    is there followed by eight others. Each turn has a copy of the network: thop leaves buffers in what it has counted,
    and ptflops hooks.
    """
    if runs.problem:
        return
    model = deepcopy(model)
    gc.collect()
    gc.disable()
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            count(model)
            seconds, cpu_seconds = [], []
            for _ in range(CALLS):
                start, cpu_start = perf_counter(), process_time()
                runs.total = count(model)
                seconds.append(perf_counter() - start)
                cpu_seconds.append(process_time() - cpu_start)
        runs.seconds.append(median(seconds))
        runs.cpu_seconds.append(median(cpu_seconds))
    except Exception as error:
        runs.problem = f"{type(error).__name__}: {error}".splitlines()[0][:60]
    finally:
        gc.enable()


def measure(name: str) -> dict[str, Runs]:
    """All counters on one network, in a new order each round; the first round warms up and is not kept."""
    model = cnnprof.load_model(name)
    on_meta = cnnprof.load_model(name).to("meta")
    found = {counter: Runs() for counter in COUNTERS}
    order, random = list(COUNTERS), Random(0)
    for round_number in range(ROUNDS + 1):
        random.shuffle(order)
        for counter in order:
            take_turn(COUNTERS[counter], on_meta if "meta" in counter else model, found[counter])
        if round_number == 0:
            gc.collect()
            gc.freeze()  # or collecting would walk over all of torch before each turn
            for runs in found.values():
                runs.seconds.clear()
                runs.cpu_seconds.clear()
    return found


def section(name: str, found: dict[str, Runs]) -> tuple[str, float, float]:
    """The table of one network, and how many times the time, and the processors' time, of cnnprof the best other takes.

    The best is another one for each: a peer that computes a forward pass holds all cores, cnnprof one.
    """
    exact = find_entry(name).reference.macs
    mine = found[OURS]
    peers = [runs for counter, runs in found.items() if counter != OURS and not runs.problem]
    fastest = min((runs.seconds for runs in peers), key=median)
    thriftiest = min((runs.cpu_seconds for runs in peers), key=median)
    rows = []
    for counter, runs in found.items():
        if runs.problem:
            rows.append([counter, "", "", "", "", runs.problem, ""])
            continue
        rows.append(
            [
                counter,
                f"{median(runs.seconds) * 1e3:.1f}",
                f"{median_ratio(runs.seconds, mine.seconds):.1f}",
                f"{median(runs.cpu_seconds) * 1e3:.1f}",
                f"{median_ratio(runs.cpu_seconds, mine.cpu_seconds):.1f}",
                f"{runs.total:,}",
                "exact" if runs.total == exact else UNITS.get(counter, ""),
            ]
        )
    assert found[OURS].total == exact, f"{name}: {found[OURS].total} instead of {exact}"
    header = ["counter", "median ms", "times cnnprof's", "CPU ms", "times cnnprof's", "total", ""]
    ratios = median_ratio(fastest, mine.seconds), median_ratio(thriftiest, mine.cpu_seconds)
    return f"## {name}\n\n{table(header, rows)}", *ratios


def _named(ratios: Sequence[float]) -> str:
    return ", ".join(f"{name} {ratio:.1f}" for name, ratio in zip(MODELS, ratios, strict=True))


def main() -> None:
    """Measure all networks and write ``results/counting.md``."""
    logging.disable(logging.WARNING)
    sections, times, cpu_times = zip(*(section(name, measure(name)) for name in MODELS), strict=True)
    summary = (
        f"Times faster than the fastest of the others: {_named(times)}. Goal: {GOAL:g}, with the exact total. "
        f"In processor time, which is what a sweep on all cores pays: {_named(cpu_times)}. "
        f"Medians of {ROUNDS} rounds in which every counter takes one turn of {CALLS} calls after one to warm up, "
        "on the built network at 224 x 224."
    )
    packages = ("torch", "fvcore", "thop", "ptflops", "torchinfo", "torchprofile")
    print(summary)
    write("counting", "Counting a built network", summary, describe_machine(packages), *sections)


if __name__ == "__main__":
    main()

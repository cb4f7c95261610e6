"""Measures what the machine can do at best with torch: products, bytes from memory and from cache, calls.

Each limit is the best of several kernels and shapes, and of many short runs: a run that is disturbed counts for
nothing, and a neighbour who keeps a core busy leaves moments in between. Where it leaves too few for all threads to run
at once, one thread alone, timed by the time that it ran, tells what all of them could do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median
from time import perf_counter, process_time, thread_time

import torch
from torch import nn

from cnnprof.records.ceilings import Ceilings, Rate, higher
from cnnprof.runtimes.as_found import with_threads
from cnnprof.runtimes.ceiling_kernels import PIECE, Kernel, near, products, streams
from cnnprof.runtimes.eager.device import find_accelerator, free_bytes_of, give_back
from cnnprof.runtimes.precision import exact_float32

COPIED = 4  # times the largest cache, of which next to nothing is still in cache when it is read again
SMALLEST, LARGEST = 64 * 2**20, 2**30  # bytes of one tensor of the large copy
CALLS = 300
QUEUED = 4  # calls on an accelerator for one wait, as launching and waiting are no part of what it can do
LONGEST_S = 0.4  # of one call: larger shapes of something that slow are left out
CROWDED = 0.4  # of as many times what one thread does; two threads that share a core reach 0.5
HELD = 0.9  # of the time of all threads; those that have a core to run on spend nearly all of it there


def measure_ceilings(
    dtype: str,
    threads: int,
    device: str = "cpu",
    *,
    capacity_bytes: int | None = None,
    free_bytes: int | None = None,
    budget_s: float = 1.2,
) -> Ceilings:
    """The limits at that dtype and thread count, in about ``budget_s`` seconds.

    ``capacity_bytes`` is the processor's largest cache, ``free_bytes`` the machine's memory that may be used. torch's
    settings are as before when it returns. A dtype that torch multiplies slowly here has a low peak: that is what its
    networks run at.
    """
    start = perf_counter()
    where = torch.device(device)
    kind = getattr(torch, dtype)
    if where.type == "cpu":
        copied = _copied_bytes(capacity_bytes, free_bytes)
    else:  # it has caches of its own, and torch does not tell how large each kind's last one is
        capacity_bytes, copied = None, _copied_bytes(LARGEST, free_bytes_of(where) or free_bytes)
    with torch.inference_mode(), exact_float32(), with_threads(threads):
        macs = _best(lambda: products(kind, where), threads, 0.5 * budget_s, where, apart=True)
        memory = _best(lambda: streams(copied, where), threads, 0.3 * budget_s, where, apart=False)
        cache = (
            _best(lambda: near(where), threads, 0.15 * budget_s, where, apart=True)
            if where.type == "cpu"
            else None
        )
        overhead_s = _overhead_s(where)
    if where.type != "cpu":
        give_back(where)  # to the processes that are timed next
    spent_s = perf_counter() - start
    return Ceilings(dtype, threads, device, macs, memory, cache, overhead_s, capacity_bytes, spent_s)


def can_measure(device: str) -> bool:
    """Whether torch, which measures, has that device; other runtimes have some that it lacks."""
    here = find_accelerator()
    return device == "cpu" or (here is not None and here.type == device)


def _best(
    kernels: Callable[[], Iterable[Kernel]], threads: int, budget_s: float, device: torch.device, apart: bool
) -> Rate:
    """What all threads reach together, or one alone where that is more.

    ``apart``: threads do not share this limit. Where together they are far below as many times one thread's, and were
    kept from running, the cores are in use, and the latter is the limit. Where they ran all the time it is the machine
    that gives many threads less: its clock falls, or two share a core.
    """
    if threads == 1 or device.type != "cpu":
        return _highest(kernels(), budget_s, device)
    with with_threads(1):
        alone = _highest(kernels(), 0.25 * budget_s, device)
    began, ran = perf_counter(), process_time()
    together = _highest(kernels(), 0.5 * budget_s, device)
    held = process_time() - ran < HELD * threads * (perf_counter() - began)
    crowded = apart and held and together.per_s < CROWDED * threads * alone.per_s
    with with_threads(1 if crowded else threads):
        again = _highest(kernels(), 0.25 * budget_s, device)
    if crowded:
        alone = higher(alone, again)
        return Rate(
            threads * alone.per_s, f"{threads} times one thread's {alone.by}, as the cores were in use"
        )
    together = higher(together, again)
    return together if together.per_s >= alone.per_s else Rate(alone.per_s, f"one thread's {alone.by}")


def _highest(kernels: Iterable[Kernel], budget_s: float, device: torch.device) -> Rate:
    """The highest rate of any kernel; each is called for its part of the time that is left, and at least once."""
    best = Rate(0.0, "")
    left = list(kernels)  # the first tensor on a device waits for its driver
    end = perf_counter() + budget_s
    while left:
        name, amount, call = left.pop(0)
        if best.per_s and amount / best.per_s > LONGEST_S:
            continue
        fastest = _fastest_s(call, (end - perf_counter()) / (len(left) + 1), device)
        best = higher(best, Rate(amount / fastest, name))
    return best


def _fastest_s(call: Callable[[], object], budget_s: float, device: torch.device) -> float:
    """The shortest call; by a thread's own clock one of the shortest tenth, which a clock that lags cannot be."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    once = _ran_s if alone else _waited_s
    if device.type != "cpu":
        once(call, device)  # loads the libraries and kernels that it takes
    end = perf_counter() + budget_s
    times_s = [once(call, device)]
    while perf_counter() < end:
        times_s.append(once(call, device))
    times_s.sort()
    return times_s[len(times_s) // 10 if alone else 0]


def _waited_s(call: Callable[[], object], device: torch.device) -> float:
    calls = 1 if device.type == "cpu" else QUEUED
    _wait(device)
    start = perf_counter()
    for _ in range(calls):
        call()
    _wait(device)
    return (perf_counter() - start) / calls


def _ran_s(call: Callable[[], object], device: torch.device) -> float:
    """The time that one thread ran: waiting for a core is no part of what the core can do.

    A virtual machine takes off what its host stole, and sometimes late: then the clock stands still for a whole call,
    of which only the time that passed is known.
    """
    start, ran = perf_counter(), thread_time()
    call()
    ran = thread_time() - ran
    return ran if ran > 0 else perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def _copied_bytes(capacity_bytes: int | None, free_bytes: int | None) -> int:
    """Far beyond the largest cache, as far as an eighth of the free memory allows."""
    wanted = min(max(COPIED * (capacity_bytes or 0), SMALLEST), LARGEST)
    if free_bytes is not None:
        wanted = min(wanted, free_bytes // 8)
    return max(wanted // PIECE, 1) * PIECE


def _overhead_s(device: torch.device) -> float:
    """The usual time of calling a module on a single element."""
    module, value = nn.ReLU(inplace=True), torch.ones(1, device=device)
    for _ in range(20):
        module(value)
    seconds = []
    for _ in range(CALLS):
        start = perf_counter()
        module(value)
        seconds.append(perf_counter() - start)
    return median(seconds)

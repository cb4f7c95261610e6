"""The limits: what is tried and what is concluded; never how fast this machine is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace

import pytest
import torch

from cnnprof.records.ceilings import Rate
from cnnprof.runtimes import ceilings
from cnnprof.runtimes.as_found import with_threads
from cnnprof.runtimes.ceiling_kernels import Kernel
from cnnprof.runtimes.ceilings import measure_ceilings

CPU = torch.device("cpu")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that moves only as far as the kernels say."""
    now = [0.0]
    monkeypatch.setattr(ceilings, "perf_counter", lambda: now[0])
    monkeypatch.setattr(ceilings, "thread_time", lambda: now[0])
    monkeypatch.setattr(ceilings, "process_time", lambda: now[0])  # of two threads: one core for both
    threads = [2]
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda number: threads.__setitem__(0, number))
    return now


def kernels(
    clock: list[float], *made: tuple[str, float, Callable[[], float]]
) -> Callable[[], Iterable[Kernel]]:
    """Named kernels of so many macs, each call of which takes what the function says."""

    def run(seconds: Callable[[], float]) -> Callable[[], object]:
        return lambda: clock.__setitem__(0, clock[0] + seconds())

    return lambda: [(name, amount, run(seconds)) for name, amount, seconds in made]


def best(clock: list[float], *made: tuple[str, float, Callable[[], float]], apart: bool = True) -> Rate:
    return ceilings._best(kernels(clock, *made), 2, 1.0, CPU, apart)


SHORT, LONG = 1 / 64, 1 / 8  # seconds that add up exactly


def test_the_fastest_kernel_counts(clock: list[float]) -> None:
    made = ("small", 10, lambda: SHORT), ("large", 100, lambda: LONG)
    assert best(clock, *made) == Rate(800, "large")


def test_the_fastest_run_counts(clock: list[float]) -> None:
    together = iter([LONG, SHORT, *[LONG] * 100])

    def seconds() -> float:
        return next(together) if torch.get_num_threads() == 2 else LONG

    assert best(clock, ("one", 10, seconds)) == Rate(640, "one")


def test_one_thread_is_not_charged_for_waiting(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    # It has the core for half of the time.
    monkeypatch.setattr(ceilings, "thread_time", lambda: clock[0] / 2)
    made = kernels(clock, ("p", 10, lambda: SHORT))
    with with_threads(1):
        assert ceilings._best(made, 1, 1.0, CPU, True) == Rate(1280, "p")


def test_a_clock_that_stands_still_or_lags_makes_nothing_fast(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A host takes off stolen time late: one thread ran for nothing in one call, for a quarter of it in another.
    late_s = {1: SHORT, 12: SHORT * 0.75}
    calls = [0]

    def seconds() -> float:
        calls[0] += 1
        return SHORT

    def thread_time() -> float:
        return clock[0] - sum(late for call, late in late_s.items() if calls[0] == call)

    monkeypatch.setattr(ceilings, "thread_time", thread_time)
    with with_threads(1):
        assert ceilings._best(kernels(clock, ("p", 10, seconds)), 1, 1.0, CPU, True) == Rate(640, "p")


def test_what_would_take_too_long_is_left_out(clock: list[float]) -> None:
    def never() -> float:
        raise AssertionError

    assert best(clock, ("first", 10, lambda: LONG), ("slow", 1e6, never)).by == "first"


def crowded() -> float:
    """Two threads wait for each other, one runs freely."""
    return LONG if torch.get_num_threads() == 2 else SHORT


def test_where_the_cores_are_in_use_one_thread_tells(clock: list[float]) -> None:
    assert best(clock, ("p", 10, crowded)) == Rate(1280, "2 times one thread's p, as the cores were in use")


def test_where_all_threads_ran_the_machine_gives_no_more(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceilings, "process_time", lambda: 2 * clock[0])
    assert best(clock, ("p", 10, crowded)) == Rate(640, "one thread's p")


def test_what_threads_share_is_not_multiplied(clock: list[float]) -> None:
    assert best(clock, ("copy", 10, crowded), apart=False) == Rate(640, "one thread's copy")


def test_two_threads_of_one_core_are_believed(clock: list[float]) -> None:
    assert best(clock, ("p", 10, lambda: SHORT)) == Rate(640, "p")


def test_one_thread_is_measured_as_it_is(clock: list[float]) -> None:
    made = kernels(clock, ("p", 10, lambda: SHORT))
    assert ceilings._best(made, 1, 1.0, CPU, True) == Rate(640, "p")


@pytest.mark.parametrize(
    ("capacity", "free", "size"),
    [
        (None, None, 64 * 2**20),
        (32 * 2**20, None, 128 * 2**20),
        (2**30, None, 2**30),
        (32 * 2**20, 2**29, 64 * 2**20),
        (None, 1000, 8 * 2**20),
    ],
)
def test_the_copy_is_far_beyond_the_cache_and_fits_the_memory(
    capacity: int | None, free: int | None, size: int
) -> None:
    assert ceilings._copied_bytes(capacity, free) == size


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int8"])
def test_real_limits(dtype: str) -> None:
    before = torch.get_num_threads()
    found = measure_ceilings(dtype, 1, capacity_bytes=2**20, free_bytes=2**28, budget_s=0.05)
    assert (found.dtype, found.threads, found.device, found.capacity_bytes) == (dtype, 1, "cpu", 2**20)
    assert found.cache is not None
    assert min(found.macs.per_s, found.memory.per_s, found.cache.per_s, found.overhead_s) > 0
    assert "product" in found.macs.by or "convolution" in found.macs.by
    assert torch.get_num_threads() == before
    assert not torch.is_inference_mode_enabled()


def test_settings_are_restored_after_an_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(AttributeError):
        measure_ceilings("float31", 1)
    with pytest.raises(RuntimeError), with_threads(1):
        raise RuntimeError
    assert torch.get_num_threads() == before


META = torch.device("meta")  # stands for an accelerator: it computes nothing, and torch asks it nothing


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a device is asked that has 2 GiB free."""
    log: list[str] = []
    module = SimpleNamespace(
        mem_get_info=lambda device: (2**31, 2**34), empty_cache=lambda: log.append("give back")
    )
    monkeypatch.setattr(torch, "get_device_module", lambda device: module)
    monkeypatch.setattr(ceilings, "_wait", lambda device: log.append("wait"))
    return log


def test_a_device_is_measured_beyond_its_own_caches_and_within_its_own_memory(waits: list[str]) -> None:
    """The processor's would have it read 64 MiB again and again, which is what a device's cache holds."""
    found = measure_ceilings("float16", 1, "meta", capacity_bytes=2**20, free_bytes=2**40, budget_s=0.01)
    assert found.memory.by.split(",")[0].endswith("268 MB")  # an eighth of 2 GiB
    assert found.capacity_bytes is None
    assert found.cache is None
    assert waits[-1] == "give back"  # those who are timed need it


def test_memory_of_a_device_that_shares_the_machine_s(
    waits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_device_module", lambda device: SimpleNamespace(empty_cache=lambda: None))
    found = measure_ceilings("float16", 1, "meta", capacity_bytes=2**20, free_bytes=2**40, budget_s=0.01)
    assert found.memory.by.split(",")[0].endswith("1074 MB")


def test_a_device_waits_once_for_several_calls(clock: list[float], waits: list[str]) -> None:
    """Launching, and hearing that it is done, take as long as a product on a fast device."""

    def seconds() -> float:
        waits.append("call")
        return SHORT

    made = kernels(clock, ("p", 10, seconds))
    assert ceilings._best(made, 2, SHORT, META, True) == Rate(640, "p")
    assert waits == ["wait", *["call"] * ceilings.QUEUED, "wait"] * 2


def test_loading_a_library_is_no_part_of_a_limit(clock: list[float], waits: list[str]) -> None:
    first = iter([10.0])
    made = kernels(clock, ("p", 10, lambda: next(first, SHORT)))
    assert ceilings._best(made, 2, SHORT, META, True) == Rate(640, "p")


def test_making_tensors_takes_nothing_of_the_budget(clock: list[float]) -> None:
    """The first tensor on a device waits for its driver, for seconds."""
    calls = iter([LONG, *[SHORT] * 3])

    def made() -> Iterable[Kernel]:
        clock[0] += 10.0
        return kernels(clock, ("p", 10, lambda: next(calls, SHORT)))()

    with with_threads(1):
        assert ceilings._best(lambda: _late(made), 1, 1.0, CPU, True) == Rate(640, "p")


def _late(made: Callable[[], Iterable[Kernel]]) -> Iterable[Kernel]:
    yield from made()


@pytest.mark.gpu
def test_limits_of_a_real_accelerator() -> None:
    device = torch.accelerator.current_accelerator()
    assert device is not None
    found = measure_ceilings("float32", 1, device.type)
    assert min(found.macs.per_s, found.memory.per_s, found.overhead_s) > 0
    assert (found.cache, found.capacity_bytes) == (None, None)

"""Reads what the machine did besides our work: Linux's /proc and control groups, and less elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cnnprof.measure.machine.cgroup import cpu_folders
from cnnprof.records.timing import Witness

Number = TypeVar("Number", int, float)
CORE_LINE_BYTES = 256  # of /proc/stat: a name and ten counters, 40 to 90 bytes after days, 220 at most


class SystemWitness:
    """The kernel's own counters, as running totals. Linux offers all of them; elsewhere most are None.

    Files stay open between readings, which makes a reading several times cheaper.
    """

    def __init__(self, root: Path = Path("/"), threads: int | None = None) -> None:
        """``threads`` compute in this process, None where that is not known."""
        self._threads = threads
        self._tick_s = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
        self._cores = allowed_cores()
        self._stat = OpenFile(root / "proc/stat")
        self._stat_bytes = CORE_LINE_BYTES * (1 + (os.cpu_count() or 1))
        self._tasks = Tasks(root / "proc/self/task")
        self._throttle = _throttle_files(root)

    def read(self) -> Witness:
        """Totals since the machine or the process started."""
        stolen, busy = self._core_times()
        switches, faults = _own_events()
        return Witness(
            stolen_s=stolen,
            foreign_s=None if busy is None else busy - time.process_time(),
            switches=switches,
            throttled_s=None if self._throttle is None else self._throttle(),
            waited_s=self._tasks.waited_s(),
            faults=faults,
            cores=None if self._cores is None else len(self._cores),
            threads=self._threads,
        )

    def _core_times(self) -> tuple[float | None, float | None]:
        """Seconds stolen from, and seconds busy on, the cores we may use."""
        stolen = busy = 0
        found = False
        for line in self._stat.read(self._stat_bytes).split(b"\n")[1:-1]:  # the last may be cut off
            if not line.startswith(b"cpu"):
                break
            name, user, nice, system, _, _, irq, softirq, steal = line.split()[:9]
            if self._cores is None or int(name[3:]) in self._cores:
                found = True
                busy += int(user) + int(nice) + int(system) + int(irq) + int(softirq)
                stolen += int(steal)
        return (stolen * self._tick_s, busy * self._tick_s) if found else (None, None)


class OpenFile:
    """A file of /proc that is read again and again; empty where it does not exist or has gone."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            self._descriptor = -1

    def read(self, size: int = 4096) -> bytes:
        """The file's present content, at most ``size`` bytes."""
        if self._descriptor < 0:
            return b""
        try:
            return os.pread(self._descriptor, size, 0)
        except OSError:
            return b""

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class Tasks:
    """How long this process's threads were ready to run but had no core (``schedstat``, second field)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, OpenFile] = {}
        self._seen: dict[str, int] = {}

    def waited_s(self) -> float | None:
        """Seconds, summed over all threads since each began; None where the kernel does not count it."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return None
        opened = self._files  # those of threads that have ended are let go
        self._files = {
            name: opened.get(name) or OpenFile(self._folder / name / "schedstat") for name in names
        }
        for name, file in self._files.items():
            fields = file.read(128).split()
            if len(fields) >= 2:
                # A thread that has ended keeps its last reading, so that the total never goes back.
                self._seen[name] = int(fields[1])
        return sum(self._seen.values()) / 1e9 if self._seen else None


def difference(before: Witness, after: Witness) -> Witness:
    """What happened between two readings.

    ``foreign_s`` can come out slightly negative: the kernel counts cores in ticks of 10 ms, and our own time
    exactly.
    """
    return Witness(
        stolen_s=_minus(after.stolen_s, before.stolen_s),
        foreign_s=_minus(after.foreign_s, before.foreign_s),
        switches=_minus(after.switches, before.switches),
        throttled_s=_minus(after.throttled_s, before.throttled_s),
        waited_s=_minus(after.waited_s, before.waited_s),
        faults=_minus(after.faults, before.faults),
        cores=after.cores,
        threads=after.threads,
    )


def allowed_cores() -> frozenset[int] | None:
    """The cores this process may run on; None where the system does not say."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _minus(after: Number | None, before: Number | None) -> Number | None:
    return None if after is None or before is None else after - before


def _own_events() -> tuple[int | None, int | None]:
    """Involuntary context switches and page faults of this process."""
    if sys.platform == "win32":
        return None, None
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_nivcsw, usage.ru_minflt + usage.ru_majflt


def _throttle_files(root: Path) -> Callable[[], float] | None:
    """A reader of the time that we were held back, by the quota of our control group or of one above it."""
    found: list[tuple[OpenFile, bytes, float]] = []
    for folder in dict.fromkeys(folder.resolve() for folder in cpu_folders(root)):  # some are mounted twice
        file = OpenFile(folder / "cpu.stat")
        for key, unit_s in ((b"throttled_usec", 1e-6), (b"throttled_time", 1e-9)):
            if key in file.read():
                found.append((file, key, unit_s))
    return (lambda: sum(_field(file.read(), key) * unit_s for file, key, unit_s in found)) if found else None


def _field(content: bytes, key: bytes) -> int:
    words = content.split()
    return int(words[words.index(key) + 1]) if key in words else 0

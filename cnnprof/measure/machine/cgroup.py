"""Where this process's CPU and memory controllers keep their files, for both versions of Linux control groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

UNIFIED = ("sys/fs/cgroup", "sys/fs/cgroup/unified")
MOUNTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cpu": {"v2": UNIFIED, "v1": ("sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct")},
    "memory": {"v2": UNIFIED, "v1": ("sys/fs/cgroup/memory",)},
}
# Limit and use, version 2 first.
MEMORY_FILES = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))


def cpu_folders(root: Path) -> Iterator[Path]:
    """Folders that may hold the CPU controller's files of our group, then of each group above it."""
    return _folders("cpu", root)


def _folders(controller: str, root: Path) -> Iterator[Path]:
    """A container usually sees its own group at the mount itself while ``/proc/self/cgroup`` names the host's
    path, so that every folder upwards is tried.
    """
    for version, path in _groups(controller, root):
        for mount in MOUNTS[controller][version]:
            folder = root / mount
            inner = folder / path.strip("/")
            for candidate in (inner, *inner.parents):
                if candidate.is_dir():
                    yield candidate
                if candidate == folder:
                    break


def quota_cores(root: Path = Path("/")) -> float | None:
    """How many cores' worth of time the tightest group allows; None without a limit."""
    limits = [limit for folder in cpu_folders(root) if (limit := _limit(folder)) is not None]
    return min(limits, default=None)


def memory_left_bytes(root: Path) -> int | None:
    """How much more memory the tightest group allows; None without a limit.

    What it keeps of files that nobody reads counts as free: the kernel drops that first.
    """
    left = [
        int(limit[0]) - int(use[0]) + _idle_files_bytes(folder)
        for folder in _folders("memory", root)
        for limit, use in [tuple(_first_words(folder / name) for name in names) for names in MEMORY_FILES]
        if limit and use and limit[0].isdecimal() and use[0].isdecimal()
    ]
    return max(0, min(left)) if left else None


def _idle_files_bytes(folder: Path) -> int:
    words = _first_words(folder / "memory.stat")
    named = dict(zip(words[::2], words[1::2], strict=False))
    idle = named.get("inactive_file", named.get("total_inactive_file", "0"))
    return int(idle) if idle.isdecimal() else 0


def _groups(controller: str, root: Path) -> Iterator[tuple[str, str]]:
    """Pairs of version and path, from lines such as ``0::/a`` (v2) and ``4:cpu,cpuacct:/a`` (v1)."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            yield "v2", path
        elif controller in controllers.split(","):
            yield "v1", path


def _limit(folder: Path) -> float | None:
    """Quota over period, of ``cpu.max`` ("max 100000", "150000 100000") or its two files in version 1."""
    quota = _first_words(folder / "cpu.max") or [
        *_first_words(folder / "cpu.cfs_quota_us"),
        *_first_words(folder / "cpu.cfs_period_us"),
    ]
    try:
        cores = float(quota[0]) / float(quota[1])
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return cores if cores > 0 else None


def _first_words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []

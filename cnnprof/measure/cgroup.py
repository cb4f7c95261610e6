"""Where this process's CPU controller keeps its files, for both versions of Linux control groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

MOUNTS = {
    "v2": ("sys/fs/cgroup", "sys/fs/cgroup/unified"),
    "v1": ("sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"),
}


def cpu_folders(root: Path = Path("/")) -> Iterator[Path]:
    """Folders that may hold the CPU controller's files of our group, then of each group above it.

    A container usually sees its own group at the mount itself while ``/proc/self/cgroup`` names the host's
    path, so that every folder upwards is tried.
    """
    for version, path in _groups(root):
        for mount in MOUNTS[version]:
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


def _groups(root: Path) -> Iterator[tuple[str, str]]:
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
        elif "cpu" in controllers.split(","):
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

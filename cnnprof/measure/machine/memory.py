"""How much memory the machine has, and how much of it there is for more processes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cnnprof.measure.machine.cgroup import memory_left_bytes


def available_bytes(root: Path = Path("/")) -> int | None:
    """What new processes can take before the system runs short: the machine's, or the control group's if that is
    less; None where neither is told.
    """
    found = [size for size in (_told(root, "MemAvailable"), memory_left_bytes(root)) if size is not None]
    return min(found, default=None)


def memory_bytes(root: Path) -> int | None:
    """All that the machine has; None where it is not told."""
    if (total := _told(root, "MemTotal")) is not None:
        return total
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _told(root: Path, name: str) -> int | None:
    try:
        info = (root / "proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(rf"^{name}:\s*(\d+) kB", info, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None

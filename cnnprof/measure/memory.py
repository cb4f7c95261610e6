"""How much memory there is for more processes."""

from __future__ import annotations

import re
from pathlib import Path

from cnnprof.measure.cgroup import memory_left_bytes


def available_bytes(root: Path = Path("/")) -> int | None:
    """What new processes can take before the system runs short: the machine's, or the control group's if that is
    less; None where neither is told.
    """
    found = [size for size in (_machine(root), memory_left_bytes(root)) if size is not None]
    return min(found, default=None)


def _machine(root: Path) -> int | None:
    try:
        info = (root / "proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s*(\d+) kB", info, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None

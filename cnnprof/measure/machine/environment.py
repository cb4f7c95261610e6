"""What this machine is: on Linux nearly everything, elsewhere what the standard library knows."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from math import floor
from pathlib import Path

from cnnprof.measure.machine.cgroup import quota_cores
from cnnprof.measure.machine.memory import available_bytes, memory_bytes
from cnnprof.measure.machine.witness import allowed_cores
from cnnprof.records.environment import Environment

CPU_NAME = ["sysctl", "-n", "machdep.cpu.brand_string"]  # Python says "arm" of every Apple chip
UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3}


def read_environment(
    *,
    accelerator: str | None = None,
    versions: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
    root: Path = Path("/"),
) -> Environment:
    """The machine as it is now; accelerator, library versions and flags come from the caller."""
    info = _text(root / "proc/cpuinfo")
    return Environment(
        cpu=_cpu_model(info) or _cpu_of_mac() or platform.processor() or "unknown",
        architecture=platform.machine(),
        cores=os.cpu_count() or 1,
        cores_allowed=cores_allowed(),
        quota_cores=quota_cores(root),
        governor=_governor(root),
        load_1min=_load(),
        memory_bytes=memory_bytes(root),
        available_bytes=available_bytes(root),
        stolen_share=_stolen_share(root),
        cache_bytes=_cache_bytes(root),
        virtualised=_virtualised(info),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        accelerator=accelerator,
        versions=dict(versions or {}),
        flags=dict(flags or {}),
    )


def default_threads(root: Path = Path("/")) -> int:
    """Threads that can run at once: the cores we may use, or the control group's quota if that is less; at
    least 1.

    ``os.cpu_count()`` is the machine's, which inside a container with a quota leads to throttled threads.
    """
    quota = quota_cores(root)
    return max(1, min(cores_allowed(), floor(quota) if quota is not None else cores_allowed()))


def cores_allowed() -> int:
    """How many cores this process may run on."""
    allowed = allowed_cores()
    return len(allowed) if allowed is not None else os.cpu_count() or 1


def _cpu_model(info: str) -> str | None:
    """The model's name; ARM kernels tell only numbers for implementer and part, which still name the core."""
    named = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", info, re.MULTILINE)
    if named:
        return named.group(1).strip()
    numbers = [re.search(rf"^CPU {key}\s*:\s*(\S+)", info, re.MULTILINE) for key in ("implementer", "part")]
    return " ".join(["ARM", *(found.group(1) for found in numbers if found)]) if any(numbers) else None


def _cpu_of_mac() -> str:
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(CPU_NAME, capture_output=True, text=True, check=True).stdout.strip()
    return ""


def _governor(root: Path) -> str | None:
    return _text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip() or None


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def _stolen_share(root: Path) -> float | None:
    """Of all time since the start, idle time included; ``cpu user nice system idle iowait irq softirq steal``."""
    found = re.search(r"^cpu +((?:\d+ ?){8,})", _text(root / "proc/stat"), re.MULTILINE)
    times = [int(ticks) for ticks in found.group(1).split()[:8]] if found else []
    return times[7] / sum(times) if sum(times) else None


def _cache_bytes(root: Path) -> dict[str, int]:
    """Sizes as core 0 sees them, such as ``{"L1d": 32768, "L2": 1048576}``."""
    sizes = {}
    for folder in sorted((root / "sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind = _text(folder / "level").strip(), _text(folder / "type").strip()
        size = _size(folder)
        if level and size:
            suffix = {"Data": "d", "Instruction": "i"}.get(kind, "")
            sizes[f"L{level}{suffix}"] = size
    return sizes


def last_caches_bytes(root: Path = Path("/")) -> int | None:
    """The largest caches of the cores we may use, each once, together: what a tensor has to exceed to be in memory.

    A processor of several chiplets has one for each. None where the system does not tell.
    """
    found: dict[str, int] = {}
    cores = allowed_cores()
    for folder in (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cache"):
        last = max(folder.glob("index*"), key=lambda index: _text(index / "level"), default=None)
        if last is None or (cores is not None and int(folder.parent.name[3:]) not in cores):
            continue
        if size := _size(last):
            found[_text(last / "shared_cpu_list").strip() or folder.parent.name] = size
    return sum(found.values()) or None


def _size(index: Path) -> int | None:
    """Bytes of one cache, which the kernel writes as ``32768K``."""
    size = re.fullmatch(r"(\d+)([KMG]?)", _text(index / "size").strip())
    return int(size.group(1)) * UNITS.get(size.group(2), 1) if size else None


def _virtualised(info: str) -> bool | None:
    """Whether the CPU reports a hypervisor; None where flags are not listed (ARM has no such flag)."""
    flags = re.search(r"^flags\s*:\s*(.+)$", info, re.MULTILINE)
    return "hypervisor" in flags.group(1).split() if flags else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

"""OpenMP's binding of threads to cores, which would leave us one core of them all.

Where one of ``VARIABLES`` asks for it, importing torch binds the importing thread to a single place, by default a core.
Every process and every other runtime's thread that begins later inherits that: they all crowd onto one core, and to
``sched_getaffinity`` a machine of any size has one.
"""

from __future__ import annotations

import os

VARIABLES = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY")
_set_aside: list[str] = []  # by this process, for good


def set_binding_aside() -> None:
    """Take the variables out of the environment of this process and of those it starts; before torch is imported."""
    for name in _asking():
        del os.environ[name]
        _set_aside.append(name)


def binding_notes() -> tuple[str, ...]:
    """What is to be said beside times: that binding was set aside, or that it was too late for that."""
    from cnnprof.measure.machine.environment import cores_allowed  # help and list can do without

    cores = os.cpu_count() or 1
    if (asking := _asking()) and cores_allowed() < cores:
        bound = f"OpenMP binds threads, which leaves {cores_allowed()} of {cores} cores"
        return (f"{bound}: unset {', '.join(asking)} before torch is imported",)
    if _set_aside:
        return (f"{', '.join(_set_aside)} set aside: the system places threads (taskset chooses cores)",)
    return ()


def _asking() -> list[str]:
    """Those that are set; none where binding is switched off, whatever places are named."""
    if os.environ.get("OMP_PROC_BIND", "").strip().lower() == "false":
        return []
    return [name for name in VARIABLES if os.environ.get(name)]

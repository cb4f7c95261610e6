"""What OpenMP's variables would take from us: all cores but one, or threads that are asked for.

Where one of ``BINDING`` asks for it, importing torch binds the importing thread to a single place, by default a core.
Every process and every other runtime's thread that begins later inherits that: they all crowd onto one core, and to
``sched_getaffinity`` a machine of any size has one. Intel's OpenMP, preloaded in place of torch's own, binds the thread
that calls a network before the other runtimes begin theirs: ONNX Runtime took 2.5 times as long on two cores.

With one of ``LIMITS`` OpenMP takes fewer threads than it is told to, and says nothing: eager, compiled and ncnn then
compute with fewer than the report names, beside runtimes that have threads of their own.
"""

from __future__ import annotations

import os

# Of the OpenMP of Intel and LLVM, whatever OMP_PROC_BIND says.
INTEL_BINDING = ("KMP_AFFINITY", "KMP_HW_SUBSET")
BINDING = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", *INTEL_BINDING)
LIMITS = ("OMP_THREAD_LIMIT", "OMP_DYNAMIC")
OFF = ("", "false", "none", "disabled")
_set_aside: list[str] = []  # by this process, for good


def set_variables_aside() -> None:
    """Take the variables out of the environment of this process and of those it starts; before torch is imported."""
    for name in [*_binding(), *_limiting()]:
        del os.environ[name]
        _set_aside.append(name)


def openmp_notes() -> tuple[str, ...]:
    """What is to be said beside times: what was set aside, or that it was too late for that."""
    from cnnprof.measure.machine.environment import cores_allowed  # help and list can do without

    cores, notes = os.cpu_count() or 1, []
    if (binding := _binding()) and cores_allowed() < cores:
        bound = f"OpenMP binds threads, which leaves {cores_allowed()} of {cores} cores"
        notes.append(f"{bound}: unset {', '.join(binding)} before torch is imported")
    elif binds := _aside(BINDING):
        notes.append(f"{binds} set aside: the system places threads (taskset chooses cores)")
    if limiting := _limiting():
        fewer = "OpenMP may compute with fewer threads than are told here"
        notes.append(f"{fewer}: unset {', '.join(limiting)} before torch is imported")
    elif limits := _aside(LIMITS):
        notes.append(f"{limits} set aside: --threads says how many threads compute")
    return tuple(notes)


def _aside(names: tuple[str, ...]) -> str:
    return ", ".join(name for name in _set_aside if name in names)


def _binding() -> list[str]:
    """Those that ask for binding; Intel's alone where it is switched off for the others, whatever places are named."""
    switched_off = os.environ.get("OMP_PROC_BIND", "").strip().lower() == "false"
    return list(filter(_is_on, INTEL_BINDING if switched_off else BINDING))


def _limiting() -> list[str]:
    """Those by which OpenMP may take fewer threads than it is told to."""
    return list(filter(_is_on, LIMITS))


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() not in OFF

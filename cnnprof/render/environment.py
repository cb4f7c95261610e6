"""The report of ``env``: the machine, and how far its timings can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnnprof.records.environment import Environment
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

FACTS = (Column("", align="left"), Column("this machine", align="left"))
UNKNOWN = "not revealed"
BUSY = 0.2  # of the allowed cores


def environment_report(environment: Environment) -> Report:
    """Facts, versions, flags, and what in them makes a timing less certain."""
    return (
        Table(FACTS, tuple(_facts(environment))),
        *_named("version", environment.versions),
        *_named("flag", environment.flags),
        *notes("how far to trust a latency measured here", style="heading"),
        *notes(*(f"- {remark}" for remark in remarks(environment))),
    )


def _facts(environment: Environment) -> Iterator[Row]:
    quota = environment.quota_cores
    load, stolen = environment.load_1min, environment.stolen_share
    yield ("CPU", environment.cpu)
    yield ("architecture", environment.architecture)
    yield ("cores", f"{environment.cores_allowed} allowed of {environment.cores}")
    yield ("quota", f"{quota:g} cores" if quota is not None else "none")
    yield ("governor", environment.governor or UNKNOWN)
    yield ("load, 1 min", f"{load:.2f}" if load is not None else UNKNOWN)
    yield ("steal", f"{100 * stolen:.1f} % of the time since the start" if stolen is not None else UNKNOWN)
    yield ("memory", _memory(environment))
    yield from ((f"cache {name}", numbers.size(size)) for name, size in environment.cache_bytes.items())
    yield ("virtualised", {True: "yes", False: "no", None: UNKNOWN}[environment.virtualised])
    yield ("accelerator", environment.accelerator or "none")
    yield ("system", environment.system)
    yield ("Python", environment.python)


def _memory(environment: Environment) -> str:
    if not environment.memory_bytes:
        return UNKNOWN
    available = environment.available_bytes
    free = f", {numbers.size(available)} available" if available is not None else ""
    return numbers.size(environment.memory_bytes) + free


def _named(kind: str, values: Mapping[str, str]) -> Report:
    rows = tuple((str(name), str(value)) for name, value in values.items())
    return (Table((Column(kind, align="left"), Column("", align="left")), rows),) if rows else ()


def remarks(environment: Environment) -> list[str]:
    """What makes latencies of this machine less certain; one reassuring line where nothing does."""
    found = [
        _quota(environment),
        _load(environment),
        _governor(environment),
        "a virtual machine: others share its cores; rounds in which the hypervisor takes time are dropped"
        if environment.virtualised
        else "",
    ]
    return [remark for remark in found if remark] or ["nothing stands out: no quota, no load, a steady clock"]


def _quota(environment: Environment) -> str:
    quota = environment.quota_cores
    if quota is None or quota >= environment.cores_allowed:
        return ""
    advice = f"--threads {max(1, int(quota))}"
    return f"the quota of {quota:g} cores is less than the {environment.cores_allowed} allowed: {advice}"


def _load(environment: Environment) -> str:
    load = environment.load_1min
    if load is None or load < BUSY * environment.cores_allowed:
        return ""
    cores = f"{environment.cores_allowed} cores"
    return f"load {load:.2f} on {cores}: something else is running; expect wide intervals"


def _governor(environment: Environment) -> str:
    if environment.governor is None:
        return "the clock governor is not revealed: the clock may change under load"
    if environment.governor == "performance":
        return ""
    remedy = "'cpupower frequency-set -g performance' keeps it steady"
    return f"governor {environment.governor}: the clock follows the load; {remedy}"

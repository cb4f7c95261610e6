"""The report of ``env --measure``: the machine, its limits, and what it can resolve now."""

from __future__ import annotations

from collections.abc import Iterator

from cnnprof.records.ceilings import Ceilings
from cnnprof.records.machine import MachineCheck
from cnnprof.render.environment import environment_report
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

CEILINGS = (
    Column("dtype", align="left"),
    Column("peak", "GMAC/s"),
    Column("memory", "GB/s"),
    Column("cache", "GB/s"),
    Column("call", "us", priority=1),
    Column("peak reached by", align="left", priority=2),
)
MEANING = (
    "peak: the fastest of matrix products and convolutions; memory: the fastest of copying, adding and reading tensors "
    "several times the largest cache, a tensor read and one written counted once each; cache: the same within a cache; "
    "call: a torch module on one element"
)


def machine_report(check: MachineCheck) -> Report:
    """What the machine is, its measured limits for each dtype, and the verdict with what to do about it."""
    threads = numbers.number_of(check.threads, "thread")
    return (
        *environment_report(check.environment),
        *_limits(check, f"measured limits, {threads}"),
        *notes(f"verdict: {check.verdict}", style="heading"),
        *notes(*_grounds(check), *(f"- {step}" for step in check.advice)),
    )


def _limits(check: MachineCheck, title: str) -> Report:
    if not check.ceilings:
        return ()
    rows = tuple(_row(ceilings) for ceilings in check.ceilings)
    doubts = dict.fromkeys(filter(None, (found.doubt for found in check.ceilings)))
    return (Table(CEILINGS, rows, title=title), *notes(*doubts), *notes(MEANING, style="dim"))


def _row(ceilings: Ceilings) -> Row:
    return (
        ceilings.dtype,
        numbers.rate(ceilings.macs.per_s / 1e9),
        numbers.rate(ceilings.memory.per_s / 1e9),
        numbers.rate(ceilings.cache.per_s / 1e9) if ceilings.cache is not None else "",
        f"{ceilings.overhead_s * 1e6:.1f}",
        ceilings.macs.by,
    )


def _grounds(check: MachineCheck) -> Iterator[str]:
    """What the verdict rests on."""
    disturbed = f", {check.disturbed_rounds} of them beside other work" if check.disturbed_rounds else ""
    yield (
        f"{check.network} timed against itself in {numbers.number_of(check.rounds, 'interleaved round')}{disturbed}; "
        f"all of it took {numbers.duration(check.spent_s)}"
    )
    if check.stolen_share is not None:
        yield f"the hypervisor took {100 * check.stolen_share:.1f} % of the cores' time meanwhile"

"""The machine put to the test: its limits, and the smallest ratio that it can resolve now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from cnnprof.errors import first_line
from cnnprof.measure.machine.witness import SystemWitness, difference
from cnnprof.measure.progress import OnProgress
from cnnprof.measure.statistics.disturbance import disturbed_rounds
from cnnprof.measure.statistics.pairs import session_turns
from cnnprof.measure.statistics.trust import advice, resolution, verdict
from cnnprof.pipeline.flow import compare, describe_environment
from cnnprof.pipeline.resolve import settle
from cnnprof.pipeline.roofline import ceilings_of
from cnnprof.records.ceilings import Ceilings
from cnnprof.records.machine import MachineCheck
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request

NETWORK = "shufflenet_v2"
BUDGET_S = 6.0


def check_machine(
    dtypes: Sequence[str],
    threads: int | None = None,
    *,
    runtime: str = "eager",
    on_progress: OnProgress | None = None,
) -> MachineCheck:
    """Limits for each dtype at that thread count, then a small network against itself for six seconds.

    Raises UnknownNameError for more threads than this process may use.
    """
    request = settle(
        Request(NETWORK, device="cpu", threads=threads, runtime=runtime, budget_s=BUDGET_S, precision=0.002)
    )
    start, witness = perf_counter(), SystemWitness()
    before = witness.read()
    ceilings, warnings, interrupted = _all_ceilings(request, dtypes)
    comparison = None
    if not interrupted:
        comparison, interrupted = _against_itself(request, on_progress)
    spent_s = perf_counter() - start
    environment = describe_environment(request, [runtime])
    stolen_s = difference(before, witness.read()).stolen_s
    stolen_share = _share(stolen_s, spent_s * environment.cores_allowed)
    used = request.threads or 1
    found, rounds, reasons = _resolved(comparison)
    return MachineCheck(
        environment=environment,
        threads=used,
        ceilings=ceilings,
        network=NETWORK,
        resolution=found,
        rounds=rounds,
        disturbed_rounds=len(reasons),
        spent_s=spent_s,
        stolen_share=stolen_share,
        verdict=verdict(found),
        advice=advice(environment, used, found, reasons, rounds, stolen_share),
        warnings=warnings,
        interrupted=interrupted,
    )


def _against_itself(request: Request, on_progress: OnProgress | None) -> tuple[Comparison | None, bool]:
    """The network beside itself, and whether Ctrl-C ended it: the limits that were measured before are kept."""
    try:
        comparison = compare([request, request], on_progress=on_progress)
    except KeyboardInterrupt:
        return None, True
    return comparison, comparison.interrupted


def _share(stolen_s: float | None, whole_s: float) -> float | None:
    return None if stolen_s is None or whole_s <= 0 else stolen_s / whole_s


def _all_ceilings(
    request: Request, dtypes: Sequence[str]
) -> tuple[tuple[Ceilings, ...], tuple[str, ...], bool]:
    """Each dtype that torch can multiply here, a line on each that it cannot, and whether Ctrl-C ended it."""
    found: list[Ceilings] = []
    warnings: list[str] = []
    for dtype in dtypes:
        try:
            ceilings = ceilings_of(replace(request, dtype=dtype))
        except KeyboardInterrupt:
            if not found:
                raise
            return tuple(found), tuple(warnings), True
        except RuntimeError as error:
            warnings.append(f"no limits for {dtype}: {first_line(error)}")
        else:
            assert ceilings is not None  # torch has the CPU everywhere
            found.append(ceilings)
    return tuple(found), tuple(warnings), False


def _resolved(comparison: Comparison | None) -> tuple[float | None, int, list[str]]:
    """The resolution, how many rounds it comes from, and the witness against each disturbed one."""
    measurement = comparison.measurement if comparison else None
    if comparison is None or measurement is None:
        return None, 0, []
    pair, reasons = comparison.profiles[1].ratio, list(disturbed_rounds(session_turns(measurement)).values())
    return (None if pair is None else resolution(measurement, pair)), measurement.rounds, reasons

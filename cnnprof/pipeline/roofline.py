"""Limits measured around the session, and every network held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cnnprof.cost.roofline import find_roofline
from cnnprof.errors import MissingRuntimeError, first_line
from cnnprof.measure.machine.environment import last_caches_bytes, read_environment
from cnnprof.measure.machine.memory import available_bytes
from cnnprof.measure.machine.witness import SystemWitness, difference
from cnnprof.measure.statistics.disturbance import disturbance
from cnnprof.pipeline.fakes import FAKES, fake_ceilings
from cnnprof.pipeline.subject import Subject
from cnnprof.records.ceilings import Ceilings, highest
from cnnprof.records.profile import Profile
from cnnprof.records.request import Request

Key = tuple[str, str, int, str]
Limits = Mapping[Key, Ceilings]
NONE: Limits = {}


def measure_limits(requests: Sequence[Request], before: Limits = NONE) -> Limits:
    """The limits of each device, dtype and thread count that is to be held against them.

    With those measured ``before``, the higher of the two: the machine's speed is not the same all the time, and no
    network should seem faster than a limit that was taken in a slow moment. MissingRuntimeError where they cannot be
    measured.
    """
    wanted = {_key(request): request for request in requests if request.roofline}
    found = {key: _limits_of(request) for key, request in wanted.items()}
    return {
        key: highest(before[key], ceilings) if key in before else ceilings
        for key, ceilings in found.items()
        if ceilings is not None
    }


def _limits_of(request: Request) -> Ceilings | None:
    try:
        return ceilings_of(request)
    except RuntimeError as error:  # other programs have the device's memory, or it lacks the dtype
        raise MissingRuntimeError(
            f"the limits of {request.device} in {request.dtype} cannot be measured: {first_line(error)}",
            "--device cpu, or leave out --roofline",
        ) from error


def limits_after(requests: Sequence[Request], before: Limits, interrupted: bool) -> tuple[Limits, bool]:
    """The limits once a session is over, and whether Ctrl-C has ended it by now.

    An interrupt, or a failure, costs only the second reading of the limits: what was measured is kept.
    """
    if interrupted:
        return before, True
    try:
        return measure_limits(requests, before), False
    except KeyboardInterrupt:
        return before, True
    except MissingRuntimeError:
        return before, False


def _key(request: Request) -> Key:
    made_up = request.runtime if request.runtime in FAKES else ""
    return (request.device, request.dtype, request.threads or 1, made_up)


def ceilings_of(request: Request) -> Ceilings | None:
    """The limits at the dtype and the threads of a settled request, measured now; made up for made-up time.

    None on a device that torch lacks, such as the GPU of OpenVINO.
    """
    threads = request.threads or 1
    if request.runtime in FAKES:
        return fake_ceilings(request.dtype, threads, FAKES[request.runtime])
    from cnnprof.runtimes.ceilings import can_measure

    if not can_measure(request.device):
        return None
    return measured_ceilings(request.dtype, threads, request.device)


def measured_ceilings(dtype: str, threads: int, device: str) -> Ceilings:
    """The limits, with what the machine did meanwhile besides our work."""
    from cnnprof.runtimes.ceilings import measure_ceilings

    environment, witness = read_environment(), SystemWitness(threads=threads)
    before = witness.read()
    ceilings = measure_ceilings(
        dtype,
        threads,
        device,
        capacity_bytes=last_caches_bytes() or max(environment.cache_bytes.values(), default=None),
        free_bytes=available_bytes() or environment.memory_bytes,
    )
    seen = difference(before, witness.read())
    return replace(ceilings, disturbed=disturbance(seen, ceilings.spent_s))


def under_roofs(subjects: Sequence[Subject], profiles: Sequence[Profile], limits: Limits) -> list[Profile]:
    """The profiles with their rooflines, and a warning on each that is faster than its floor."""
    return [
        _under_roof(subject, profile, limits.get(_key(profile.request)))
        for subject, profile in zip(subjects, profiles, strict=True)
    ]


def _under_roof(subject: Subject, profile: Profile, ceilings: Ceilings | None) -> Profile:
    if not profile.request.roofline:
        return profile
    if ceilings is None:
        why = f"no roofline: torch measures its limits, and has no device {profile.request.device} here"
        return replace(profile, warnings=(*profile.warnings, why))
    roofline = find_roofline(
        subject.graph, subject.counts, ceilings, profile.request.runtime, profile.layer_times
    )
    timing = profile.timing
    excess = roofline.floor_s / timing.median_s if timing is not None and timing.median_s > 0 else 0.0
    said = [
        f"{excess:.2f} times as fast as the measured limits allow: the runtime saves products (Winograd), or the "
        "limits were taken in a slow moment"
        if excess > 1
        else "",
        ceilings.doubt,
    ]
    return replace(profile, roofline=roofline, warnings=(*profile.warnings, *filter(None, said)))

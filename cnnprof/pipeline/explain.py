"""explain A B: both networks timed together with and without counters, and the gap between them taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnprof.comparison.explain import explain
from cnnprof.comparison.quotes import quotes
from cnnprof.cost.kinds import work_by_kind
from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.interrupts import without_interrupts
from cnnprof.measure.progress import OnProgress
from cnnprof.measure.statistics.pairs import paired_ratios
from cnnprof.pipeline.counters import Rig, limits_again, make_rig, measure_counted, without_counters
from cnnprof.pipeline.flow import conclude
from cnnprof.pipeline.interrupted import counts_kept
from cnnprof.pipeline.layer_times import conclude_layers, prepare_subject
from cnnprof.pipeline.readings import CountedSession, counted_rounds, gather_readings
from cnnprof.pipeline.resolve import fold_where_there_is
from cnnprof.pipeline.subject import Subject
from cnnprof.records.ceilings import Ceilings
from cnnprof.records.explanation import Explanation, TimedNetwork
from cnnprof.records.layer_times import LayerTimes
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from cnnprof.records.timing import Measurement, Ratio


@dataclass(frozen=True, slots=True)
class Explained:
    """The comparison of two networks, each profile with its layer times, and the gap between them in parts."""

    comparison: Comparison
    explanation: Explanation


def explain_gap(requests: Sequence[Request], *, on_progress: OnProgress | None = None) -> Explained:
    """The gap of the second network to the first; the two requests are of one runtime and one batch.

    Both, each with and without counters, and a second instance of the first take turns in this process. Raises what
    ``compare`` raises, EarlyInterrupt among it, and MissingRuntimeError where the runtime has no counters.
    """
    (first, second), unfolded = fold_where_there_is(requests)
    subjects = [prepare_subject(first), prepare_subject(second)]
    with counts_kept(lambda: conclude(subjects, None, 0)):
        rig = make_rig([*subjects, prepare_subject(first)])
        _known(rig, first.device)  # before anything is measured
        counted = [CountedSession(session) for session in rig.sessions[:2]]
        measurement = measure_counted(rig, requests, counted, rig.sessions[2], on_progress)
    rig, measurement = limits_again(rig, subjects[0], measurement)
    with without_interrupts():
        found = _conclude(subjects, counted, measurement, rig, _known(rig, first.device))
        said = (*found.comparison.warnings, *unfolded)
        return replace(found, comparison=replace(found.comparison, warnings=said))


def _known(rig: Rig, device: str) -> Ceilings:
    """The limits that causes are told apart by; MissingRuntimeError where they cannot be measured."""
    if rig.ceilings is None:
        raise MissingRuntimeError(
            f"explain needs the limits of the device, and torch, which measures them, has no {device} here",
            "--device cpu",
        )
    return rig.ceilings


def _conclude(
    subjects: Sequence[Subject],
    counted: Sequence[CountedSession],
    measurement: Measurement,
    rig: Rig,
    ceilings: Ceilings,
) -> Explained:
    comparison = conclude(subjects, without_counters(measurement, rig, 2), 0)
    # The counters of each are set against its own plain calls.
    slowdowns = (_pair(measurement, 2, 0), _pair(measurement, 3, 1))
    times = [
        replace(conclude_layers(subject, counted[at], measurement, rig, at + 2), slowdown=slowdowns[at])
        for at, subject in enumerate(subjects)
    ]
    networks = [
        _network(subject, counted[place], measurement, ceilings, times[place], place)
        for place, subject in enumerate(subjects)
    ]
    found = explain(
        networks[0],
        networks[1],
        _pair(measurement, 1, 0),  # of the very calls that the gap is of, without the twin's
        slowdowns,
        ceilings,
        subjects[0].request.runtime,
    )
    profiles = tuple(
        replace(profile, layer_times=layers)
        for profile, layers in zip(comparison.profiles, times, strict=True)
    )
    doubts = (ceilings.doubt,) if ceilings.doubt else ()
    found = replace(found, sentences=quotes(found), warnings=doubts)
    return Explained(replace(comparison, profiles=profiles), found)


def _pair(measurement: Measurement, place: int, base: int) -> Ratio:
    """Time at one place over time at another; a network's calls with counters stand two places after those without."""
    pairs = paired_ratios(measurement, measurement.timings, [(place, base)])
    if not pairs:
        raise ModelError("no round was left to compare", "a larger --budget, or a quieter machine")
    return pairs[0].ratio


def _network(
    subject: Subject,
    counted: CountedSession,
    measurement: Measurement,
    ceilings: Ceilings,
    times: LayerTimes,
    place: int,
) -> TimedNetwork:
    plain = measurement.timings[place].turns
    return TimedNetwork(
        model=subject.request.model,
        macs=subject.counts.macs,
        memory_bytes=getattr(subject.counts, times.bytes_by),
        seconds=tuple(seconds for turn in plain for seconds in turn.seconds),
        rounds=tuple(number for turn in plain for number in counted_rounds(turn)),
        profiled=times.total,
        profiled_rounds=gather_readings(counted, measurement.timings[place + 2]).rounds,
        kinds=work_by_kind(subject.graph, subject.counts, times, ceilings),
    )

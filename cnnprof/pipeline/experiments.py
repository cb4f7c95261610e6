"""A published experiment run here: group by group, so that no more networks are in memory than take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cnnprof.comparison.agreement import agreements, rank_devices
from cnnprof.comparison.effects import effects
from cnnprof.errors import CnnprofError, UnknownNameError, unknown
from cnnprof.experiments import ncnn, timm
from cnnprof.interrupts import without_interrupts
from cnnprof.measure.progress import OnProgress
from cnnprof.pipeline.flow import compare
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.pipeline.subject import count_model
from cnnprof.records.counts import Counts
from cnnprof.records.elsewhere import Elsewhere, Ranking
from cnnprof.records.experiment import Experiment, ExperimentResult, Group, GroupResult, Row
from cnnprof.records.request import Request

LIGHT = 600_000_000  # multiply-adds: the "mobile setting" of the papers

OnGroup = Callable[[Group, int, int], None]
"""Called before each group with its place from 1 and how many there are."""


def run_experiment(
    experiment: Experiment,
    request: Request,
    *,
    only: str = "",
    on_group: OnGroup | None = None,
    on_progress: OnProgress | None = None,
) -> ExperimentResult:
    """Every group counted and (with latency) timed in turns of its own; ``request`` gives all but the networks.

    ``only`` is part of the titles of the groups to run. Interrupted, it returns the groups that were finished and what
    was measured of the last; where nothing was measured yet, what was counted of the first. Where a later group fails,
    it returns those before it, with the failure. Raises what ``compare`` raises for the first, and UnknownNameError for
    what the experiment fixes.
    """
    _check(experiment, request)
    groups = select_groups(experiment, only)
    results: list[GroupResult] = []
    interrupted, failed = False, None
    for place, group in enumerate(groups, 1):
        if on_group is not None:
            on_group(group, place, len(groups))
        try:
            results.append(_run_group(group, request, on_progress))
        except EarlyInterrupt as early:
            results = results or [GroupResult(group, early.counted)]
            interrupted = True
        except KeyboardInterrupt:
            if not results:
                raise
            interrupted = True
        except CnnprofError as error:
            if not results:
                raise
            failed = type(error)(f"{group.title}: {error.message}", error.hint)
        interrupted = interrupted or results[-1].comparison.interrupted
        if interrupted or failed:
            break
    with without_interrupts():
        return _conclude(experiment, tuple(results), interrupted, failed)


def select_groups(experiment: Experiment, only: str = "") -> tuple[Group, ...]:
    """The groups whose title contains ``only``; UnknownNameError where none does."""
    found = tuple(group for group in experiment.groups if only.lower() in group.title.lower() and group.built)
    if not found:
        titles = [group.title for group in experiment.groups]
        raise unknown("group", only, titles, otherwise=f"part of a title: {'; '.join(titles)}")
    return found


def _check(experiment: Experiment, request: Request) -> None:
    if request.inputs is not None and not experiment.open_input:
        raise UnknownNameError(
            f"experiment {experiment.name} fixes its inputs: it takes no --input",
            "cnnprof compare takes any networks at any input",
        )
    for name in request.arguments:
        if not experiment.options:
            raise UnknownNameError(
                f"experiment {experiment.name} fixes its networks: it takes no --arg",
                "cnnprof compare takes any networks with any arguments",
            )
        if name not in experiment.options:
            raise unknown("argument", name, experiment.options, where=f"of experiment {experiment.name}")


def _run_group(group: Group, request: Request, on_progress: OnProgress | None) -> GroupResult:
    requests = [_request(row, request) for row in group.built]
    return GroupResult(group, compare(requests, on_progress=on_progress))


def _request(row: Row, request: Request) -> Request:
    return replace(
        request,
        model=row.model,
        inputs=request.inputs or (row.input,),
        arguments={**row.arguments, **request.arguments},
    )


def _conclude(
    experiment: Experiment,
    results: tuple[GroupResult, ...],
    interrupted: bool,
    failed: CnnprofError | None,
) -> ExperimentResult:
    return ExperimentResult(
        experiment,
        results,
        effects(experiment, results),
        agreements(experiment, results),
        interrupted,
        *((failed.message, failed.hint, failed.exit_code) if failed else ()),
    )


def rank_elsewhere() -> Elsewhere:
    """The zoo's networks counted, and how each count orders them on the devices of which latencies are published."""
    rankings: list[Ranking] = []
    light: list[Ranking] = []
    for source in (ncnn, timm):
        for batch in dict.fromkeys(device.batch for device in source.DEVICES):
            counts = _counted(source.NETWORKS.values(), batch)
            devices = [device for device in source.DEVICES if device.batch == batch]
            rankings += rank_devices(devices, counts)
            light += rank_devices(devices, counts, batch * LIGHT)
    return Elsewhere(tuple(rankings), tuple(light), LIGHT)


def _counted(rows: Iterable[Row], batch: int) -> dict[str, Counts]:
    """Of a whole batch: only there do weights weigh what they do on the device."""
    plain = Request("", device="cpu", batch=batch, latency=False)
    return {
        row.label: count_model(replace(plain, model=row.model, inputs=(row.input,), arguments=row.arguments))
        for row in rows
    }

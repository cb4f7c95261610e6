"""``cnnprof experiment NAME``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.ending import finish
from cnnprof.cli.failures import reported, say, say_error
from cnnprof.cli.options import Options, with_options
from cnnprof.cli.output import check_outputs
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.refusals import check_refused
from cnnprof.errors import CnnprofError, UnknownNameError
from cnnprof.results.formats import Results

if TYPE_CHECKING:
    from cnnprof.records.experiment import Experiment, ExperimentResult, Group
    from cnnprof.records.request import Request

SECONDS_ELSEWHERE = "15 s"
# What would change nothing there: its networks are those of the published latencies.
FIXED_ELSEWHERE = (
    "input", "arg", "batch", "device", "dtype", "threads", "runtime", "channels_last", "processes",
    "budget", "precision", "seed", "strict",
)  # fmt: skip
PUBLISHED = "its networks and devices are those of the published latencies"


@reported
@with_options(
    "verify",
    "convention",
    "deploy",
    input="Input size, where the paper leaves it open.",
    arg="Decide what the paper leaves open, such as norm=true. Repeatable.",
    budget="Longest time to spend measuring each group of networks.",
)
def experiment(
    options: Options,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Such as g1, g4 or table8. Without a name they are listed.")
    ] = "",
    listing: Annotated[bool, typer.Option("--list", help="List the experiments and exit.")] = False,
    only: Annotated[
        str, typer.Option(metavar="TEXT", help="Run only the groups whose title contains TEXT.")
    ] = "",
) -> None:
    """Run a published experiment, beside the paper's own figures."""
    from cnnprof.cli.request import to_request
    from cnnprof.experiments.registry import ELSEWHERE, find_experiment

    check_outputs(options)
    request = to_request("", options, "experiment")
    if listing or not name:
        if only:
            raise UnknownNameError(
                "--only picks groups of an experiment", "name one without --list: experiment g1"
            )
        results = listed(options.budget)
    elif name == ELSEWHERE:
        results = elsewhere(options, only)
    else:
        return run(find_experiment(name), request, options, only)
    return finish(results, options)


def run(chosen: Experiment, request: Request, options: Options, only: str) -> None:
    """Measure one experiment and deliver it, or end with an exit code."""
    result = measure(chosen, request, options, only)
    if result.failure:  # said first: a file that fails, or --strict, ends the command
        say_error(CnnprofError(result.failure, result.failure_hint))
    finish(to_results(result), options, result.interrupted)
    if result.failure:
        raise typer.Exit(result.failure_code)


def measure(chosen: Experiment, request: Request, options: Options, only: str) -> ExperimentResult:
    """The experiment as it ran."""
    from cnnprof.pipeline.experiments import run_experiment

    with shown_progress(options.quiet) as on_progress:
        return run_experiment(
            chosen,
            request,
            only=only,
            on_group=announcer(chosen, options),
            on_progress=on_progress,
        )


def announcer(chosen: Experiment, options: Options) -> Callable[[Group, int, int], None] | None:
    """Tells which group begins, where someone watches."""
    if options.quiet or options.no_latency or not sys.stderr.isatty():
        return None

    def announce(group: Group, place: int, groups: int) -> None:
        say(f"{chosen.name} {place} of {groups}: {group.title}, {len(group.built)} networks")

    return announce


def to_results(result: ExperimentResult) -> Results:
    """The experiment for any format."""
    from cnnprof.render.experiment.report import experiment_report
    from cnnprof.store.experiments import experiment_csv, experiment_json

    return Results(
        result.profiles,
        experiment_report(result),
        all_warnings(result),
        csv=lambda: experiment_csv(result),
        json=lambda: experiment_json(result),
    )


def all_warnings(result: ExperimentResult) -> list[str]:
    """Each warning once, under the groups or the networks that it is about."""
    from cnnprof.records.columns import warnings

    concerned: dict[str, list[str]] = {}
    networks: dict[str, list[str]] = {}
    for group in result.groups:
        name = group.group.scope or group.group.title
        for warning in group.comparison.warnings:
            concerned.setdefault(warning, []).append(name)
        for row, profile in group.members:
            for warning in warnings(profile):
                if warning == profile.failure:  # the report says why
                    continue
                networks.setdefault(warning, []).append(f"{name} {row.label}")
    return [
        *(f"{', '.join(named)}: {warning}" for warning, named in concerned.items()),
        *(f"{brief(named, len(result.profiles))}: {warning}" for warning, named in networks.items()),
    ]


def brief(named: Sequence[str], networks: int) -> str:
    """Up to three names, or how many there are."""
    return ", ".join(named) if len(named) <= 3 else f"{len(named)} of {networks} networks"


def listed(budget_s: float) -> Results:
    """What there is; needs no torch."""
    from cnnprof.experiments.registry import ELSEWHERE, ELSEWHERE_TITLE, EXPERIMENTS, networks_elsewhere
    from cnnprof.render.experiment.listing import experiments_report
    from cnnprof.store.experiments import experiments_csv, experiments_json

    networks = str(networks_elsewhere())
    others = [(ELSEWHERE, ELSEWHERE_TITLE, "ncnn's and timm's benchmarks", "", networks, SECONDS_ELSEWHERE)]
    found = tuple(EXPERIMENTS.values())
    return Results(
        (),
        experiments_report(found, budget_s, others),
        csv=lambda: experiments_csv(found),
        json=lambda: experiments_json(found),
    )


def elsewhere(options: Options, only: str) -> Results:
    """Published latencies of other devices against the counts."""
    check_refused("experiment elsewhere", options, FIXED_ELSEWHERE, PUBLISHED)
    if only:
        raise UnknownNameError("experiment elsewhere takes no --only", PUBLISHED)
    from cnnprof.pipeline.experiments import rank_elsewhere
    from cnnprof.render.experiment.agreement import elsewhere_report
    from cnnprof.store.experiments import elsewhere_csv, elsewhere_json

    found = rank_elsewhere()
    return Results(
        (), elsewhere_report(found), csv=lambda: elsewhere_csv(found), json=lambda: elsewhere_json(found)
    )

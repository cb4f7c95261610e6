"""What ``profile`` and ``compare`` have in common: refuse early, run the pipeline, deliver, exit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from cnnprof.cli.failures import INTERRUPTED
from cnnprof.cli.options import Settings
from cnnprof.cli.output import Results, check_files, check_format, deliver
from cnnprof.cli.progress import shown_progress
from cnnprof.errors import GateError

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison


def run(
    models: Sequence[str],
    settings: Settings,
    to_results: Callable[[Comparison], Results],
    baseline: int = 0,
) -> None:
    """Measure ``models`` together and deliver what ``to_results`` makes of it, or end with an exit code."""
    comparison = measure(models, settings, baseline)
    code = deliver(to_results(comparison), settings.format, settings.output, settings.quiet)
    if comparison.measurement and comparison.measurement.interrupted:
        code = INTERRUPTED
    if code:
        raise typer.Exit(code)
    if settings.strict:
        check_all_counted(comparison)


def measure(models: Sequence[str], settings: Settings, baseline: int) -> Comparison:
    """The comparison; everything that can be refused without torch is refused first."""
    from cnnprof import pipeline
    from cnnprof.cli.request import to_request

    check_format(settings.format)
    check_files(settings.output)
    requests = [to_request(model, settings) for model in models]
    with shown_progress(settings.quiet) as on_progress:
        return pipeline.compare(requests, baseline=baseline, on_progress=on_progress)


def check_all_counted(comparison: Comparison) -> None:
    """The gate of ``--strict``: GateError names the model and its uncounted ops."""
    from cnnprof.records.notation import uncounted_text

    for profile in comparison.profiles:
        if profile.counts.uncounted_ops:
            named = uncounted_text(profile.counts.uncounted_ops)
            raise GateError(
                f"{profile.request.model} has uncounted ops: {named}",
                "without --strict they count as nothing",
            )


def all_warnings(comparison: Comparison) -> list[str]:
    """Each warning once: the comparison's, its session's, and the models' under the names of those it is about."""
    from cnnprof.records.columns import warnings

    session = comparison.measurement.warnings if comparison.measurement else ()
    concerned: dict[str, list[str]] = {}
    for profile in comparison.profiles:
        for warning in warnings(profile):
            concerned.setdefault(warning, []).append(profile.request.model)
    several = len(comparison.profiles) > 1
    named = [
        f"{', '.join(models)}: {warning}" if several else warning for warning, models in concerned.items()
    ]
    return list(dict.fromkeys((*comparison.warnings, *session, *named)))

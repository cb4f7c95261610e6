"""``cnnprof compare MODEL MODEL...``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.failures import reported
from cnnprof.cli.measuring import all_warnings, run
from cnnprof.cli.options import MODEL, Settings, with_settings
from cnnprof.errors import unknown

if TYPE_CHECKING:
    from cnnprof.cli.output import Results
    from cnnprof.records.profile import Comparison


@reported
@with_settings
def compare(
    models: Annotated[list[str], typer.Argument(metavar="MODEL MODEL...", help=f"Two or more. {MODEL}")],
    settings: Settings,
    baseline: Annotated[
        str, typer.Option(metavar="MODEL", help="What ratios refer to: a model, or its place from 0.")
    ] = "0",
) -> None:
    """Set the FLOPs of several networks against their real speed."""
    if len(models) < 2:
        raise typer.BadParameter("compare needs two models or more", param_hint="MODEL MODEL...")
    run(models, settings, to_results, find_baseline(baseline, models))


def find_baseline(wanted: str, models: Sequence[str]) -> int:
    """The index of the model called ``wanted``, or at that place; UnknownNameError if there is none."""
    if wanted in models:
        return list(models).index(wanted)
    if wanted.isdecimal() and int(wanted) < len(models):
        return int(wanted)
    raise unknown(
        "baseline", wanted, models, otherwise=f"one of: {', '.join(models)}; or 0 to {len(models) - 1}"
    )


def to_results(comparison: Comparison) -> Results:
    """The comparison, then each model's audits where asked for."""
    from cnnprof.cli.output import Results
    from cnnprof.render.audits import audits_report
    from cnnprof.render.compare import compare_report
    from cnnprof.render.conventions import convention_report
    from cnnprof.render.table import notes

    audits = [
        block
        for profile in comparison.profiles
        if profile.audits
        for block in (*notes(profile.request.model, style="heading"), *audits_report(profile.audits))
    ]
    report = (*compare_report(comparison), *convention_report(comparison.profiles), *audits)
    return Results(comparison.profiles, report, all_warnings(comparison))

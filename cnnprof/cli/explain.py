"""``cnnprof explain A B``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.ending import finish_measured
from cnnprof.cli.failures import reported
from cnnprof.cli.options import MODEL, Options, with_options
from cnnprof.cli.output import check_outputs
from cnnprof.cli.progress import shown_progress
from cnnprof.results.comparison import comparison_results
from cnnprof.results.formats import Results
from cnnprof.results.warnings import all_warnings

if TYPE_CHECKING:
    from cnnprof.pipeline.explain import Explained


@reported
@with_options("verify", "convention", "processes", "no_latency")
def explain(
    first: Annotated[str, typer.Argument(metavar="A", help=MODEL)],
    second: Annotated[str, typer.Argument(metavar="B", help="The network whose time is explained.")],
    options: Options,
) -> None:
    """Explain why two networks differ in time, by op and by cause."""
    finish_measured(
        lambda: measure(first, second, options), to_results, options, of_counts=comparison_results
    )


def measure(first: str, second: str, options: Options) -> Explained:
    """Both networks timed; what can be refused without torch is refused first."""
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.explain import explain_gap

    check_outputs(options)
    requests = [to_request(model, options, "explain") for model in (first, second)]
    with shown_progress(options.quiet) as on_progress:
        return explain_gap(requests, on_progress=on_progress)


def to_results(found: Explained) -> Results:
    """The gap in its parts."""
    from cnnprof.render.explain import explain_report
    from cnnprof.store.documents import profiles_json
    from cnnprof.store.reports import explanation_csv

    comparison, explanation = found.comparison, found.explanation
    return Results(
        comparison.profiles,
        explain_report(comparison.profiles, explanation),
        [*all_warnings(comparison), *explanation.warnings],
        csv=lambda: explanation_csv(explanation),
        json=lambda: profiles_json(comparison.profiles, comparison, explanation=explanation),
        comparison=comparison,
    )

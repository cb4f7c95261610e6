"""What ``profile`` and ``compare`` have in common: refuse early, run the pipeline, deliver, exit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnprof.cli.ending import finish_measured
from cnnprof.cli.options import Options
from cnnprof.cli.output import asked_forms, check_outputs, check_shown
from cnnprof.cli.pictures import Drawing, check_drawing
from cnnprof.cli.progress import shown_progress
from cnnprof.results.formats import Results

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison


def run(
    models: Sequence[str],
    options: Options,
    to_results: Callable[[Comparison], Results],
    baseline: int,
    drawing: Drawing,
) -> None:
    """Measure ``models`` together and deliver what ``to_results`` makes of it, or end with an exit code."""
    finish_measured(lambda: measure(models, options, baseline, drawing), to_results, options)


def measure(models: Sequence[str], options: Options, baseline: int, drawing: Drawing) -> Comparison:
    """The comparison; everything that can be refused without torch is refused first."""
    from cnnprof.cli.request import to_requests
    from cnnprof.pipeline.flow import compare

    check_asked(options, drawing)
    requests = [replace(request, roofline=drawing.roofline) for request in to_requests(models, options)]
    with shown_progress(options.quiet) as on_progress:
        return compare(requests, baseline=baseline, on_progress=on_progress)


def check_asked(options: Options, drawing: Drawing) -> None:
    """What can be refused without torch: formats, files and pictures, and what would be in no result."""
    check_outputs(options, pictures=True)
    check_drawing(options, drawing)
    asked = asked_forms(options)
    if options.convention != "paper":
        check_shown(f"--convention {options.convention}", asked, ("table", "md", "json"))
    if options.verify:
        check_shown("--verify", asked, ("table", "md", "json"))
    if drawing.plot:
        check_shown("--plot", asked, ("table", "md"))

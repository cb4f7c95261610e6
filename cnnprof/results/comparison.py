"""What ``compare`` shows of several networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnprof.results.formats import Results
from cnnprof.results.pictures import comparison_chart, plotted
from cnnprof.results.warnings import all_warnings

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison


def comparison_results(comparison: Comparison, roofline: bool = False, plot: bool = False) -> Results:
    """The comparison, then its roofline and each model's audits where asked for; ``plot``: in characters, too."""
    from cnnprof.render.audits import verified_report
    from cnnprof.render.comparison.report import compare_report
    from cnnprof.render.conventions import convention_report
    from cnnprof.render.roofline.comparison import rooflines_report

    report = (
        *compare_report(comparison),
        *rooflines_report(comparison),
        *(plotted(comparison_chart(comparison, roofline)) if plot else ()),
        *convention_report(comparison.profiles),
        *verified_report(comparison.profiles, named=True),
    )
    return Results(
        comparison.profiles,
        report,
        all_warnings(comparison),
        comparison=comparison,
        chart=lambda: comparison_chart(comparison, roofline),
    )

"""What ``profile`` shows of one network, on one engine or on several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnprof.results.formats import Results
from cnnprof.results.pictures import plotted, profile_chart
from cnnprof.results.warnings import all_warnings

if TYPE_CHECKING:
    from cnnprof.records.counts import Counts
    from cnnprof.records.profile import Comparison


@dataclass(frozen=True)
class Rows:
    """Which rows of layers are asked for: those of ``--layers``, summed up below ``depth``, the ``top`` of them."""

    layers: bool = False
    depth: int | None = None
    top: int | None = None

    @property
    def cut(self) -> bool:
        """Whether they are fewer than one an op."""
        return self.depth is not None or self.top is not None


NO_LAYERS = Rows()


def network_results(comparison: Comparison, rows: Rows = NO_LAYERS, plot: bool = False) -> Results:
    """The report of one model, with its layers, roofline and audits where asked for."""
    from cnnprof.render.audits import verified_report
    from cnnprof.render.layers.costs import layers_report
    from cnnprof.render.profile import profile_report
    from cnnprof.render.profile_grid import profile_grid_report
    from cnnprof.render.roofline.comparison import rooflines_report
    from cnnprof.render.roofline.network import roofline_report

    found = comparison.profiles[0]
    several = len(comparison.profiles) > 1
    report = (
        *(profile_grid_report(comparison) if several else profile_report(found, comparison.measurement)),
        *(layers_report(found.counts, rows.depth, rows.top) if rows.layers else ()),
        *(rooflines_report(comparison) if several else roofline_report(found, rows.top)),
        *(plotted(profile_chart(comparison)) if plot else ()),
        *verified_report(comparison.profiles),
    )
    return Results(
        comparison.profiles,
        report,
        all_warnings(comparison),
        (lambda: as_csv(found.counts, rows)) if rows.layers else None,
        comparison=comparison,
        chart=lambda: profile_chart(comparison),
    )


def as_csv(counts: Counts, rows: Rows) -> str:
    """The per-layer table with raw values: every op in full, or the rows of ``--depth`` and ``--top``."""
    from dataclasses import asdict

    from cnnprof.render.layers.costs import layer_rows
    from cnnprof.store.documents import ops_csv, rows_csv

    if not rows.cut:
        return ops_csv(counts)
    return rows_csv([asdict(layer) for layer in layer_rows(counts, rows.depth, rows.top)])

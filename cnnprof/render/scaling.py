"""The report of ``scale``: each member of the family beside what the rule predicts."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.grid import grid_of
from cnnprof.records.profile import Profile
from cnnprof.records.scaling import Exponent, ScaledPoint, Scaling
from cnnprof.render.comparison.report import failure_lines, session_lines
from cnnprof.render.text import numbers
from cnnprof.render.text.fields import latency_text, ratio_text
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import PAPER, machine, setting, uncounted_lines

COLUMNS = (
    Column("phi"),
    Column("depth", priority=3),
    Column("width", priority=3),
    Column("input", priority=2),
    Column("params", priority=4),
    Column("macs"),
    Column("memory\naccess", priority=5),
    Column("peak\nmemory", priority=6),
    Column("macs\nratio"),
    Column("rule"),
    Column("memory\nratio", priority=1),
)
TIMED = (Column("latency", "ms"), Column("time\nratio"))
REMARK = Column("remark", align="left")
EXPONENTS = (Column("dimension", align="left"), Column("theory"), Column("fitted"))


def scaling_report(scaling: Scaling) -> Report:
    """One row a phi, then the exponents that macs grow with."""
    profiles = scaling.comparison.profiles
    timed = any(profile.timing for profile in profiles)
    rows = tuple(
        (
            *_row(point, profile, profiles[0]),
            *(_timed(profile, profiles[0]) if timed else ()),
        )
        for point, profile in zip(scaling.points, profiles, strict=True)
    )
    rule = f"alpha {scaling.alpha:g}, beta {scaling.beta:g}, gamma {scaling.gamma:g}"
    return (
        *notes(f"{scaling.model} scaled by {rule}; {setting(profiles)}", style="heading"),
        Table((*COLUMNS, *(TIMED if timed else ())), rows),
        *notes(*failure_lines(profiles), *uncounted_lines(profiles)),
        *notes(
            "rule: (alpha * beta^2 * gamma^2)^phi, what compound scaling says macs and time are multiplied by "
            "(EfficientNet, section 3.3); it and ratios are to the first row; channels, repeats and sides are rounded",
            *session_lines(scaling.comparison, grid_of(profiles)),
        ),
        _exponents_table(scaling.exponents),
        *notes(PAPER, machine(profiles[0].environment) if timed else "", style="dim"),
    )


def _row(point: ScaledPoint, profile: Profile, base: Profile) -> Row:
    counts = profile.counts
    return (
        f"{point.phi:g}",
        numbers.ratio(point.depth_mult),
        numbers.ratio(point.width_mult),
        str(point.resolution),
        numbers.count(counts.params),
        numbers.count(counts.macs),
        numbers.size(counts.memory_bytes),
        numbers.size(counts.peak_bytes),
        numbers.ratio(counts.macs / base.counts.macs) if base.counts.macs else "",
        numbers.ratio(point.predicted),
        numbers.ratio(counts.memory_bytes / base.counts.memory_bytes),
    )


def _timed(profile: Profile, base: Profile) -> Row:
    """The latency and its ratio to the first row's; where there is none, the reason stands below the table."""
    if profile.timing is None or base.timing is None:
        return (latency_text(profile)[0], "")
    return (latency_text(profile)[0], numbers.ratio(1.0) if profile is base else ratio_text(profile.ratio)[0])


def _exponents_table(exponents: Sequence[Exponent]) -> Table:
    """With a column for why one could not be fitted, where that is so."""
    explained = any(exponent.reason for exponent in exponents)
    rows = tuple((*_exponent(one), *((one.reason,) if explained else ())) for one in exponents)
    columns = (*EXPONENTS, *((REMARK,) if explained else ()))
    return Table(columns, rows, title="macs against each alone")


def _exponent(exponent: Exponent) -> Row:
    fitted = "-" if exponent.fitted is None else f"{exponent.fitted:.2f}"
    return (exponent.dimension, f"{exponent.theory:g}", fitted)

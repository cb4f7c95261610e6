"""The report of ``list --counts``: what every network of the zoo costs, as built here."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.notation import input_text
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import PAPER

COLUMNS = (
    Column("model", align="left"),
    Column("input", priority=2),
    Column("params"),
    Column("macs"),
    Column("flops", priority=4),
    Column("activations", priority=5),
    Column("memory\naccess"),
    Column("paper's", priority=3),
    Column("fused", priority=3),
    Column("peak\nmemory", priority=1),
    Column("uncounted", align="left", priority=6),
)


def tally_report(profiles: Sequence[Profile]) -> Report:
    """One row a network, counted at its default input."""
    number = f"{numbers.number_of(len(profiles), 'network')} counted, batch 1, float32"
    return (
        Table(COLUMNS, tuple(_row(profile) for profile in profiles)),
        *notes(f"{number}; {PAPER}", style="dim"),
    )


def _row(profile: Profile) -> Row:
    counts = profile.counts
    return (
        profile.request.model,
        input_text(profile.request.inputs) or "",
        numbers.count(counts.params),
        numbers.count(counts.macs),
        numbers.count(counts.flops),
        numbers.count(counts.activations),
        numbers.size(counts.memory_bytes),
        numbers.size(counts.memory_paper_bytes),
        numbers.size(counts.memory_fused_bytes),
        numbers.size(counts.peak_bytes),
        ", ".join(name for name, _ in counts.uncounted_ops) or "none",
    )

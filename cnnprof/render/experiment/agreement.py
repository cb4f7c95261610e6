"""Rank correlations as tables: counts against published speeds, and against this machine's."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.elsewhere import Elsewhere, Ranking
from cnnprof.records.experiment import Agreement, ExperimentResult
from cnnprof.records.ranking import Correlation
from cnnprof.render.text.table import Column, Report, Row, Table, notes

NAMES = {
    "macs": "macs",
    "memory_bytes": "memory\naccess",
    "memory_paper_bytes": "paper's\nmemory",
    "memory_fused_bytes": "fused\nmemory",
    "params": "params",
    "activations": "activations",
}
# What these tables are about stays longest: memory access beside macs.
DROPPED = ("macs", "memory_bytes", "memory_fused_bytes", "memory_paper_bytes", "params", "activations")
SHORT = "--format md, csv, json and a wider terminal give the intervals"
MEANING = "1: the same order, 0: none, -1: the reverse; in brackets the 95 % bootstrap interval over networks"
TURNS = "networks of one group took turns; groups were timed one after the other, so drift is part of these figures"
KINDS = {"CPU": "processors", "GPU": "GPUs"}


def correlation_text(found: Correlation | None, short: bool = False) -> str:
    """``0.92 [0.66, 1.00]``."""
    if found is None:
        return ""
    if short or found.rho_low is None or found.rho_high is None:
        return f"{found.rho:.2f}"
    return f"{found.rho:.2f} [{found.rho_low:.2f}, {found.rho_high:.2f}]"


def agreement_report(result: ExperimentResult) -> Report:
    """Each count against each platform and this machine, then this machine against each platform."""
    agreements = [agreement for agreement in result.agreements if agreement.correlations]
    if not agreements:
        return ()
    titles = {platform.key: platform.title for platform in result.experiment.platforms}
    columns = (Column("time on", align="left"), Column("networks"), *_count_columns())
    table = Table(
        columns,
        tuple(_row(agreement, titles, False) for agreement in agreements),
        title="rank correlation (Spearman) of each count with the time",
        short_rows=tuple(_row(agreement, titles, True) for agreement in agreements),
        short_note=SHORT,
    )
    apart = TURNS if len(result.groups) > 1 and any(profile.timing for profile in result.profiles) else ""
    return (table, *notes(*_sentences(result, titles), MEANING, apart))


def _count_columns() -> tuple[Column, ...]:
    return tuple(Column(title, priority=DROPPED.index(name)) for name, title in NAMES.items())


def _row(agreement: Agreement, titles: dict[str, str], short: bool) -> Row:
    by_column = {found.column: found for found in agreement.correlations}
    cells = (correlation_text(by_column.get(name), short) for name in NAMES)
    models = next((str(found.models) for found in agreement.correlations), "")
    return (titles.get(agreement.platform, "this machine"), models, *cells)


def _sentences(result: ExperimentResult, titles: dict[str, str]) -> list[str]:
    here = next((a for a in result.agreements if a.platform not in titles), None)
    found = {c.column: c for c in here.correlations if c.column in titles} if here else {}
    alike = {a.platform: a for a in result.agreements if a.platform in titles}
    said = []
    for key, title in titles.items():
        if key not in found:
            continue
        tau = found[key].tau
        text = f"this machine's order against the {title}'s: Spearman {correlation_text(found[key])}"
        text += "" if tau is None else f", Kendall {tau:.2f}"
        if key in alike and alike[key].pairs:
            text += f"; {alike[key].alike} of {alike[key].pairs} pairs within a group that both tell apart are alike"
        said.append(text)
    return said


def elsewhere_report(found: Elsewhere) -> Report:
    """Medians first, then every device."""
    millions = f"{found.light_macs / 1e6:g} M"
    return (
        *notes(
            "elsewhere: how well counts rank networks on devices that are not here; nothing is timed",
            style="heading",
        ),
        _medians(found),
        _devices(found.rankings, "all networks: Spearman's rho with the published time"),
        _devices(found.light, f"light networks, up to {millions} multiply-adds: the same"),
        *notes(*(_best(found, light, kind) for light in (False, True) for kind in KINDS), MEANING),
        *notes(*_sources(found.rankings), style="dim"),
    )


def _best(found: Elsewhere, light: bool, kind: str) -> str:
    """Which count ranks best by the median device, beside the multiply-adds."""
    medians = {name: one.rho for name in NAMES if (one := found.median(name, kind, light))}
    if "macs" not in medians:
        return ""
    best = max(medians, key=lambda name: medians[name])
    networks = "light networks" if light else "all networks"
    said = f"{networks} on {KINDS[kind]}: {NAMES[best].replace(chr(10), ' ')} ranks best, {medians[best]:.2f}"
    return said + ("" if best == "macs" else f"; macs {medians['macs']:.2f}") + " (median of Spearman's rho)"


def _medians(found: Elsewhere) -> Table:
    rows: list[Row] = []
    headings: dict[int, str] = {}
    for light in (False, True):
        headings[len(rows)] = "light networks" if light else "all networks"
        for kind, name in KINDS.items():
            medians = [found.median(column, kind, light) for column in NAMES]
            devices = max((one.models for one in medians if one), default=0)
            rows.append((f"{devices} {name}", *map(_both, medians)))
    return Table(
        (Column("median over", align="left"), *_count_columns()),
        tuple(rows),
        title="Spearman's rho / Kendall's tau of each count with the published time",
        groups=headings,
    )


def _both(median: Correlation | None) -> str:
    return "" if median is None else f"{median.rho:.2f} / {median.tau:.2f}"


def _devices(rankings: Sequence[Ranking], title: str) -> Table:
    ordered = sorted(rankings, key=lambda ranking: list(KINDS).index(ranking.device.kind))
    headings = {}
    for kind in KINDS:
        headings[[ranking.device.kind for ranking in ordered].index(kind)] = KINDS[kind]
    return Table(
        (Column("device", align="left"), Column("networks"), *_count_columns()),
        tuple(_device_row(ranking, False) for ranking in ordered),
        title=title,
        short_rows=tuple(_device_row(ranking, True) for ranking in ordered),
        short_note=SHORT,
        groups=headings,
    )


def _device_row(ranking: Ranking, short: bool) -> Row:
    by_column = {found.column: found for found in ranking.correlations}
    cells = (correlation_text(by_column.get(name), short) for name in NAMES)
    library = ranking.device.setting.split(",")[0]
    return (f"{ranking.device.title} ({library})", str(len(ranking.models)), *cells)


def _sources(rankings: Sequence[Ranking]) -> list[str]:
    found: dict[str, list[str]] = {}
    for ranking in rankings:
        source = ranking.device.source
        found.setdefault(source, []).append(ranking.device.setting)
    return [f"{source} ({'; '.join(dict.fromkeys(settings))})" for source, settings in found.items()]

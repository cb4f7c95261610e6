"""The report of ``profile``: what one network costs, beside what was published, and how fast it runs."""

from __future__ import annotations

from collections.abc import Callable

from cnnprof.records.columns import gmacs_per_second, images_per_second
from cnnprof.records.counts import Counts
from cnnprof.records.entry import Figure
from cnnprof.records.notation import arguments_text
from cnnprof.records.profile import Profile
from cnnprof.records.timing import Measurement, Outliers, Timing
from cnnprof.render.conventions import convention_report
from cnnprof.render.preparation import preparation_rows
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import PAPER, machine, setting, uncounted_lines

COSTS = (
    Column("", align="left"),
    Column("counted"),
    Column("exact", priority=2),
    Column("published", align="left", priority=3),
    Column("meaning", align="left", priority=4),
)


def profile_report(profile: Profile, measurement: Measurement | None = None) -> Report:
    """Counts beside published figures, the latency if timed, and the convention asked for."""
    return (
        *notes(f"{profile.request.model}: {setting([profile])}", style="heading"),
        *notes(_origin(profile), style="dim"),
        Table(COSTS, _cost_rows(profile, str), short_rows=_cost_rows(profile, _short_place)),
        *notes(*_remarks(profile)),
        *_trained_report(profile),
        *((latency_table(profile, profile.timing, measurement),) if profile.timing else ()),
        *notes(f"not timed: {profile.failure}" if profile.failure else ""),
        *convention_report([profile]),
        *notes(PAPER, machine(profile.environment) if profile.timing else "", style="dim"),
    )


def _origin(profile: Profile) -> str:
    if profile.entry is None:
        return f"from {profile.source}" if profile.source else ""
    changed = arguments_text(profile.request.arguments)
    return f"{profile.entry.paper}; layers of {profile.entry.reference.code}" + (
        f", but for {changed}" if changed else ""
    )


def _cost_rows(profile: Profile, place: Callable[[str], str]) -> tuple[Row, ...]:
    counts = profile.counts
    entry = profile.published
    params = _published(entry.params, counts.params, place) if entry else ""
    batch = profile.request.batch
    macs = (
        _published(entry.macs, counts.macs / batch, place, " an image" if batch > 1 else "") if entry else ""
    )
    return (
        _cost("params", counts.params, "trainable scalars, each once", params),
        _cost("macs", counts.macs, "multiply-accumulates of conv, linear, matmul", macs),
        _cost("flops", counts.flops, "2 x macs and all other arithmetic"),
        _cost("activations", counts.activations, "outputs of conv and linear"),
        _bytes("memory access", counts.memory_bytes, "read and written, op by op, weights included"),
        _bytes("  paper's", counts.memory_paper_bytes, "conv and linear only, as in ShuffleNet V2"),
        _bytes("  fused", counts.memory_fused_bytes, "norm, activation, add inside their producer"),
        _bytes("peak memory", counts.peak_bytes, "largest sum of live activations"),
        ("intensity", _intensity(counts), "", "", "flops per byte of memory access"),
        ("uncounted ops", _uncounted(counts), "", "", "ops without a counting rule"),
    )


def _trained_report(profile: Profile) -> Report:
    """What the network cost before its branches were folded, beside what is left of it."""
    before, after = profile.as_trained, profile.counts
    if before is None:
        return ()
    names: dict[str, Callable[[float], str]]
    names = {"params": numbers.count, "macs": numbers.count, "flops": numbers.count}
    names |= {"memory_bytes": numbers.size, "peak_bytes": numbers.size}
    rows = tuple(
        _folded(name, form, getattr(before, name), getattr(after, name)) for name, form in names.items()
    )
    columns = (Column("", align="left"), Column("as trained"), Column("deployed"), Column("ratio"))
    return (
        Table(
            columns, (*rows, ("ops", str(len(before.ops)), str(len(after.ops)), "")), title="branches folded"
        ),
    )


def _folded(name: str, form: Callable[[float], str], before: int, after: int) -> Row:
    return (
        name.removesuffix("_bytes"),
        form(before),
        form(after),
        numbers.ratio(after / before) if before else "",
    )


def _cost(name: str, value: int, meaning: str, published: str = "") -> Row:
    return (name, numbers.count(value), numbers.exact(value), published, meaning)


def _bytes(name: str, value: int, meaning: str) -> Row:
    return (name, numbers.size(value), numbers.exact(value), "", meaning)


def _published(figure: Figure | None, counted: float, place: Callable[[str], str], each: str = "") -> str:
    if figure is None:
        return ""
    verdict = "agrees" if figure.agrees_with(counted) else "differs"
    return f"{numbers.figure(figure)}{each}, {place(figure.where)}: {verdict}"


def _short_place(where: str) -> str:
    """A table's number stays; longer places are spelled out by ``cnnprof list -v``."""
    return where if len(where) <= 12 else "README" if "README" in where else "see list -v"


def _intensity(counts: Counts) -> str:
    return "" if counts.intensity is None else f"{counts.intensity:.2f} flops/B"


def _uncounted(counts: Counts) -> str:
    times = sum(times for _, times in counts.uncounted_ops)
    return str(times) if times else "none"


def _remarks(profile: Profile) -> list[str]:
    """What the table leaves open: why figures differ, which ops are uncounted, a real forward pass."""
    counts, entry = profile.counts, profile.published
    forward = "counted on one real forward pass: shapes alone do not decide what this network runs"
    return [
        f"published {entry.metric_name}: {numbers.metric(entry.metric)}, {entry.metric.where}"
        if entry and entry.metric
        else "",
        f"on the published figures: {entry.differs}" if entry and entry.differs else "",
        *uncounted_lines([profile]),
        forward if counts.method == "forward" else "",
    ]


def _processes(timing: Timing, measurement: Measurement | None) -> str:
    """How many there were, what they differ by and what it took to start them; empty where there was but one."""
    if measurement is None or measurement.processes < 2 or timing.spread is None:
        return ""
    started = numbers.duration(measurement.startup_s)
    return f"{measurement.processes}, medians differ by {100 * timing.spread:.1f} %; started in {started}"


def _outliers(found: Outliers) -> str:
    """``12 slow, 3 very slow: kept``; empty where there is none."""
    kinds = {"fast": found.fast, "slow": found.slow, "very slow": found.very_slow}
    told = ", ".join(f"{numbers.exact(count)} {kind}" for kind, count in kinds.items() if count)
    return f"{told} (beyond Tukey's fences): kept" if told else ""


def latency_table(profile: Profile, timing: Timing, measurement: Measurement | None) -> Table:
    """The latency of one forward pass and what was achieved."""
    median = f"{numbers.latency_interval(timing.median_s, timing.low_s, timing.high_s)} ms"
    images, gmacs = images_per_second(profile, timing), gmacs_per_second(profile, timing)
    rounds = (
        f", {numbers.number_of(measurement.rounds, 'round')}, {measurement.dropped_rounds} dropped"
        if measurement
        else ""
    )
    cut_short = ", interrupted" if measurement and measurement.interrupted else ""
    rows = [
        ("median [95 % interval]", median),
        ("minimum", numbers.milliseconds(timing.min_s)),
        ("90th percentile", "" if timing.p90_s is None else numbers.milliseconds(timing.p90_s)),
        ("images per s", "" if images is None else numbers.rate(images)),
        ("GMAC per s", "" if gmacs is None else numbers.rate(gmacs)),
        ("samples", f"{numbers.exact(timing.samples)}{rounds}{cut_short}"),
        ("outliers", _outliers(timing.outliers)),
        ("processes", _processes(timing, measurement)),
        ("steady", "yes" if timing.stable else "no: not settled after the warm-up, or disturbed since"),
        *(preparation_rows(profile.preparation) if profile.preparation else []),
    ]
    columns = (Column("latency", align="left"), Column("of one forward pass", align="left"))
    return Table(columns, tuple(row for row in rows if row[1]))

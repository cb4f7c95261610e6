"""One row a model: what it costs, how fast it is, and both as ratios to the baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from cnnprof.records.columns import gmacs_per_second, images_per_second
from cnnprof.records.grid import Grid, grid_of, setting_of
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.timing import Timing
from cnnprof.render.text import numbers
from cnnprof.render.text.fields import Field, field_of, fields_table, latency_text, ratio_text
from cnnprof.render.text.table import Column, Table

SHORT = (
    "±: the wider side of the 95 % interval; the sentences, --format md and a wider terminal give both ends"
)


def compare_table(comparison: Comparison) -> Table:
    """One row a model, grouped by task where tasks differ.

    Dropped first when there is little room: GMAC/s, images/s, params, memory access, verdict.
    """
    profiles = grouped(comparison.profiles)
    note = SHORT if _timed(comparison) else ""
    return fields_table(_fields(comparison), profiles, note, _task_headings(profiles))


def grouped(profiles: Sequence[Profile]) -> list[Profile]:
    """In the order given, but models of one task together where tasks differ."""
    if not tasks_differ(profiles):
        return list(profiles)
    tasks = list(dict.fromkeys(task_of(profile) for profile in profiles))
    return sorted(profiles, key=lambda profile: tasks.index(task_of(profile)))


def tasks_differ(profiles: Sequence[Profile]) -> bool:
    """Whether two tasks are known; what a model of the user's own is for is not."""
    return len({task_of(profile) for profile in profiles} - {""}) > 1


def task_of(profile: Profile) -> str:
    """What the model is for, empty where that is not known."""
    return profile.entry.task if profile.entry else ""


def _task_headings(profiles: Sequence[Profile]) -> dict[int, str]:
    if not tasks_differ(profiles):
        return {}
    headings, start = {}, 0
    for task, members in groupby(profiles, task_of):
        headings[start] = task or "task not known"
        start += len(list(members))
    return headings


def _timed(comparison: Comparison) -> bool:
    return any(profile.timing for profile in comparison.profiles)


def _fields(comparison: Comparison) -> list[Field[Profile]]:
    grid = grid_of(comparison.profiles, comparison.baseline)
    fields = [
        Field(Column("model", align="left"), lambda p: p.request.model),
        *_differing(comparison.profiles),
    ]
    fields += [
        Field(
            Column("params", priority=7),
            lambda p: numbers.count(p.counts.params),
            _tight(numbers.count, "params"),
        ),
        Field(Column("macs"), lambda p: numbers.count(p.counts.macs), _tight(numbers.count, "macs")),
        Field(
            Column("memory\naccess", priority=6),
            lambda p: numbers.size(p.counts.memory_bytes),
            _tight(numbers.size, "memory_bytes"),
        ),
    ]
    timed = _timed(comparison)
    fields += _speed_fields() if timed else []
    fields.append(Field(Column("macs\nratio"), lambda p: _macs_ratio(p, _base(comparison, grid, p))))
    return fields + (_ratio_fields() if timed and len(comparison.profiles) > 1 else [])


def _tight(form: Callable[[float], str], name: str) -> Callable[[Profile], str]:
    """The count without the space before its unit."""
    return lambda profile: form(getattr(profile.counts, name)).replace(" ", "")


def _differing(profiles: Sequence[Profile]) -> list[Field[Profile]]:
    """Columns for settings that are not the same for all models; they stay at any width."""
    settings: dict[str, Callable[[Profile], str]] = {
        "input": lambda profile: input_text(profile.request.inputs) or "",
        "batch": lambda profile: str(profile.request.batch),
        "dtype": lambda profile: profile.request.dtype,
        "runtime": lambda profile: profile.request.runtime,
        "deployed": lambda profile: "yes" if profile.request.deploy else "no",
        "device": lambda profile: profile.device,
        "threads": lambda profile: str(profile.threads or ""),
    }
    return [
        Field(Column(name, align="left"), show)
        for name, show in settings.items()
        if len({show(profile) for profile in profiles}) > 1
    ]


def _speed_fields() -> list[Field[Profile]]:
    return [
        field_of(Column("latency", "ms"), latency_text),
        Field(Column("images\nper s", priority=8), _of_timing(lambda p, t: _rate(images_per_second(p, t)))),
        Field(Column("GMAC\nper s", priority=9), _of_timing(lambda p, t: _rate(gmacs_per_second(p, t)))),
    ]


def _ratio_fields() -> list[Field[Profile]]:
    return [
        field_of(Column("time\nratio"), lambda profile: ratio_text(profile.ratio)),
        Field(
            Column("verdict", align="left", priority=5),
            lambda profile: profile.ratio.verdict if profile.ratio else "",
        ),
    ]


def _of_timing(show: Callable[[Profile, Timing], str]) -> Callable[[Profile], str]:
    return lambda profile: show(profile, profile.timing) if profile.timing else ""


def _rate(value: float | None) -> str:
    return numbers.rate(value) if value is not None else ""


def _base(comparison: Comparison, grid: Grid, profile: Profile) -> Profile | None:
    """The baseline at the profile's own runtime and batch."""
    place = grid.base(setting_of(profile))
    return None if place is None else comparison.profiles[place]


def _macs_ratio(profile: Profile, base: Profile | None) -> str:
    if base is None or not base.counts.macs:
        return ""
    return numbers.ratio(profile.counts.macs / base.counts.macs)

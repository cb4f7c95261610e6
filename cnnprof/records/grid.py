"""Where the profiles of a comparison stand: models down, settings across."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cnnprof.records.notation import input_text
from cnnprof.records.profile import Profile
from cnnprof.records.request import Request


class Asked(Protocol):
    """Whatever stands for one model at one setting: a profile, or what becomes one."""

    @property
    def request(self) -> Request:
        """What was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a grid varies besides the model."""

    runtime: str
    batch: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Models by settings. ``cells[model][setting]`` is the place of the profile, None where there is none.

    ``baseline`` is the row that ratios under one setting refer to.
    """

    models: tuple[str, ...]
    settings: tuple[Setting, ...]
    cells: tuple[tuple[int | None, ...], ...]
    baseline: int = 0

    @property
    def runtimes(self) -> tuple[str, ...]:
        """Each runtime once, in the order given."""
        return tuple(dict.fromkeys(setting.runtime for setting in self.settings))

    @property
    def batches(self) -> tuple[int, ...]:
        """Each batch once, in the order given."""
        return tuple(dict.fromkeys(setting.batch for setting in self.settings))

    def place(self, row: int, runtime: str, batch: int) -> int | None:
        """The place of the profile of one model at one setting."""
        setting = Setting(runtime, batch)
        return self.cells[row][self.settings.index(setting)] if setting in self.settings else None

    def row_of(self, place: int) -> int:
        """The row that holds the profile at ``place``."""
        return next(row for row, cells in enumerate(self.cells) if place in cells)

    def columns(self) -> Iterator[tuple[Setting, list[int]]]:
        """Each setting with the places of its profiles, in the order of the models."""
        for column, setting in enumerate(self.settings):
            yield setting, [cells[column] for cells in self.cells if cells[column] is not None]  # type: ignore[misc]

    def base(self, setting: Setting) -> int | None:
        """The place of the baseline model at one setting."""
        return self.cells[self.baseline][self.settings.index(setting)]


def grid_of(profiles: Sequence[Asked], baseline: int = 0) -> Grid:
    """The grid that the profiles form. A model given twice has two rows; ``baseline`` is the place of a profile."""
    rows: dict[Hashable, dict[Setting, int]] = {}
    for place, profile in enumerate(profiles):
        setting = setting_of(profile)
        repeat = 0
        while setting in rows.setdefault((_identity(profile), repeat), {}):
            repeat += 1
        rows[_identity(profile), repeat][setting] = place
    settings = tuple(dict.fromkeys(map(setting_of, profiles)))
    cells = tuple(tuple(row.get(setting) for setting in settings) for row in rows.values())
    models = tuple(profiles[min(row.values())].request.model for row in rows.values())
    found = next((number for number, row in enumerate(cells) if baseline in row), 0)
    return Grid(models, settings, cells, found)


def labels(profiles: Sequence[Profile]) -> list[str]:
    """What tells profiles apart: the model, with the runtime and the batch where those vary, and with the input where
    one model has several.
    """
    grid = grid_of(profiles)
    sizes: dict[str, set[object]] = {}
    for profile in profiles:
        sizes.setdefault(profile.request.model, set()).add(profile.request.inputs)
    found = []
    for profile in profiles:
        request = profile.request
        size = [input_text(request.inputs) or ""] if len(sizes[request.model]) > 1 else []
        where = ", ".join(size + varied(request.runtime, request.batch, grid))
        found.append(f"{request.model} ({where})" if where else request.model)
    return found


def counted_once(profiles: Sequence[Profile]) -> list[Profile]:
    """Those at the first runtime: what runs a network changes none of its counts."""
    return [profile for profile in profiles if profile.request.runtime == profiles[0].request.runtime]


def named_together(profiles: Sequence[Profile], places: Collection[int]) -> str:
    """Some profiles in few words: ``every model (ncnn)`` in place of all that ran under it."""
    grid, names, left = grid_of(profiles), labels(profiles), set(places)
    if len(profiles) > 2 and left == set(range(len(profiles))):
        return "every model"
    found = []
    if len(grid.models) > 1 and len(grid.settings) > 1:
        for runtime in grid.runtimes:
            whole = {at for setting, each in grid.columns() if setting.runtime == runtime for at in each}
            if whole <= left:
                found.append(f"every model ({runtime})")
                left -= whole
    return ", ".join([*found, *(names[place] for place in sorted(left))])


def varied(runtime: str, batch: int | None, grid: Grid) -> list[str]:
    """What of a setting varies in this grid: ``eager`` and ``batch 8``, either or nothing."""
    parts = [
        runtime if len(grid.runtimes) > 1 else "",
        f"batch {batch}" if batch is not None and len(grid.batches) > 1 else "",
    ]
    return [part for part in parts if part]


def setting_of(profile: Asked) -> Setting:
    """The runtime and the batch that were asked for."""
    return Setting(profile.request.runtime, profile.request.batch)


def _identity(profile: Asked) -> Hashable:
    """What two profiles of one model share at different settings."""
    request = profile.request
    return (
        request.model,
        request.inputs,
        repr(sorted(request.arguments.items())),
        request.dtype,
        request.channels_last,
        request.deploy,
    )

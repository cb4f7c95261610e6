"""Where the profiles of a comparison stand: models down, settings across."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cnnprof.records.profile import Profile
from cnnprof.records.request import Request


class Asked(Protocol):
    """Whatever stands for one model at one setting: a profile, or what becomes one."""

    @property
    def request(self) -> Request:
        """What was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs a network: a runtime, computing in a dtype."""

    runtime: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a grid varies besides the model."""

    engine: Engine
    batch: int

    @property
    def runtime(self) -> str:
        """That of the engine."""
        return self.engine.runtime

    @property
    def dtype(self) -> str:
        """That of the engine."""
        return self.engine.dtype


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
    def engines(self) -> tuple[Engine, ...]:
        """Each engine once, in the order given."""
        return tuple(dict.fromkeys(setting.engine for setting in self.settings))

    @property
    def batches(self) -> tuple[int, ...]:
        """Each batch once, in the order given."""
        return tuple(dict.fromkeys(setting.batch for setting in self.settings))

    @property
    def varies_runtime(self) -> bool:
        """Whether engines differ in their runtime."""
        return len({engine.runtime for engine in self.engines}) > 1

    @property
    def varies_dtype(self) -> bool:
        """Whether engines differ in their dtype."""
        return len({engine.dtype for engine in self.engines}) > 1

    @property
    def axis(self) -> tuple[str, str]:
        """What engines are called here, and the word that goes before one: ``under`` an engine, ``in`` a dtype."""
        return ("dtype", "in") if self.varies_dtype and not self.varies_runtime else ("engine", "under")

    def name(self, engine: Engine) -> str:
        """``onnxruntime``, ``int8`` or ``onnxruntime int8``: what tells it from the other engines of this grid."""
        runtime = [engine.runtime] if self.varies_runtime or not self.varies_dtype else []
        return " ".join([*runtime, *([engine.dtype] if self.varies_dtype else [])])

    def place(self, row: int, engine: Engine, batch: int) -> int | None:
        """The place of the profile of one model at one setting."""
        setting = Setting(engine, batch)
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


def reference_engine(profiles: Sequence[Profile]) -> Engine:
    """The engine that others are set against: the first on which any model was timed."""
    timed = (engine_of(profile) for profile in profiles if profile.timing)
    return next(timed, engine_of(profiles[0]))


def counted_once(profiles: Sequence[Profile]) -> list[Profile]:
    """Those on the first engine: what runs a network changes no operation of it."""
    return [profile for profile in profiles if engine_of(profile) == engine_of(profiles[0])]


def engine_of(profile: Asked) -> Engine:
    """The runtime and the dtype that were asked for."""
    return Engine(profile.request.runtime, profile.request.dtype)


def setting_of(profile: Asked) -> Setting:
    """The engine and the batch that were asked for."""
    return Setting(engine_of(profile), profile.request.batch)


def _identity(profile: Asked) -> Hashable:
    """What two profiles of one model share at different settings."""
    request = profile.request
    return (
        request.model,
        request.inputs,
        repr(sorted(request.arguments.items())),
        request.channels_last,
        request.deploy,
    )

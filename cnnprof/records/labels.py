"""What the profiles of a comparison are called: by what tells them apart, and no more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from cnnprof.records.grid import Engine, Grid, grid_of
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Profile


class At(Protocol):
    """Whatever holds at one setting, or at one of which only a part is known."""

    @property
    def runtime(self) -> str:
        """Empty where it is not known."""
        ...

    @property
    def dtype(self) -> str:
        """Empty where it is not known."""
        ...

    @property
    def batch(self) -> int | None:
        """None where it is not known."""
        ...


def labels(profiles: Sequence[Profile]) -> list[str]:
    """What tells profiles apart: the model, with the engine and the batch where those vary, and with the input where
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
        where = ", ".join(size + varied(request, grid))
        found.append(f"{request.model} ({where})" if where else request.model)
    return found


def named_together(profiles: Sequence[Profile], places: Collection[int]) -> str:
    """Some profiles in few words: ``every model (ncnn)`` in place of all that ran under it."""
    grid, names, left = grid_of(profiles), labels(profiles), set(places)
    if len(profiles) > 2 and left == set(range(len(profiles))):
        return "every model"
    found = []
    if len(grid.models) > 1 and len(grid.settings) > 1:
        for engine in grid.engines:
            whole = {at for setting, each in grid.columns() if setting.engine == engine for at in each}
            if whole <= left:
                found.append(f"every model ({grid.name(engine)})")
                left -= whole
    return ", ".join([*found, *(names[place] for place in sorted(left))])


def varied(at: At, grid: Grid) -> list[str]:
    """What of a setting varies in this grid: ``eager`` and ``batch 8``, either or nothing."""
    parts = [
        grid.name(Engine(at.runtime, at.dtype)) if len(grid.engines) > 1 else "",
        f"batch {at.batch}" if at.batch is not None and len(grid.batches) > 1 else "",
    ]
    return [part for part in parts if part]

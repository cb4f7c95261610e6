"""The shape rule of ``F.interpolate``: what counters make of it depends on how the size was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from cnnprof.trace.aten.kinds import KINDS
from cnnprof.trace.rules.shapes import Shape, expect_picture
from cnnprof.trace.tape import Tape

NEAREST = ("nearest", "nearest-exact")
# What aten calls it, by how many dimensions the input has, the mode, and whether antialiased.
FUNCTIONS: Mapping[tuple[int, str, bool], str] = {
    **{(dims + 2, "nearest", False): f"upsample_nearest{dims}d" for dims in (1, 2, 3)},
    **{(dims + 2, "nearest-exact", False): f"_upsample_nearest_exact{dims}d" for dims in (1, 2, 3)},
    (3, "linear", False): "upsample_linear1d",
    (4, "bilinear", False): "upsample_bilinear2d",
    (4, "bilinear", True): "_upsample_bilinear2d_aa",
    (4, "bicubic", False): "upsample_bicubic2d",
    (4, "bicubic", True): "_upsample_bicubic2d_aa",
    (5, "trilinear", False): "upsample_trilinear3d",
}


def interpolate(
    tape: Tape,
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """``N x C`` pictures, rows or volumes brought to a size, or enlarged by factors; others ask the meta kernels."""
    shape = tuple(input.shape)
    name = FUNCTIONS.get((len(shape), mode, antialias))
    if name is None or (mode in NEAREST and align_corners is not None):
        return NotImplemented
    if (size is None) == (scale_factor is None) or (size is not None and recompute_scale_factor):
        return NotImplemented  # torch has the message for it
    sizes = _sizes(shape[2:], size, scale_factor)
    if len(sizes) != len(shape) - 2 or min(sizes) < 1:
        return NotImplemented
    expect_picture(shape, len(sizes))
    out = tape.fresh_after((*shape[:2], *sizes), input)
    attributes = {"size": size, "scale_factor": scale_factor}
    tape.emit(KINDS.get(name) or f"aten.{name}", name, (input,), (out,), attributes)
    return out


def _sizes(sides: Shape, size: int | Sequence[int] | None, factor: float | Sequence[float] | None) -> Shape:
    """What each side becomes: one number stands for all of them."""
    if size is not None:
        return (size,) * len(sides) if isinstance(size, int) else tuple(size)
    assert factor is not None
    factors = tuple(factor) if isinstance(factor, Sequence) else (factor,) * len(sides)
    if len(factors) != len(sides):
        return ()
    return tuple(int(side * float(each)) for side, each in zip(sides, factors, strict=True))

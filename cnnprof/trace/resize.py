"""The shape rule of ``F.interpolate``: what counters make of it depends on how the size was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from cnnprof.trace.tape import Tape


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
    """``N x C x H x W`` enlarged to a size, or by factors; other modes are left to the meta kernels."""
    shape = tuple(input.shape)
    known = mode == "bilinear" or (mode == "nearest" and align_corners is None)
    if len(shape) != 4 or not known or recompute_scale_factor or antialias:
        return NotImplemented
    if size is not None and scale_factor is None:
        sizes = (size,) * 2 if isinstance(size, int) else tuple(size)
    elif scale_factor is not None and size is None:
        factors = tuple(scale_factor) if isinstance(scale_factor, Sequence) else (scale_factor,) * 2
        sizes = tuple(int(side * float(factor)) for side, factor in zip(shape[2:], factors, strict=False))
    else:
        return NotImplemented  # torch has the message for it
    if len(sizes) != 2 or min(sizes) < 1:
        return NotImplemented
    out = tape.fresh((*shape[:2], *sizes), input.dtype)
    attributes = {"size": size, "scale_factor": scale_factor}
    tape.emit(f"upsample_{mode}", f"upsample_{mode}2d", (input,), (out,), attributes)
    return out

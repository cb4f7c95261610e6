"""Weights under a mask of ``torch.nn.utils.prune``: what a counter that looks for masks takes them for."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from cnnprof.trace.rules.shapes import Shape

ORIGINAL, MASK = "_orig", "_mask"
Weights = tuple[tuple[str, Shape], ...]


def left_by_masks(
    parameters: Mapping[str, Tensor | None], buffers: Mapping[str, Tensor | None]
) -> dict[str, int]:
    """How many scalars the masks of one module leave of its parameters (``weight_orig``); all, without data."""
    found = {}
    for name in parameters:
        mask = buffers.get(name.removesuffix(ORIGINAL) + MASK) if name.endswith(ORIGINAL) else None
        if mask is not None:
            found[name] = mask.numel() if mask.is_meta else int(torch.sum(mask))
    return found


def as_masked(weights: Weights, left: Mapping[str, int]) -> Weights:
    """A masked parameter under the name of the weight that is made of it, with what is left of it in a row."""
    return tuple(
        (name.removesuffix(ORIGINAL), (left[name],)) if name in left else (name, shape)
        for name, shape in weights
    )

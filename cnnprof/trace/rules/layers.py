"""Shape rules of layers: each has the signature of the torch function it stands for.

A rule computes the output's shape, records the op, and returns a tensor without data; NotImplemented leaves the call
to torch's own meta kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnnprof.trace.activations import channels_last
from cnnprof.trace.rules.shapes import (
    Shape,
    ShapeError,
    concat_shape,
    expect_channels,
    expect_last,
    text,
)
from cnnprof.trace.tape import Tape


def batch_norm(
    tape: Tape,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """A scale and a shift for each channel."""
    shape = tuple(input.shape)
    for each in (running_mean, running_var, weight, bias):
        if each is not None:
            expect_channels(shape, each.shape[0])
    out = tape.fresh_after(shape, input)
    reads = (input, weight, bias, running_mean, running_var)
    tape.emit("batch_norm", "batch_norm", reads, (out,), {"affine": weight is not None, "training": training})
    return out


def layer_norm(
    tape: Tape,
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalisation over the last dimensions."""
    shape = tuple(input.shape)
    expect_last(shape, tuple(normalized_shape))
    out = tape.fresh(shape, input.dtype)
    tape.emit("layer_norm", "layer_norm", (input, weight, bias), (out,), {"affine": weight is not None})
    return out


def mean(
    tape: Tape, input: Tensor, dim: int | Sequence[int] | None = None, keepdim: bool = False, **other: object
) -> Any:
    """The mean over some dimensions."""
    dims = (dim,) if isinstance(dim, int) else dim
    shape = tuple(input.shape)
    if other or not dims or not all(-len(shape) <= d < len(shape) for d in dims):
        return NotImplemented
    gone = {d % len(shape) for d in dims}
    if len(gone) < len(dims) or not input.is_floating_point():
        return NotImplemented
    kept = [(1 if i in gone else size) for i, size in enumerate(shape) if keepdim or i not in gone]
    out = tape.fresh(tuple(kept), input.dtype)
    tape.emit("reduce", "mean", (input,), (out,))
    return out


def concat(tape: Tape, tensors: Sequence[Tensor], dim: int = 0, **other: object) -> Any:
    """All tensors joined along one dimension: every element is copied."""
    if other or not all(
        isinstance(tensor, Tensor) and tensor.dtype == tensors[0].dtype and tensor.dim() == tensors[0].dim()
        for tensor in tensors
    ):
        return NotImplemented  # promotion, and the empty tensors of one dimension that torch passes over
    shape = concat_shape([tuple(tensor.shape) for tensor in tensors], dim)
    ordered = all(tensor.is_contiguous() for tensor in tensors)
    out = tape.fresh(shape, tensors[0].dtype) if ordered else _joined(tape, tensors, shape)
    tape.emit("concat", "cat", tensors, (out,))
    return out


def _joined(tape: Tape, tensors: Sequence[Tensor], shape: Shape) -> Tensor:
    """Channels stay last in memory where they are so in all of them."""
    alike = all(channels_last(tensor) for tensor in tensors)
    return tape.fresh_after(shape, tensors[0]) if alike else tape.fresh(shape, tensors[0].dtype)


def dropout(tape: Tape, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Nothing in eval mode."""
    if training:
        return NotImplemented
    tape.emit("identity", "dropout", (input,), (input,))
    return input


def prelu(tape: Tape, input: Tensor, weight: Tensor) -> Any:
    """A slope below zero, for each channel or one for all."""
    shape = tuple(input.shape)
    if weight.numel() != 1:
        expect_channels(shape, weight.numel())
    if not input.is_contiguous():
        return NotImplemented
    out = tape.fresh(shape, input.dtype)
    tape.emit("leaky_relu", "prelu", (input, weight), (out,))
    return out


def softmax(tape: Tape, input: Tensor, dim: int | None = None, *others: object, **options: object) -> Any:
    """Each slice along ``dim`` as shares of 1."""
    if dim is None or options.get("dtype") is not None or "out" in options or len(others) > 1:
        return NotImplemented
    if isinstance(others[0] if others else None, torch.dtype) or not input.is_floating_point():
        return NotImplemented
    if not -input.dim() <= dim < input.dim():
        raise ShapeError(f"has no dimension {dim} in {text(tuple(input.shape))}")
    out = tape.fresh(tuple(input.shape), input.dtype)
    tape.emit("softmax", "softmax", (input,), (out,), {"dim": dim})
    return out

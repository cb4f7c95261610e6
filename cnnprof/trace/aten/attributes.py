"""What the costs of some of aten's ops need beside shapes, read from the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor

from cnnprof.trace.rules.shapes import (
    Attributes,
    Shape,
    ShapeError,
    broadcast,
    expect_picture,
    expect_positive,
    spread,
    text,
)
from cnnprof.trace.tape import NO_ATTRIBUTES, Tape


def layer_weight(tape: Tape, right: Tensor) -> Shape | None:
    """``out x in`` where the right side of a product is a weight: what a linear layer comes apart into.

    It is then a transposed, and for batches expanded, view of one matrix; vectors and stacks of matrices are none. So
    is what ``F.linear`` was called with, whatever that was computed from.
    """
    if tape.call == "F.linear" and right.dim() == 2:
        inner, outer = right.shape
        return outer, inner
    weight = tape.parameter(right)
    if weight is None or right.dim() < 2:
        return None
    inner, outer = right.shape[-2:]
    elements = weight.elements if weight.part is None else weight.part
    return (outer, inner) if elements == inner * outer else None


def read_attributes(
    kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]
) -> tuple[str, Attributes]:
    """The kind and the attributes that the costs of some ops need, read from the call."""
    reader = READERS.get(kind)
    return (kind, NO_ATTRIBUTES) if reader is None else reader(kind, name, args, outputs)


def _conv(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    picture, weight, bias, stride, padding, dilation, transposed, added, groups = args[:9]
    dims = weight.dim() - 2
    expect_picture(tuple(picture.shape), dims)
    if transposed:
        _expect_transposable(tuple(weight.shape), stride, dilation, added)
    return "conv_transpose" if transposed else "conv", {
        "weight": tuple(weight.shape),
        "bias": bias is not None,
        "stride": spread(stride, dims),
        "padding": tuple(2 * p for p in spread(padding, dims)),
        "dilation": spread(dilation, dims),
        "groups": groups,
    }


def _expect_transposable(weight: Shape, stride: Shape, dilation: Shape, added: Shape) -> None:
    """ShapeError for what torch refuses of a transposed convolution, but not of one without data."""
    expect_positive("weight", weight)
    expect_positive("stride", stride)
    expect_positive("dilation", dilation)
    dims = len(weight) - 2
    sides = zip(spread(added, dims), spread(stride, dims), spread(dilation, dims), strict=True)
    if any(more >= max(step, gap) for more, step, gap in sides):
        raise ShapeError(f"adds {text(added)} to its output, no less than its stride and dilation")


def _matmul(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    added = name in ("addmm", "baddbmm", "addbmm", "addmv")
    left = args[1] if added else args[0]
    summed = left.shape[0] if name == "addbmm" else 1  # it adds up the products of the whole batch
    return kind, {"inner": summed * left.shape[-1], "bias": added}


def _linear(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    return kind, {"weight": tuple(args[1].shape), "bias": len(args) > 2 and args[2] is not None}


def _attention(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    query, key, value = args[:3]
    # A query that is broadcast asks once for each of the batch.
    asked = (*outputs[0].shape[:-1], query.shape[-1])
    return kind, {"query": asked, "key": tuple(key.shape), "value": tuple(value.shape)}


def _batch_norm(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    # The native kernels take (input, weight, bias, running mean and var, training, ...); those without running
    # statistics (input, weight, bias, training, ...).
    return kind, {"affine": args[1] is not None, "training": any(arg is True for arg in args[3:6])}


def _pool(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    dims = 3 if "3d" in name else 2
    kernel = spread(args[1], dims)
    stride = spread(args[2], dims) if len(args) > 2 and args[2] else kernel
    padding = spread(args[3] if len(args) > 3 else 0, dims)
    dilation = spread(args[4] if kind == "max_pool" and len(args) > 4 else 1, dims)
    return kind, {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def _scatter(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    written = args[2].numel() if name == "scatter_" else _indexed(args[0].shape, args[1])
    return kind, {"written": written}


def _indexed(shape: Shape, indices: list[Tensor | None]) -> int:
    """Elements of ``x[indices]``, at most: how many a mask picks is a matter of values."""
    whole, masked, picks = 1, 1, []
    rest = iter(shape)
    for index in indices:
        if index is None:
            whole *= next(rest)
        elif index.dtype in (torch.bool, torch.uint8):
            masked *= prod(next(rest) for _ in index.shape)
        else:
            next(rest)
            picks.append(index.shape)
    return whole * masked * prod(broadcast([(), *picks])) * prod(rest)


READERS: Mapping[str, Callable[[str, str, tuple[Any, ...], list[Tensor]], tuple[str, Attributes]]] = {
    "conv": _conv,
    "matmul": _matmul,
    "linear": _linear,
    "attention": _attention,
    "batch_norm": _batch_norm,
    "max_pool": _pool,
    "avg_pool": _pool,
    "scatter": _scatter,
}

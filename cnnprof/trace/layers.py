"""Shape rules of layers: each has the signature of the torch function it stands for.

A rule computes the output's shape, records the op, and returns a tensor without data; NotImplemented leaves the call
to torch's own meta kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnnprof.trace.activations import CHANNELS_LAST
from cnnprof.trace.attributes import layer_weight
from cnnprof.trace.convolutions import conv_result
from cnnprof.trace.shapes import (
    Attributes,
    Shape,
    ShapeError,
    broadcast,
    concat_shape,
    expect_channels,
    expect_last,
    linear_shape,
    matmul_shape,
    text,
)
from cnnprof.trace.tape import Tape


def expect_one_dtype(input: Tensor, weight: Tensor) -> None:
    """ShapeError where torch would refuse to multiply the two; under autocast it casts them."""
    if input.dtype != weight.dtype and not torch.is_autocast_enabled("cpu"):
        raise ShapeError(f"cannot multiply {input.dtype} by {weight.dtype}")


def conv(
    tape: Tape,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Shape = 1,
    padding: int | str | Shape = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> Tensor:
    """``N x Cin x H x W``, ``Cout x Cin/groups x Kh x Kw``; one, two or three spatial dimensions."""
    options = (stride, padding, dilation, groups)
    expect_one_dtype(input, weight)
    added = None if bias is None else tuple(bias.shape)
    shape, attributes = conv_result(tuple(input.shape), tuple(weight.shape), added, *options)
    out = tape.fresh_after(shape, input)
    tape.emit("conv", f"conv{weight.dim() - 2}d", (input, weight, bias), (out,), attributes)
    return out


def linear(tape: Tape, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``... x in``, ``out x in``."""
    sizes = tuple(weight.shape)
    expect_one_dtype(input, weight)
    if bias is not None and bias.dim() and bias.shape[0] not in (1, sizes[0]):
        raise ShapeError(f"has {sizes[0]} outputs and a bias of {text(tuple(bias.shape))}")
    out = tape.fresh(linear_shape(tuple(input.shape), sizes), input.dtype)
    tape.emit("linear", "linear", (input, weight, bias), (out,), {"weight": sizes, "bias": bias is not None})
    return out


def matmul(tape: Tape, input: Tensor, other: Tensor) -> Any:
    """``... x M x K`` by ``... x K x N``; vectors are left to the meta kernels."""
    a, b = tuple(input.shape), tuple(other.shape)
    if len(a) < 2 or len(b) < 2:
        return NotImplemented
    expect_one_dtype(input, other)
    out = tape.fresh(matmul_shape(a, b), input.dtype)
    weight = layer_weight(tape, other)  # ``x @ w`` is the linear layer that torch.mm(x, w) is
    attributes: Attributes = {"inner": a[-1]} if weight is None else {"weight": weight}
    tape.emit("matmul" if weight is None else "linear", "matmul", (input, other), (out,), attributes)
    return out


def attention(
    tape: Tape,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``... x L x E`` attends to ``... x S x E``, giving ``... x L x V``: one op, as the fused kernels run it."""
    q, k, v = tuple(query.shape), tuple(key.shape), tuple(value.shape)
    if q[-1] != k[-1] or k[-2] != v[-2]:
        raise ShapeError(f"cannot attend from {text(q)} to {text(k)} and {text(v)}")
    if enable_gqa:  # several heads of the query share one of the key and the value
        if q[-3] % k[-3] or q[-3] % v[-3]:
            raise ShapeError(f"has {q[-3]} heads to share {k[-3]} of the key and {v[-3]} of the value")
        batch = broadcast([q[:-2], (*k[:-3], 1), (*v[:-3], 1)])
    else:
        batch = broadcast([q[:-2], k[:-2], v[:-2]])
    if attn_mask is not None:
        broadcast([(*batch, q[-2], k[-2]), tuple(attn_mask.shape)])
    shape = (*batch, q[-2], v[-1])
    # The kernels lay the result out in memory as the query is: heads last, where it comes from one linear layer.
    alike = shape == q and query.stride(-1) == 1
    out = torch.empty_like(tape.on_meta(query)) if alike else tape.fresh(shape, query.dtype)
    attributes = {"query": (*batch, *q[-2:]), "key": k, "value": v}
    reads = (query, key, value, attn_mask)
    tape.emit("attention", "scaled_dot_product_attention", reads, (out,), attributes)
    return out


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
    layout = CHANNELS_LAST.get(len(shape))
    alike = layout is not None and all(t.is_contiguous(memory_format=layout) for t in tensors)
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

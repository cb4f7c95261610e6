"""Shape rules of convolutions and matrix products: each has the signature of the torch function; see ``layers``."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.torch_version import TorchVersion

from cnnprof.trace.aten.attributes import layer_weight
from cnnprof.trace.rules.convolutions import conv_result
from cnnprof.trace.rules.shapes import (
    Attributes,
    Shape,
    ShapeError,
    broadcast,
    linear_shape,
    matmul_shape,
    text,
)
from cnnprof.trace.tape import Tape

SINCE_2_14 = TorchVersion(torch.__version__) >= "2.14"


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
    return recorded_linear(tape, out, input, weight, bias)


def recorded_linear(
    tape: Tape, out: Tensor, input: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """The output, once it is recorded."""
    attributes = {"weight": tuple(weight.shape), "bias": bias is not None}
    tape.emit("linear", "linear", (input, weight, bias), (out,), attributes)
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
    fused = is_fused(query, key, value, attn_mask, dropout_p, enable_gqa)
    # The kernel lays the result out in memory as the query is: heads last, where it comes from one linear layer.
    out = torch.empty_like(tape.on_meta(query)) if fused else tape.fresh(shape, query.dtype)
    return _emit_attention(tape, out, query, key, value, attn_mask, fused)


def recorded_attention(
    tape: Tape,
    out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **options: Any,
) -> Tensor:
    """The output, once it is recorded."""
    fused = is_fused(query, key, value, attn_mask, dropout_p, options.get("enable_gqa", False))
    return _emit_attention(tape, out, query, key, value, attn_mask, fused)


def _emit_attention(
    tape: Tape, out: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, fused: bool
) -> Tensor:
    asked = (*out.shape[:-1], query.shape[-1])  # with the batch and heads of all
    attributes = {"query": asked, "key": tuple(key.shape), "value": tuple(value.shape), "fused": fused}
    tape.emit("attention", "scaled_dot_product_attention", (query, key, value, mask), (out,), attributes)
    return out


def is_fused(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout_p: float,
    grouped: bool,
) -> bool:
    """Whether the CPU has one kernel for it; it runs others as two matrix products and a softmax between them.

    From torch 2.14 on it also takes three dimensions, and one head of keys and values for all of the query's.
    """
    tensors = (query, key, value)
    rank = query.dim()
    if (
        dropout_p
        or rank not in ((3, 4) if SINCE_2_14 else (4,))
        or any(each.dim() != rank or each.stride(-1) != 1 for each in tensors)
    ):
        return False
    if len({each.shape[-1] for each in tensors}) > 1 or len({each.shape[:-3] for each in tensors}) > 1:
        return False
    if mask is not None and (mask.dim() not in (2, rank, 4) or mask.requires_grad):
        return False
    asked, given = query.shape[-3], key.shape[-3]
    return given == value.shape[-3] and (grouped or asked == given or (SINCE_2_14 and given == 1))

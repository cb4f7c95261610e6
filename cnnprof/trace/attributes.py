"""What the costs of some of aten's ops need beside shapes, read from the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from cnnprof.trace.shapes import Attributes, Shape, spread
from cnnprof.trace.tape import NO_ATTRIBUTES, Tape


def layer_weight(tape: Tape, right: Tensor) -> Shape | None:
    """``out x in`` where the right side of a product is a weight: what a linear layer comes apart into.

    It is then a transposed, and for batches expanded, view of one matrix; vectors and stacks of matrices are none.
    """
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
    _, weight, bias, stride, padding, dilation, transposed, _, groups = args[:9]
    dims = weight.dim() - 2
    return "conv_transpose" if transposed else "conv", {
        "weight": tuple(weight.shape),
        "bias": bias is not None,
        "stride": spread(stride, dims),
        "padding": tuple(2 * p for p in spread(padding, dims)),
        "dilation": spread(dilation, dims),
        "groups": groups,
    }


def _matmul(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    added = name in ("addmm", "baddbmm", "addbmm", "addmv")
    left = args[1] if added else args[0]
    summed = left.shape[0] if name == "addbmm" else 1  # it adds up the products of the whole batch
    return kind, {"inner": summed * left.shape[-1], "bias": added}


def _linear(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    return kind, {"weight": tuple(args[1].shape), "bias": len(args) > 2 and args[2] is not None}


def _attention(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    query, key, value = args[:3]
    asked = (
        *outputs[0].shape[:-1],
        query.shape[-1],
    )  # a query that is broadcast asks once for each of the batch
    return kind, {"query": asked, "key": tuple(key.shape), "value": tuple(value.shape)}


def _batch_norm(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    # The native kernels take (input, weight, bias, running mean and var, training, ...); those without running
    # statistics (input, weight, bias, training, ...).
    return kind, {"affine": args[1] is not None, "training": any(arg is True for arg in args[3:6])}


def _pool(kind: str, name: str, args: tuple[Any, ...], outputs: list[Tensor]) -> tuple[str, Attributes]:
    kernel = spread(args[1], 2)
    stride = spread(args[2], 2) if len(args) > 2 and args[2] else kernel
    padding = spread(args[3], 2) if len(args) > 3 else (0, 0)
    dilation = spread(args[4], 2) if kind == "max_pool" and len(args) > 4 else (1, 1)
    return kind, {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


READERS: Mapping[str, Callable[[str, str, tuple[Any, ...], list[Tensor]], tuple[str, Attributes]]] = {
    "conv": _conv,
    "matmul": _matmul,
    "linear": _linear,
    "attention": _attention,
    "batch_norm": _batch_norm,
    "max_pool": _pool,
    "avg_pool": _pool,
}

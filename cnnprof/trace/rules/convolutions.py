"""Output shapes and attributes of convolutions, each kind worked out once: networks have few, and many of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

from cnnprof.trace.rules.shapes import (
    Attributes,
    Shape,
    ShapeError,
    expect_picture,
    expect_positive,
    spread,
    text,
)

Work = TypeVar("Work", bound=Callable[..., Any])


def padding_of(padding: int | str | Sequence[int], kernel: Shape, dilation: Shape) -> Shape:
    """Total padding (both sides) of each spatial dimension; ``same`` pads what the kernel removes."""
    if padding == "same":
        return tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
    if padding == "valid":
        return (0,) * len(kernel)
    if isinstance(padding, str) or min(sides := spread(padding, len(kernel))) < 0:
        raise ShapeError(f"cannot pad by {padding!r}")
    return tuple([2 * side for side in sides])


def conv_shape(
    shape: Shape, weight: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Shape:
    """``N x Cin x H x W`` by ``Cout x Cin/groups x Kh x Kw``; ``padding`` is the total of both sides."""
    dims = len(weight) - 2
    if len(shape) not in (dims + 1, dims + 2):
        raise ShapeError(f"expects {dims + 2} dimensions, got {text(shape)}")
    expect_positive("stride", stride)
    expect_positive("dilation", dilation)
    expect_positive("kernel", weight[2:])
    expect_positive("number of groups and filters", (groups, weight[0]))
    channels = shape[-dims - 1]
    if weight[0] % groups:
        raise ShapeError(f"has {weight[0]} filters, which {groups} groups cannot share")
    if channels != weight[1] * groups:
        raise ShapeError(f"expects {weight[1] * groups} input channels, got {channels} ({text(shape)})")
    expect_picture(shape, dims)
    sizes = zip(shape[-dims:], weight[2:], stride, padding, dilation, strict=True)
    spatial = [(size + p - d * (k - 1) - 1) // s + 1 for size, k, s, p, d in sizes]
    if min(spatial) < 1:
        raise ShapeError(f"its {text(weight[2:])} kernel does not fit an input of {text(shape)}")
    return (*shape[: -dims - 1], weight[0], *spatial)


def _remembered(work_out: Work) -> Work:
    """The same, looked up where stride, padding and dilation are tuples, as modules have them."""
    known = lru_cache(maxsize=4096)(work_out)

    @wraps(work_out)
    def result(*call: Any) -> Any:
        *_, stride, padding, dilation, _ = call
        try:
            sides = () if isinstance(padding, str) else padding
            # A float, which torch refuses, is equal to a whole number, and makes a float of the sum.
            if isinstance(sum((*stride, *sides, *dilation)), int):
                return known(*call)
        except TypeError:
            pass  # one number for all dimensions, or a list
        return work_out(*call)

    return cast("Work", result)


@_remembered
def conv_result(
    shape: Shape,
    weight: Shape,
    bias: Shape | None,
    stride: int | Sequence[int],
    padding: int | str | Sequence[int],
    dilation: int | Sequence[int],
    groups: int,
) -> tuple[Shape, Attributes]:
    """The output's shape and the attributes of a convolution whose options are given as its caller has them.

    ``bias`` is the shape of the bias, if there is one.
    """
    if bias is not None and bias != weight[:1]:
        raise ShapeError(f"has {weight[0]} filters and a bias of {text(bias)}")
    if padding == "same" and any(step != 1 for step in spread(stride, len(weight) - 2)):
        raise ShapeError("cannot keep the size (padding 'same') at a stride above 1")
    steps, padded, dilated = _conv_options(weight[2:], stride, padding, dilation)
    return conv_shape(shape, weight, steps, padded, dilated, groups), {
        "weight": weight,
        "bias": bias is not None,
        "stride": steps,
        "padding": padded,
        "dilation": dilated,
        "groups": groups,
        "padding_by_name": isinstance(padding, str),
    }


def _conv_options(
    kernel: Shape,
    stride: int | Sequence[int],
    padding: int | str | Sequence[int],
    dilation: int | Sequence[int],
) -> tuple[Shape, Shape, Shape]:
    steps, dilated = spread(stride, len(kernel)), spread(dilation, len(kernel))
    padded = padding_of(padding, kernel, dilated)
    if any(isinstance(number, float) for number in (*steps, *padded, *dilated)):
        raise ShapeError(f"takes whole numbers, not a stride of {text(steps)}")
    return steps, padded, dilated

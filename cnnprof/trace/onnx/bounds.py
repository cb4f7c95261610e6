"""Activations that bound what they are given, where exporters write them with the operators of arithmetic.

TensorFlow's exporter writes ReLU6 as ``Max`` and ``Min`` or as ``Relu`` and ``Min``, it and Paddle's the hard sigmoid
as a sum, a ``Clip`` and a division; a leaky ReLU is the ``Max`` of two lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnnprof.records.graph import Op
from cnnprof.trace.onnx.joining import Found, Links, is_near

Bounds = tuple[object, object]


def bounded(links: Links, place: int) -> Iterator[Found]:
    """A lower bound and an upper one, in either order."""
    steps = links.chain(place, 2)
    ranges = [_bounds(links.ops[step]) for step in steps]
    if sorted((low is None, high is None) for low, high in ranges) != [(False, True), (True, False)]:
        return
    low, high = (next(each for each in bound if each is not None) for bound in zip(*ranges, strict=True))
    kind = "relu6" if (low, high) == (0, 6) else "clamp"
    yield Found(kind, steps[:1], place, links.ops[steps[0]].inputs[0], {"bounds": (low, high)})


def hard_sigmoid(links: Links, place: int) -> Iterator[Found]:
    """``relu6(x + 3) / 6``, or ``alpha x + beta`` between 0 and 1."""
    steps = links.chain(place, 3)
    ops = [links.ops[step] for step in steps]
    kinds, numbers = tuple(op.kind for op in ops), [op.attributes.get("number") for op in ops]
    if len(steps) < 3:
        return
    if kinds[:2] == ("add", "relu6") and is_near(numbers[0], 3) and is_sixth(ops[2]):
        numbers = [1 / 6, 0.5]
    elif kinds != ("mul", "add", "clamp") or None in numbers[:2] or _bounds(ops[2]) != (0, 1):
        return
    attributes = dict(zip(("alpha", "beta"), numbers, strict=False))
    yield Found("hard_sigmoid", steps[:2], place, ops[0].inputs[0], attributes)


def leaky(links: Links, place: int) -> Iterator[Found]:
    """The larger of a tensor and of a fraction of it."""
    op = links.ops[place]
    if op.kind != "maximum" or len(op.inputs) != 2 or op.parameters:
        return
    for source, value in (op.inputs, op.inputs[::-1]):
        step = links.step(value)
        if step is None or links.ops[step].kind != "mul" or links.ops[step].inputs != (source,):
            continue
        slope = links.ops[step].attributes.get("number")
        if isinstance(slope, float) and 0 < slope < 1:
            yield Found("leaky_relu", (step,), place, source)


def is_sixth(op: Op) -> bool:
    """Whether an op divides by 6."""
    number = op.attributes.get("number")
    return (op.kind == "div" and is_near(number, 6)) or (op.kind == "mul" and is_near(number, 1 / 6))


def _bounds(op: Op) -> Bounds:
    """What an op bounds its input by from below and from above; None where it does not."""
    number = op.attributes.get("number")
    if op.kind in ("maximum", "minimum"):
        return (number, None) if op.kind == "maximum" else (None, number)
    if op.kind == "relu" and op.function != "ThresholdedRelu":
        return 0.0, None
    bounds = op.attributes.get("bounds")
    return (bounds[0], bounds[1]) if isinstance(bounds, tuple) else (None, None)

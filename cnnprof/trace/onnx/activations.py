"""Activations that exporters write as several nodes, as the one op that they are.

ONNX has no SiLU before operators 24, no Gelu before 20, Mish before 18 and HardSwish before 14. A module traced in
torch has one op for each, and ONNX Runtime too fuses ``x * sigmoid(x)`` (QuickGelu) and the chain of Erf (Gelu).
Macs, flops and parameters are the same either way: an activation's flops are the sum of its steps'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnnprof.records.graph import GATES, Op, Value
from cnnprof.trace.onnx.bounds import is_sixth
from cnnprof.trace.onnx.joining import Found, Links, is_near, is_step

# What is done to ``x`` before it is multiplied by ``x``.
STEPS: Mapping[tuple[str, ...], str] = {
    **GATES,
    ("exp", "add", "log", "tanh"): "mish",
    **dict.fromkeys([(scale, "erf", "add", "mul") for scale in ("div", "mul")], "gelu"),
}
HALVED = frozenset((scale, "erf", "add") for scale in ("div", "mul"))  # gelu, if the product is halved
LONGEST = max(map(len, STEPS))


def _scales(op: Op) -> bool:
    return op.kind in ("mul", "div") and is_step(op)


def activation(links: Links, place: int) -> Iterator[Found]:
    """A product of ``x`` and of what steps of one tensor make of it."""
    op = links.ops[place]
    if op.kind != "mul" or len(op.inputs) != 2 or op.parameters:
        return
    for source, value in (op.inputs, op.inputs[::-1]):
        steps = _steps(links, source, value)
        words = tuple(_word(links.ops[step]) for step in steps)
        half = links.sole_reader(op.outputs[0])
        if words in STEPS:
            yield Found(STEPS[words], steps, place, source)
        elif half is not None and (kind := _scaled(words, links.ops[half])):
            yield Found(kind, (*steps, place), half, source)
        elif (half := links.step(source)) is not None and _scales(links.ops[half]):
            yield from _halved_first(links, place, half, value)


def _halved_first(links: Links, place: int, half: int, value: Value) -> Iterator[Found]:
    """Gelu as TensorFlow computes it: ``x / 2`` by what is made of ``x``."""
    source = links.ops[half].inputs[0]
    steps = _steps(links, source, value)
    if tuple(_word(links.ops[step]) for step in steps) in HALVED:
        yield Found("gelu", (half, *steps), place, source)


def _scaled(words: tuple[str, ...], last: Op) -> str:
    """What a product is once a last op has scaled it; no word where it is nothing known."""
    if words == ("add3", "relu6") and is_step(last) and is_sixth(last):
        return "hard_swish"
    return "gelu" if words in HALVED and _scales(last) else ""


def _steps(links: Links, source: Value, value: Value) -> tuple[int, ...]:
    """The ops that compute ``value`` from ``source`` one after the other; none where they do not."""
    found: list[int] = []
    while value != source and len(found) < LONGEST and (place := links.step(value)) is not None:
        found.insert(0, place)
        value = links.ops[place].inputs[0]
    return tuple(found) if value == source else ()


def _word(op: Op) -> str:
    if op.kind == "exp":
        return op.function.lower()  # Erf is of the kind of Exp and Log
    if op.kind == "hard_sigmoid":
        six = is_near(op.attributes.get("alpha"), 1 / 6) and is_near(op.attributes.get("beta"), 0.5)
        return op.kind if six else "line"
    return "add3" if op.kind == "add" and is_near(op.attributes.get("number"), 3) else op.kind

"""Activations that exporters write as several nodes, as the one op that they are.

ONNX has no SiLU before operators 24, no Gelu before 20, Mish before 18 and HardSwish before 14. A module traced in
torch has one op for each, and ONNX Runtime too fuses ``x * sigmoid(x)`` (QuickGelu) and the chain of Erf (Gelu).
Macs, flops and parameters are the same either way: an activation's flops are the sum of its steps'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cnnprof.records.graph import Op, Value

# What is done to ``x`` before it is multiplied by ``x``.
STEPS: Mapping[tuple[str, ...], str] = {
    ("sigmoid",): "silu",
    ("hard_swish_gate",): "hard_swish",
    ("softplus", "tanh"): "mish",
    **dict.fromkeys([(scale, "erf", "add", "mul") for scale in ("div", "mul")], "gelu"),
}
HALVED = frozenset((scale, "erf", "add") for scale in ("div", "mul"))  # gelu, if the product is halved
LONGEST = max(map(len, STEPS))
CALLER = -1


@dataclass(frozen=True, slots=True)
class Found:
    """An activation: what it is, the places of its steps but the last, and that of the last."""

    kind: str
    steps: tuple[int, ...]
    last: int
    source: Value


def merged(ops: Sequence[Op], returned: Sequence[Value]) -> tuple[Op, ...]:
    """The ops with each such chain in one, at the place of its last; not where others read what is in between."""
    links = _Links(ops, returned)
    found = {each.last: each for place in range(len(ops)) for each in _activation(links, place)}
    dropped = {place for each in found.values() for place in each.steps}
    return tuple(
        _one(ops, found[place]) if place in found else op
        for place, op in enumerate(ops)
        if place not in dropped
    )


class _Links:
    """Which op writes each storage, and which read it."""

    def __init__(self, ops: Sequence[Op], returned: Sequence[Value]) -> None:
        self.ops = ops
        self.writers: dict[int, int] = {}
        self.readers: dict[int, list[int]] = {value.storage: [CALLER] for value in returned}
        for place, op in enumerate(ops):
            for value in op.outputs:
                self.writers.setdefault(value.storage, place)  # views of it come later
            for value in op.inputs:
                self.readers.setdefault(value.storage, []).append(place)

    def sole_reader(self, value: Value) -> int | None:
        """The place of the one op that reads a tensor."""
        readers = self.readers.get(value.storage, [])
        return readers[0] if len(readers) == 1 and readers[0] != CALLER else None

    def step(self, value: Value) -> int | None:
        """The place of the op that computes a tensor from one other and numbers, for one reader."""
        place = self.writers.get(value.storage)
        if place is None or self.sole_reader(value) is None:
            return None
        return place if _is_step(self.ops[place]) else None


def _is_step(op: Op) -> bool:
    return len(op.inputs) == len(op.outputs) == 1 and not op.parameters


def _scales(op: Op) -> bool:
    return op.kind in ("mul", "div") and _is_step(op)


def _activation(links: _Links, place: int) -> Iterator[Found]:
    op = links.ops[place]
    if op.kind != "mul" or len(op.inputs) != 2 or op.parameters:
        return
    for source, value in (op.inputs, op.inputs[::-1]):
        steps = _steps(links, source, value)
        words = tuple(_word(links.ops[step]) for step in steps)
        half = links.sole_reader(op.outputs[0])
        if words in STEPS:
            yield Found(STEPS[words], steps, place, source)
        elif words in HALVED and half is not None and _scales(links.ops[half]):
            yield Found("gelu", (*steps, place), half, source)


def _steps(links: _Links, source: Value, value: Value) -> tuple[int, ...]:
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
        alpha, beta = op.attributes.get("alpha"), op.attributes.get("beta")
        six = isinstance(alpha, float) and abs(alpha - 1 / 6) < 1e-3 and beta == 0.5
        return "hard_swish_gate" if six else op.kind
    return op.kind


def _one(ops: Sequence[Op], found: Found) -> Op:
    names = "+".join(ops[place].function for place in (*found.steps, found.last))
    return replace(
        ops[found.last], kind=found.kind, function=names, module=names, inputs=(found.source,), attributes={}
    )

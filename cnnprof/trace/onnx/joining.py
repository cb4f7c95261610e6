"""Several ops in one: where they stand, what links them, and the op that takes their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cnnprof.records.graph import Op, Parameter, Value

CALLER = -1


@dataclass(frozen=True, slots=True)
class Found:
    """An op of several: what it is, the places of its steps but the last, that of the last, and what they read."""

    kind: str
    steps: tuple[int, ...]
    last: int
    source: Value
    attributes: Mapping[str, object] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()


class Links:
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
        return place if is_step(self.ops[place]) else None

    def chain(self, place: int, length: int) -> tuple[int, ...]:
        """The places of ``length`` such ops one after another, the last of them at ``place``; fewer if there are."""
        found: list[int] = []
        at: int | None = place if is_step(self.ops[place]) else None
        while at is not None and len(found) < length:
            found.insert(0, at)
            at = self.step(self.ops[at].inputs[0])
        return tuple(found)


def is_step(op: Op) -> bool:
    """Whether an op works on one tensor, element by element as far as its shape tells, with numbers alone."""
    alone = len(op.inputs) == len(op.outputs) == 1 and not op.parameters
    return alone and op.inputs[0].shape == op.outputs[0].shape


def is_near(value: object, number: float) -> bool:
    """Whether a number that an exporter wrote down, in half precision at worst, is this one."""
    return isinstance(value, float) and abs(value - number) < 1e-3


Finder = Callable[[Links, int], Iterator[Found]]  # what ends at one place


def joined(ops: Sequence[Op], returned: Sequence[Value], find: Finder) -> tuple[Op, ...]:
    """The ops with each that is found in one, at the place of its last step."""
    links = Links(ops, returned)
    found: dict[int, Found] = {}
    dropped: set[int] = set()
    for place in range(len(ops)):
        for each in find(links, place):
            if dropped.isdisjoint((*each.steps, each.last)) and found.keys().isdisjoint(each.steps):
                found[each.last] = each
                dropped.update(each.steps)
    return tuple(
        _one(ops, found[place]) if place in found else op
        for place, op in enumerate(ops)
        if place not in dropped
    )


def _one(ops: Sequence[Op], found: Found) -> Op:
    names = "+".join(ops[place].function for place in (*found.steps, found.last))
    return replace(
        ops[found.last],
        kind=found.kind,
        function=names,
        module=names,
        inputs=(found.source,),
        parameters=found.parameters,
        attributes=found.attributes,
    )

"""Peak memory by time: what is alive while each op runs, under three assumptions of how the ops share memory.

- *as executed*: ops in place where the network's code says so; agrees with ``liveness.peak_bytes``.
- *in place*: an elementwise op overwrites an input that nothing reads later and that has the size of its output. A
  caller's input is never overwritten.
- *fused*: in place, and batch norm, activations and residual additions inside their producer: what passes between them
  is never in memory, and an addition goes into the tensor that is added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cnnprof.cost.arithmetic import FREE, PER_ELEMENT
from cnnprof.cost.dequantised import in_integers
from cnnprof.cost.fusion import fused_groups
from cnnprof.records.graph import Graph, Op, Value
from cnnprof.records.peak import LiveTensor, MemoryOrder, PeakMemory

EXECUTED, IN_PLACE, FUSED = "as executed", "in place where possible", "fused"
# Each output element depends on the input element at its place alone; the others look at more of their input.
ELEMENTWISE = frozenset(kind for kind in PER_ELEMENT if not kind.startswith("upsample")) - {
    "softmax", "layer_norm", "group_norm", "weight_norm", "glu", "dynamic_quantize",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Ops that run as one: the storages that they read from outside and those that they leave behind."""

    ops: tuple[int, ...]
    reads: tuple[Value, ...]
    writes: tuple[Value, ...]
    overwritable: tuple[Value, ...]

    @property
    def place(self) -> int:
        """Where its last op stands in the graph."""
        return self.ops[-1]


def find_peak(graph: Graph) -> PeakMemory:
    """The three orders of one network."""
    singles = [_step(graph.ops, (index,)) for index, op in enumerate(graph.ops) if op.kind not in FREE]
    deployed = in_integers(graph)
    groups = [_step(deployed.ops, group) for group in fused_groups(graph)]
    weights = {weight.name: weight.nbytes for op in graph.ops for weight in op.parameters}
    return PeakMemory(
        orders=(
            _order(EXECUTED, graph, singles, {}),
            _order(IN_PLACE, graph, singles, _overwritten(graph, singles)),
            _order(FUSED, deployed, groups, _overwritten(deployed, groups)),
        ),
        weight_bytes=sum(weights.values()),
    )


def _step(ops: Sequence[Op], group: tuple[int, ...]) -> Step:
    """What is read before it is written inside the group comes from outside; the last op leaves its outputs.

    What is read twice is not overwritten: a convolution beside the addition, or another view, still needs it.
    """
    written: set[int] = set()
    reads: list[Value] = []
    overwritable: list[Value] = []
    for index in group:
        outside = [value for value in ops[index].inputs if value.storage not in written]
        reads += outside
        if ops[index].kind in ELEMENTWISE:
            overwritable += outside
        written.update(value.storage for value in ops[index].outputs)
    times = Counter(value.storage for value in reads)
    once = tuple(value for value in overwritable if times[value.storage] == 1)
    return Step(group, tuple(reads), ops[group[-1]].outputs, once)


def _last_reads(graph: Graph, steps: Sequence[Step]) -> dict[int, int]:
    """The last step that touches each storage; what the caller gets outlives all steps."""
    last = {value.storage: 0 for value in graph.inputs}
    for number, step in enumerate(steps):
        last.update({value.storage: number for value in (*step.writes, *step.reads)})
    last.update({value.storage: len(steps) for value in graph.outputs})
    return last


def _overwritten(graph: Graph, steps: Sequence[Step]) -> dict[int, int]:
    """Storage -> the storage whose memory it takes over, followed to the first of a chain."""
    last = _last_reads(graph, steps)
    home: dict[int, int] = {}
    seen = {value.storage for value in graph.inputs}
    ours: set[int] = set()
    for number, step in enumerate(steps):
        for value in step.writes:
            if value.storage in seen:
                continue
            seen.add(value.storage)
            ours.add(value.storage)
            given = next(_takeable(graph, step, value, number, last, ours), None)
            if given is not None:
                home[value.storage] = home.get(given, given)
    return home


def _takeable(
    graph: Graph, step: Step, output: Value, number: int, last: dict[int, int], ours: set[int]
) -> Iterator[int]:
    """Storages that ``output`` may overwrite: whole, of its size, written by an op, read for the last time here."""
    size = graph.storage_bytes[output.storage]
    for value in step.overwritable:
        same = (value.shape, value.dtype) == (output.shape, output.dtype)
        whole = value.nbytes == output.nbytes == size == graph.storage_bytes[value.storage]
        free = value.storage in ours and value.storage != output.storage and last[value.storage] == number
        if same and whole and free:
            yield value.storage


def _order(name: str, graph: Graph, steps: Sequence[Step], home: dict[int, int]) -> MemoryOrder:
    lives = _lives(graph, steps, home)
    live_bytes = [0] * max(len(steps), 1)
    for storage, (first, last) in lives.items():
        for number in range(first, min(last + 1, len(live_bytes))):
            live_bytes[number] += graph.storage_bytes[storage]
    worst = max(range(len(live_bytes)), key=live_bytes.__getitem__)
    ops = [graph.ops[index] for index in steps[worst].ops] if steps else []
    return MemoryOrder(
        order=name,
        step=worst,
        path=ops[0].path if ops else "",
        kind="+".join(op.kind for op in ops) or "input",
        alive=_alive(graph, steps, home, lives, worst),
        places=tuple(step.place for step in steps) or (0,),
        live_bytes=tuple(live_bytes),
    )


def _lives(graph: Graph, steps: Sequence[Step], home: dict[int, int]) -> dict[int, tuple[int, int]]:
    """First and last step of each memory that inputs or ops fill, those that share one taken together."""
    first = {value.storage: 0 for value in graph.inputs}
    for number, step in enumerate(steps):
        for value in step.writes:
            first.setdefault(value.storage, number)
    last = _last_reads(graph, steps)
    lives: dict[int, tuple[int, int]] = {}
    for storage, start in first.items():
        place = home.get(storage, storage)
        known = lives.get(place, (start, last[storage]))
        lives[place] = (min(known[0], start), max(known[1], last[storage]))
    return lives


def _alive(
    graph: Graph,
    steps: Sequence[Step],
    home: dict[int, int],
    lives: dict[int, tuple[int, int]],
    moment: int,
) -> tuple[LiveTensor, ...]:
    """The tensors of one step, each as it was last written, the largest first."""
    found = {
        value.storage: LiveTensor("", "input", value.shape, value.dtype, graph.storage_bytes[value.storage])
        for value in graph.inputs
    }
    for step in steps[: moment + 1]:
        writer = graph.ops[step.ops[0]]
        kind = "+".join(graph.ops[index].kind for index in step.ops)
        for value in step.writes:
            place = home.get(value.storage, value.storage)
            size = graph.storage_bytes[place]
            found[place] = LiveTensor(writer.path, kind, value.shape, value.dtype, size)
    alive = [found[place] for place, (first, last) in lives.items() if first <= moment <= last]
    return tuple(sorted(alive, key=lambda tensor: -tensor.nbytes))

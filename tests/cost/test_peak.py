"""What is alive when: sums written out, and all orders against a search by brute force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnprof.cost.arithmetic import FREE
from cnnprof.cost.fusion import fused_groups
from cnnprof.cost.liveness import peak_bytes
from cnnprof.cost.peak import ELEMENTWISE, find_peak
from cnnprof.records.graph import Graph, Op, Value
from cnnprof.records.peak import MemoryOrder
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.sources import find_source
from tests.trace.nets import Net

P = 8 * 8 * 4  # one channel of an 8x8 picture in float32
PICTURE = (1, 4, 8, 8)


def traced(forward: Callable[..., Any] | nn.Module, *shapes: tuple[int, ...]) -> Graph:
    module = forward if isinstance(forward, nn.Module) else Net(lambda _, *inputs: forward(*inputs))
    return trace_model(module.eval(), list(shapes or [PICTURE]))


def orders(forward: Callable[..., Any] | nn.Module, *shapes: tuple[int, ...]) -> Sequence[MemoryOrder]:
    return find_peak(traced(forward, *shapes)).orders


def peaks(forward: Callable[..., Any] | nn.Module, *shapes: tuple[int, ...]) -> list[int]:
    return [order.peak_bytes for order in orders(forward, *shapes)]


def test_a_chain_of_convolution_norm_and_activation() -> None:
    model = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 2, 1))
    executed, in_place, fused = orders(model)
    # 4 channels in; then 6 read and 6 written by the norm and by the ReLU; then 6 read and 2 written.
    assert executed.live_bytes == (10 * P, 12 * P, 12 * P, 8 * P)
    assert (executed.path, executed.kind, executed.step) == ("1", "batch_norm", 1)
    assert [(t.path, t.kind, t.nbytes) for t in executed.alive] == [
        ("0", "conv", 6 * P),
        ("1", "batch_norm", 6 * P),
    ]
    assert in_place.live_bytes == (10 * P, 6 * P, 6 * P, 8 * P)
    assert (in_place.path, in_place.kind) == ("0", "conv")
    assert {(t.kind, t.nbytes) for t in in_place.alive} == {("input", 4 * P), ("conv", 6 * P)}
    assert fused.live_bytes == (10 * P, 8 * P)  # 4 in and 6 out; 6 in and 2 out
    assert (fused.kind, fused.places) == ("conv+batch_norm+relu", (2, 3))


class Residual(nn.Module):
    """Two convolutions and a shortcut around the second, or from before both."""

    def __init__(self, around_both: bool) -> None:
        super().__init__()
        self.around_both = around_both
        self.stem, self.first, self.second = nn.Conv2d(4, 8, 1), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.first(x)
        return F.relu(self.second(y) + (x if self.around_both else y))


def test_an_addition_goes_into_the_tensor_that_is_added() -> None:
    executed, in_place, fused = orders(Residual(around_both=True))
    # stem: 4 + 8; first: 8 + 8; second: 8 + 8 and the shortcut's 8; add: 8 + 8 + 8; relu: 8 + 8
    assert executed.live_bytes == (12 * P, 16 * P, 24 * P, 24 * P, 16 * P)
    assert in_place.live_bytes == (12 * P, 16 * P, 24 * P, 16 * P, 8 * P)
    # The second convolution adds its sums to the shortcut where it lies.
    assert fused.live_bytes == (12 * P, 16 * P, 16 * P)


def test_an_addition_does_not_go_into_what_its_convolution_still_reads() -> None:
    *_, fused = orders(Residual(around_both=False))
    assert fused.live_bytes == (12 * P, 16 * P, 16 * P)


def test_a_tensor_added_to_a_view_of_itself_is_not_overwritten() -> None:
    def forward(x: Tensor) -> Tensor:
        y = x * 2
        return y + y.transpose(2, 3)

    assert orders(forward)[1].live_bytes == (8 * P, 8 * P)


def test_what_the_caller_gave_is_never_overwritten() -> None:
    assert peaks(lambda x: F.relu(F.relu(x))) == [8 * P, 8 * P, 8 * P]


def test_what_is_read_again_is_never_overwritten() -> None:
    # y lives on while its ReLU is made; the sum may take either's memory.
    def forward(x: Tensor) -> Tensor:
        y = x * 2
        return torch.relu(y) + y

    executed, in_place, _ = orders(forward)
    assert executed.live_bytes == (8 * P, 8 * P, 12 * P)
    assert in_place.live_bytes == (8 * P, 8 * P, 8 * P)


def test_a_tensor_of_another_size_or_type_is_never_overwritten() -> None:
    # The product is larger than either factor; a comparison gives bytes, not floats.
    executed, in_place, _ = orders(lambda x: (x * 1)[:, :1] * (x * 3))
    assert executed.live_bytes == (8 * P, 12 * P, 12 * P)
    assert in_place.live_bytes == (8 * P, 12 * P, 8 * P)  # into the factor of its own size
    assert orders(lambda x: (x * 1) > 0)[1].live_bytes == (8 * P, 5 * P)


def test_in_place_as_written_is_executed_in_place() -> None:
    assert peaks(lambda x: (x * 2).relu_()) == [8 * P, 8 * P, 8 * P]


def test_outputs_live_to_the_end_and_views_keep_their_tensor() -> None:
    def forward(x: Tensor) -> tuple[Tensor, Tensor]:
        y = x * 2
        half = y[:, :2]
        z = torch.sigmoid(x)
        return y, half + z[:, 2:]

    executed, *_ = orders(forward)
    # x and y; x, y and z; y, z and the sum of 2 channels
    assert executed.live_bytes == (8 * P, 12 * P, 10 * P)


def test_a_network_that_does_nothing() -> None:
    executed, *_ = orders(nn.Identity())
    assert (executed.live_bytes, executed.places, executed.kind) == ((4 * P,), (0,), "input")
    assert [tensor.kind for tensor in executed.alive] == ["input"]


def test_weights_are_counted_once() -> None:
    layer = nn.Conv2d(4, 4, 1, bias=False)
    assert find_peak(traced(nn.Sequential(layer, layer))).weight_bytes == 4 * 4 * 4


ZOO = ("mobilenet_v2", "shufflenet_v2", "densenet121", "ghostnet", "googlenet")


@pytest.mark.parametrize("name", ZOO)
def test_the_first_order_is_the_peak_that_is_counted(name: str) -> None:
    source = find_source(name, {})
    graph = trace_model(source.build(False, 0), [(1, *source.input)])
    executed, in_place, fused = find_peak(graph).orders
    assert executed.peak_bytes == peak_bytes(graph)
    assert in_place.peak_bytes <= executed.peak_bytes
    for order in (executed, in_place, fused):
        assert sum(tensor.nbytes for tensor in order.alive) == order.peak_bytes
        assert order.peak_bytes == max(order.live_bytes)


def brute_force(graph: Graph, groups: Sequence[tuple[int, ...]]) -> list[int]:
    """Live bytes of each group: a storage counts while something written or given is still to be read or returned."""
    inside: list[set[int]] = []
    touched: list[set[int]] = []
    for group in groups:
        own = {value.storage for index in group[:-1] for value in graph.ops[index].outputs}
        last = {value.storage for value in graph.ops[group[-1]].outputs}
        values = [v for index in group for v in (*graph.ops[index].inputs, *graph.ops[index].outputs)]
        inside.append(own - last)
        touched.append({value.storage for value in values} - inside[-1])
    given, kept = {v.storage for v in graph.inputs}, {v.storage for v in graph.outputs}
    live = []
    for now in range(len(groups)):
        made = given.union(*touched[: now + 1])
        needed = kept.union(*touched[now:])
        live.append(sum(graph.storage_bytes[storage] for storage in made & needed))
    return live


def random_graph(picks: Sequence[tuple[int, int, int]]) -> Graph:
    """Ops of one or two inputs, each reading what came before; every tensor has its own size unless elementwise."""
    values = [Value(0, (1, 2, 2, 2), "float32")]
    ops: list[Op] = []
    for kind, first, second in picks:
        source = values[first % len(values)]
        other = values[second % len(values)]
        name = ("conv", "relu", "add")[kind]
        shape = (1, 1 + first % 5, 2, 2) if name == "conv" else source.shape
        inputs: tuple[Value, ...] = (source,)
        if name == "add":
            inputs = (source, other if other.shape == source.shape else source)
        output = Value(len(values), shape, "float32")
        values.append(output)
        attributes = {"weight": (shape[1], source.shape[1], 1, 1), "bias": True} if name == "conv" else {}
        ops.append(Op(name, name, f"op{len(ops)}", "", inputs, (output,), attributes=attributes))
    sizes = tuple(value.nbytes for value in values)
    return Graph(tuple(ops), (values[0],), (values[-1],), (), sizes)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=14)
)
def test_against_brute_force(picks: list[tuple[int, int, int]]) -> None:
    graph = random_graph(picks)
    executed, in_place, fused = find_peak(graph).orders
    singles = [(index,) for index, op in enumerate(graph.ops) if op.kind not in FREE]
    assert list(executed.live_bytes) == brute_force(graph, singles)
    assert executed.peak_bytes == peak_bytes(graph)
    assert all(here <= there for here, there in zip(in_place.live_bytes, executed.live_bytes, strict=True))
    saved = [there - here for here, there in zip(in_place.live_bytes, executed.live_bytes, strict=True)]
    # What is saved at a step is at most the output of an elementwise op: one storage is shared at a time.
    for step, place in enumerate(in_place.places):
        op = graph.ops[place]
        assert saved[step] == 0 or (op.kind in ELEMENTWISE and saved[step] == op.outputs[0].nbytes)
    shared = brute_force(graph, fused_groups(graph))
    assert all(here <= there for here, there in zip(fused.live_bytes, shared, strict=True))

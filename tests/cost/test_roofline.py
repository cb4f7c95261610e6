"""Rooflines of graphs made by hand, on limits as round as can be: each time is written out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.cost.count import count_graph
from cnnprof.cost.fusion import fused_groups
from cnnprof.cost.roofline import find_roofline, floor_s
from cnnprof.records.ceilings import Ceilings, Rate, highest
from cnnprof.records.graph import Graph, Op, Parameter, Value
from cnnprof.records.layer_times import LayerTime, LayerTimes
from cnnprof.records.roofline import LayerRoofline, Roofline

# 1000 macs a second, 10 bytes a second from memory, 100 from cache, a tenth of a second a call
LIMITS = Ceilings("float32", 1, "cpu", Rate(1000, "m"), Rate(10, "b"), Rate(100, "c"), overhead_s=0.1)


def value(storage: int, channels: int) -> Value:
    return Value(storage, (1, channels, 2, 2), "float32")


def conv(path: str, source: Value, target: Value) -> Op:
    shape = (target.shape[1], source.shape[1], 1, 1)
    weight = Parameter(f"{path}.weight", shape, "float32", True)
    return Op(
        "conv", "conv2d", path, "Conv2d", (source,), (target,), (weight,), {"weight": shape, "groups": 1}
    )


def relu(path: str, source: Value, target: Value) -> Op:
    return Op("relu", "relu", path, "ReLU", (source,), (target,))


def network() -> Graph:
    """A pointwise convolution of 2 to 8 channels at 2x2, its ReLU, and a view that costs nothing."""
    picture, wide, positive = value(0, 2), value(1, 8), value(2, 8)
    view = Op("view", "flatten", "", "", (positive,), (replace(positive, shape=(1, 32)),))
    sizes = (2 * 16, 8 * 16, 8 * 16)
    ops = (conv("conv", picture, wide), relu("act", wide, positive), view)
    return Graph(ops, (picture,), view.outputs, (), sizes)


MACS = 8 * 4 * 2  # outputs times inputs of each
WEIGHT, PICTURE, WIDE = 8 * 2 * 4, 2 * 4 * 4, 8 * 4 * 4  # bytes


def roofline(
    runtime: str = "eager", ceilings: Ceilings = LIMITS, times: LayerTimes | None = None
) -> Roofline:
    graph = network()
    return find_roofline(graph, count_graph(graph), ceilings, runtime, times)


def test_eager_runs_op_by_op() -> None:
    first, second = roofline().layers
    assert (first.path, first.ops, first.macs) == ("conv", (0,), MACS)
    assert first.moved_bytes == PICTURE + WIDE + WEIGHT == 224
    assert (first.compute_s, first.memory_s, first.overhead_s) == (0.064, 22.4, 0.1)
    assert first.intensity == 64 / 224
    assert (second.path, second.macs, second.moved_bytes) == ("act", 0, 2 * WIDE)
    assert second.memory_s == 25.6
    assert roofline().roof_s == 22.4 + 25.6
    assert roofline().overhead_s == 0.2
    assert (roofline().macs, roofline().moved_bytes) == (64, 480)


def test_other_runtimes_fuse_and_their_calls_have_no_known_price() -> None:
    found = roofline("onnxruntime")
    (layer,) = found.layers
    assert (found.bytes_by, layer.kind, layer.ops) == ("memory_fused_bytes", "conv+relu", (0, 1))
    assert layer.moved_bytes == PICTURE + WIDE + WEIGHT
    assert layer.overhead_s == 0
    assert fused_groups(network()) == ((0, 1),)


@pytest.mark.parametrize(
    ("macs", "memory", "overhead_s", "bound"),
    [(1000, 10, 0.1, "memory"), (1, 1e6, 0.1, "compute"), (1e9, 1e9, 0.1, "overhead")],
)
def test_the_bound_is_the_longest_of_the_three(
    macs: float, memory: float, overhead_s: float, bound: str
) -> None:
    limits = replace(LIMITS, macs=Rate(macs, ""), memory=Rate(memory, ""), overhead_s=overhead_s)
    found = roofline(ceilings=limits)
    assert found.layers[0].bound == bound


def test_the_bound_of_the_whole_is_where_most_time_goes() -> None:
    # The convolution takes 64 s of arithmetic, the ReLU 25.6 s of memory.
    found = roofline(ceilings=replace(LIMITS, macs=Rate(1, "")))
    assert (found.bound_s("compute"), found.bound_s("memory"), found.bound) == (64, 25.6, "compute")
    # At a fifth of that arithmetic the convolution waits for memory as well.
    assert roofline(ceilings=replace(LIMITS, macs=Rate(5, ""))).bound == "memory"


def test_the_floor_is_arithmetic_or_the_cache() -> None:
    graph = network()
    counts = count_graph(graph)
    # 64 / 1000 of arithmetic against (32 + 128 + 64) / 100 from cache; the ReLU may run along.
    assert floor_s(graph, counts, LIMITS) == 2.24
    assert floor_s(graph, counts, replace(LIMITS, cache=None)) == 0.064
    assert floor_s(graph, counts, replace(LIMITS, macs=Rate(16, ""))) == 4


def test_what_no_cache_holds_comes_from_memory() -> None:
    graph = network()
    counts = count_graph(graph)
    # 64 bytes of weights, 32 in and 128 out, less a cache of 100 bytes, at 10 bytes a second
    assert floor_s(graph, counts, replace(LIMITS, capacity_bytes=100)) == (64 + 32 + 128 - 100) / 10
    assert floor_s(graph, counts, replace(LIMITS, capacity_bytes=224)) == 2.24


def test_a_weight_that_is_used_twice_is_in_memory_once_and_a_norm_s_folds_away() -> None:
    first, second, third, last = (value(storage, 8) for storage in range(4))
    scale = Parameter("norm.weight", (8,), "float32", True)
    norm = Op("batch_norm", "batch_norm", "norm", "BatchNorm2d", (third,), (last,), (scale,))
    ops = (conv("shared", first, second), conv("shared", second, third), norm)
    graph = Graph(ops, (first,), (last,), (), (128, 128, 128, 128))
    limits = replace(LIMITS, capacity_bytes=0, cache=None)
    assert floor_s(graph, count_graph(graph), limits) == (8 * 8 * 4 + 128 + 128) / 10


def timed(*layers: tuple[tuple[int, ...], float]) -> LayerTimes:
    found = tuple(LayerTime(f"kernel {ops}", (), ops, (seconds, seconds)) for ops, seconds in layers)
    return LayerTimes("eager", found, (60.0, 60.0))


def test_times_are_set_to_their_layers() -> None:
    first, second = roofline(times=timed(((0,), 44.8), ((1,), 12.8), ((), 1.0))).layers
    assert (first.seconds, first.roof_s, first.from_cache) == (44.8, 22.4, False)
    assert first.macs_per_s == 64 / 44.8
    assert first.bytes_per_s == 5
    # Twice as fast as 256 bytes come from memory: they did not.
    assert (second.from_cache, second.over_peak) == (True, False)


def test_layers_are_what_the_runtime_timed_as_one() -> None:
    (layer,) = roofline(times=timed(((0, 1), 30.0))).layers
    assert (layer.ops, layer.moved_bytes, layer.seconds) == ((0, 1), 480, 30.0)


def test_a_layer_that_was_not_timed_stays() -> None:
    first, second = roofline("openvino", times=timed(((1,), 3.0))).layers
    assert [(layer.ops, layer.seconds) for layer in (first, second)] == [((0,), None), ((1,), 3.0)]


def test_two_kernels_of_one_layer_add_up() -> None:
    first, _ = roofline(times=timed(((0,), 1.0), ((0,), 2.0))).layers
    assert first.seconds == 3.0


def test_a_view_that_was_timed_is_no_layer() -> None:
    found = roofline(times=timed(((0,), 1.0), ((1, 2), 2.0), ((2,), 0.5)))
    assert [(layer.ops, layer.seconds) for layer in found.layers] == [((0,), 1.0), ((1,), 2.0)]


def test_faster_than_the_peak_is_told() -> None:
    assert roofline(times=timed(((0,), 0.05))).layers[0].over_peak


def test_a_layer_that_moves_nothing_has_no_intensity() -> None:
    layer = LayerRoofline("", "fill", "others", (0,), 0, 0, 0.0, 0.0, 0.1, "overhead")
    assert (layer.intensity, layer.macs_per_s, layer.bytes_per_s) == (None,) * 3


def test_of_two_measurements_the_higher_counts() -> None:
    again = replace(
        LIMITS, macs=Rate(900, "m2"), memory=Rate(12, "b2"), overhead_s=0.05, spent_s=1.0, disturbed="x"
    )
    both = highest(LIMITS, again)
    assert (both.macs, both.memory, both.cache) == (Rate(1000, "m"), Rate(12, "b2"), Rate(100, "c"))
    assert (both.overhead_s, both.spent_s, both.disturbed) == (0.05, 1.0, "")
    assert highest(again, again).disturbed == "x"
    assert highest(LIMITS, replace(again, cache=None)).cache is None

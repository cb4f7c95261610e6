"""Rows of counters set to the ops of a graph, with graphs and rows small enough to see at a glance."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.cost.attribution import attribute
from cnnprof.cost.operators import kinds_of
from cnnprof.records.graph import Graph, Op, Value
from cnnprof.records.layer_times import RuntimeLayer


def row(
    name: str, paths: tuple[str, ...], types: tuple[str, ...], seconds: tuple[float, ...] = (1.0,)
) -> RuntimeLayer:
    return RuntimeLayer(name, paths, types, seconds)


def chain(*ops: tuple[str, str, str]) -> Graph:
    """Ops one after another, each given by kind, function and path; each reads what the one before it wrote."""
    values = [Value(place, (1, 4, 8, 8), "float32") for place in range(len(ops) + 1)]
    made = tuple(
        Op(
            kind,
            function,
            path,
            "Module",
            (values[place],),
            (values[place + 1],),
            attributes={"weight": (4, 4, 1, 1), "groups": 1} if kind == "conv" else {},
            call=f"F.{function}",
        )
        for place, (kind, function, path) in enumerate(ops)
    )
    return Graph(made, (values[0],), (values[-1],), (), tuple(1024 for _ in values))


CONV, NORM, RELU = ("conv", "conv2d", "0"), ("batch_norm", "batch_norm", "1"), ("relu", "relu", "2")


def eager(function: str, path: str) -> RuntimeLayer:
    return row(function, (path,), (function,))


def claimed(rows: Sequence[RuntimeLayer], graph: Graph, fuses: bool = False) -> list[tuple[int, ...]]:
    return [layer.ops for layer in attribute(rows, graph, fuses=fuses)]


def test_each_function_finds_its_op() -> None:
    rows = [eager("conv2d", "0"), eager("batch_norm", "1"), eager("relu", "2")]
    layers = attribute(rows, chain(CONV, NORM, RELU), fuses=False)
    assert [layer.ops for layer in layers] == [(0,), (1,), (2,)]
    assert [layer.paths for layer in layers] == [("0",), ("1",), ("2",)]
    assert [layer.seconds for layer in layers] == [(1.0,)] * 3


def test_a_module_called_twice_takes_its_ops_in_turn() -> None:
    graph = chain(CONV, RELU, CONV, RELU)
    rows = [eager("conv2d", "0"), eager("relu", "2"), eager("conv2d", "0"), eager("relu", "2")]
    assert claimed(rows, graph) == [(0,), (1,), (2,), (3,)]


def test_one_function_may_be_several_ops() -> None:
    part = ("add", "add", "", "")[:3]
    graph = chain(part, part, part, part)
    assert claimed([eager("add", ""), eager("add", "")], graph) == [(0, 1), (2, 3)]


def test_a_name_is_a_better_match_than_a_kind() -> None:
    graph = chain(("view", "view", ""), ("view", "transpose", ""), ("copy", "contiguous", ""))
    rows = [eager("transpose", ""), eager("contiguous", ""), eager("view", "")]
    assert claimed(rows, graph) == [(1,), (2,), (0,)]


def test_a_row_that_fits_nothing_keeps_its_name_and_time() -> None:
    rows = [eager("conv2d", "0"), row("contiguous", ("2",), ("contiguous",), (0.25,))]
    found = attribute(rows, chain(CONV, NORM), fuses=False)[1]
    assert (found.name, found.paths, found.ops, found.seconds) == ("contiguous", ("2",), (), (0.25,))


def test_what_was_fused_belongs_to_the_op_that_it_was_fused_with() -> None:
    rows = [row("Conv_0", ("0",), ("Conv",))]
    assert claimed(rows, chain(CONV, NORM, RELU), fuses=True) == [(0, 1, 2)]
    assert claimed(rows, chain(CONV, NORM, RELU), fuses=False) == [(0,)]


def test_a_product_that_no_row_names_does_not_join_the_addition_behind_it() -> None:
    graph = chain(("linear", "linear", "a"), ("relu", "relu", "b"))
    assert claimed([row("x", ("b",), ("Relu",))], graph, fuses=True) == [(1,)]
    assert claimed([row("x", ("b",), ("Gemm", "Relu"))], graph, fuses=True) == [(0, 1)]


def test_as_many_rows_as_ops_in_a_module_are_the_same_in_order() -> None:
    graph = chain(("hard_swish", "hardswish", "a"), ("mul", "mul", "a"))
    rows = [row("x", ("a",), ("Unheard",)), row("y", ("a",), ("OfThis",))]
    assert claimed(rows, graph) == [(0,), (1,)]
    assert claimed(rows[:1], graph) == [()]


def test_no_op_belongs_to_two_rows() -> None:
    rows = [row("one", ("0",), ("Conv",)), row("two", ("0", "2"), ("Conv", "Relu"))]
    found = claimed(rows, chain(CONV, NORM, RELU), fuses=True)
    places = [op for ops in found for op in ops]
    assert sorted(places) == [0, 1, 2]


def test_words_of_several_runtimes() -> None:
    assert "conv" in kinds_of("FusedConv") & kinds_of("GroupConvolution") & kinds_of("conv")
    assert kinds_of("hard_swish") == kinds_of("HardSwish") == {"hard_swish"}
    assert kinds_of("ShuffleChannel") == kinds_of("ShuffleChannels") == {"copy"}
    assert "mul" in kinds_of("BinaryOp")
    assert kinds_of("Unheard") == frozenset()


def test_a_depthwise_convolution_is_not_left_to_the_activation_behind_it() -> None:
    graph = chain(CONV, NORM, ("hard_swish", "hardswish", "2"))
    rows = [row("convdw", ("0", "1"), ("ConvolutionDepthWise",)), row("hswish", ("2",), ("HardSwish",))]
    assert claimed(rows, graph, fuses=True) == [(0, 1), (2,)]
    assert kinds_of("DeconvolutionDepthWise") == kinds_of("Deconvolution")


def test_of_a_shuffle_the_transposition_is_what_copies() -> None:
    graph = chain(
        ("view", "view", ""), ("view", "transpose", ""), ("copy", "contiguous", ""), ("view", "view", "")
    )
    rows = [row("r0", ("",), ("Reshape",)), row("t", ("",), ("Transpose",)), row("r1", ("",), ("Reshape",))]
    found = dict(zip(("r0", "t", "r1"), claimed(rows, graph, fuses=True), strict=True))
    assert found["t"] == (2,)
    assert 2 not in found["r0"] + found["r1"]


def test_a_row_without_a_path_takes_nothing_of_the_network_itself() -> None:
    graph = chain(("conv", "conv2d", "conv1"), ("relu", "relu", ""), ("relu", "relu", "layer1.0"))
    rows = [row("conv", ("conv1",), ("Convolution",)), row("relu_1", (), ("ReLU",))]
    assert claimed(rows, graph) == [(0,), ()]
    rows[0] = row("convrelu", ("conv1", ""), ("Convolution", "ReLU"))
    assert claimed(rows, graph) == [(0, 1), (2,)]  # now it can be no other


def test_of_rows_without_a_path_that_fit_the_same_op_none_takes_it() -> None:
    graph = chain(("view", "view", "a"), ("softmax", "softmax", "b"))
    rows = [row("r", (), ("Reshape",)), row("s", (), ("Squeeze",)), row("m", (), ("Softmax",))]
    assert claimed(rows, graph) == [(), (), (1,)]

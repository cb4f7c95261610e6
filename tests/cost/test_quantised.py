"""A graph in int8: the same ops, a byte for each number."""

from __future__ import annotations

from cnnprof.cost.count import count_graph
from cnnprof.cost.quantised import in_int8
from cnnprof.records.graph import Graph, Op, Parameter, Value

PICTURE = Value(0, (1, 3, 8, 8), "float32")
MAPS = Value(1, (1, 4, 6, 6), "float32")
PLACES = Value(2, (1, 4, 6, 6), "int64")
WEIGHT = Parameter("conv.weight", (4, 3, 3, 3), "float32", True)
TABLE = Parameter("table", (5,), "int64", False)
ATTRIBUTES = {"weight": (4, 3, 3, 3), "groups": 1, "transposed": False, "bias": False}
GRAPH = Graph(
    ops=(
        Op("conv", "conv2d", "conv", "Conv2d", (PICTURE,), (MAPS,), (WEIGHT,), ATTRIBUTES),
        Op("view", "argsort", "", "", (MAPS,), (PLACES,)),
    ),
    inputs=(PICTURE,),
    outputs=(PLACES, MAPS),
    parameters=(WEIGHT, TABLE),
    storage_bytes=(4 * 192, 4 * 144, 8 * 144),
)


def test_numbers_shrink_to_a_byte_and_places_stay() -> None:
    graph = in_int8(GRAPH)
    assert [value.dtype for op in graph.ops for value in (*op.inputs, *op.outputs)] == [
        "int8",
        "int8",
        "int8",
        "int64",
    ]
    assert graph.storage_bytes == (192, 144, 8 * 144)
    assert [value.dtype for value in (*graph.inputs, *graph.outputs)] == ["int8", "int64", "int8"]
    assert [parameter.nbytes for parameter in graph.parameters] == [4 * 3 * 9, 5 * 8]
    assert graph.ops[0].parameters[0].dtype == "int8"
    assert GRAPH.storage_bytes[0] == 4 * 192  # the one given is as it was


def test_work_stays_and_memory_access_is_a_quarter() -> None:
    plain, small = count_graph(GRAPH), count_graph(in_int8(GRAPH))
    assert small.macs == plain.macs == 36 * 4 * 27
    assert small.params == plain.params
    conv = small.ops[0]
    assert conv.memory_bytes == 192 + 144 + 108
    assert plain.ops[0].memory_bytes == 4 * conv.memory_bytes

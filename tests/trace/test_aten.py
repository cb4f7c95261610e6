"""Ops below the functions: those of other libraries than aten, and those that return nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.library import Library

from cnnprof.cost.count import count_graph
from cnnprof.records.counts import Counts
from cnnprof.trace.trace import trace_model
from tests.trace.nets import PICTURE, Net

BYTES = 4 * 2 * 4 * 12 * 10


@pytest.fixture(scope="module", autouse=True)
def mylib() -> Iterator[None]:
    """Ops as a package with kernels of its own registers them; what they compute does not matter."""
    make: Any = Library  # untyped in torch
    library = make("mylib", "DEF")
    for schema, run in (
        ("norm(Tensor x, int[] sizes) -> Tensor", lambda x, sizes: torch.empty_like(x)),
        ("linear(Tensor x, int packed) -> Tensor", lambda x, packed: torch.empty_like(x)),
        ("_unsafe_view(Tensor x) -> Tensor", torch.empty_like),
        ("scale_(Tensor(a!) x, Tensor by) -> ()", lambda x, by: None),
        ("ask(Tensor x) -> int", lambda x: 1),
    ):
        library.define(schema)
        library.impl(schema.partition("(")[0], run, "CompositeExplicitAutograd")
    yield
    library._destroy()


def counted(model: nn.Module) -> Counts:
    return count_graph(trace_model(model, [PICTURE]))


def test_an_op_of_another_library_is_not_the_one_of_atens_name() -> None:
    mylib = torch.ops.mylib
    counts = counted(Net(lambda _, x: mylib._unsafe_view(mylib.linear(mylib.norm(x, [4]), 7))))
    assert counts.uncounted_ops == (("mylib._unsafe_view", 1), ("mylib.linear", 1), ("mylib.norm", 1))
    assert (counts.macs, counts.flops, counts.memory_bytes) == (0, 0, 3 * 2 * BYTES)


def test_an_op_that_writes_an_argument_and_returns_nothing_is_seen() -> None:
    def run(net: Net, x: Tensor) -> Tensor:
        y = x * 2
        torch.ops.mylib.scale_(y, by=x)
        torch.ops.mylib.ask(y)
        return y

    product, scaled = trace_model(Net(run), [PICTURE]).ops
    assert (scaled.kind, scaled.inplace, scaled.outputs) == ("mylib.scale_", True, product.outputs)
    assert scaled.inputs == (product.outputs[0], product.inputs[0])
    assert counted(Net(run)).memory_bytes == 2 * BYTES + 3 * BYTES


def test_a_view_in_place_reads_the_shape_that_there_was() -> None:
    def run(net: Net, x: Tensor) -> Tensor:
        y = x * 2
        y.unsqueeze_(0)
        return y

    product, view = trace_model(Net(run), [PICTURE]).ops
    assert (view.kind, view.inputs) == ("view", product.outputs)
    assert [value.shape for value in (*view.inputs, *view.outputs)] == [PICTURE, (1, *PICTURE)]


def test_and_so_are_lists_that_are_written() -> None:
    def run(net: Net, x: Tensor) -> list[Tensor]:
        pair = [x * 2, x * 3]
        torch._foreach_add_(pair, 1.0)
        return pair

    graph = trace_model(Net(run), [PICTURE])
    assert count_graph(graph).uncounted_ops == (("aten._foreach_add_", 1),)
    assert graph.ops[-1].outputs == graph.outputs

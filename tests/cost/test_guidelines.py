"""ShuffleNet V2's equations 1 and 2 written out, and blocks whose branches can be counted by eye."""

from __future__ import annotations

from math import isclose
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnprof.cost.arithmetic import FORMULAS, MOVES, PER_ELEMENT
from cnnprof.cost.count import count_graph
from cnnprof.cost.guidelines.assess import assess
from cnnprof.cost.guidelines.blocks import FRAGMENTS
from cnnprof.cost.guidelines.pointwise import added_by_groups, lower_bound, memory_access
from cnnprof.cost.guidelines.shares import OTHERS, group_of
from cnnprof.records.graph import Op, Value
from cnnprof.records.guidelines import Guidelines
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.sources import find_source
from tests.cost.counter_nets import Run

BYTES = 4
SIZES = st.integers(1, 512)


def guidelines(model: nn.Module, shape: tuple[int, ...] = (1, 4, 8, 8)) -> Guidelines:
    graph = trace_model(model.eval(), [shape])
    return assess(graph, count_graph(graph))


def test_equation_1_of_unequal_channels() -> None:
    (layer,) = guidelines(nn.Sequential(nn.Conv2d(4, 16, 1))).pointwise
    assert (layer.positions, layer.inputs, layer.outputs, layer.groups) == (64, 4, 16, 1)
    assert layer.macs == 64 * 4 * 16
    assert layer.elements == 64 * (4 + 16) + 4 * 16
    assert layer.bound == 2 * (64 * 64 * 4 * 16) ** 0.5 + 4 * 16
    assert layer.ratio == 1344 / 1088
    assert layer.unbalanced == layer.elements - layer.bound == 64 * (16**0.5 - 4**0.5) ** 2
    assert layer.added == 0


def test_equation_2_of_groups() -> None:
    (layer,) = guidelines(nn.Sequential(nn.Conv2d(16, 16, 1, groups=4)), (1, 16, 8, 8)).pointwise
    macs = 64 * 16 * 16 // 4
    assert layer.macs == macs
    assert layer.elements == 64 * 32 + 16 * 16 // 4 == 64 * 16 + macs * 4 // 16 + macs // 64
    # A dense convolution of as many macs from 16 channels has 4 outputs.
    assert layer.added == layer.elements - (64 * (16 + 4) + 16 * 4) == 768


def test_a_batch_is_so_many_positions() -> None:
    (layer,) = guidelines(nn.Sequential(nn.Conv2d(4, 4, 1)), (3, 4, 8, 8)).pointwise
    assert layer.positions == 3 * 64
    assert layer.ratio == 1


@given(SIZES, SIZES, SIZES)
def test_no_dense_layer_is_below_the_bound(positions: int, inputs: int, outputs: int) -> None:
    bound = lower_bound(positions, positions * inputs * outputs)
    access = memory_access(positions, inputs, outputs, 1)
    assert access >= bound or isclose(access, bound)
    assert isclose(memory_access(positions, inputs, inputs, 1), lower_bound(positions, positions * inputs**2))


@given(SIZES, SIZES, SIZES, st.sampled_from([1, 2, 4, 8]))
def test_what_groups_add_is_the_difference_at_equal_macs(
    positions: int, inputs: int, outputs: int, groups: int
) -> None:
    c1, c2 = inputs * groups, outputs * groups
    dense = memory_access(positions, c1, outputs, 1)  # as many macs: c1 c2 / g
    assert memory_access(positions, c1, c2, groups) - dense == added_by_groups(positions, c2, groups)


def test_depthwise_and_larger_kernels_are_no_pointwise_layers() -> None:
    model = nn.Sequential(
        nn.Conv2d(4, 4, 1, groups=4), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, (1, 3))
    )
    assert guidelines(model).pointwise == ()


def test_a_chain_has_no_blocks() -> None:
    assert guidelines(nn.Sequential(nn.Conv2d(4, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1))).blocks == ()


def test_a_shortcut_is_a_second_branch() -> None:
    inner = Run(lambda net, x: x + net.b(net.a(x)), a=nn.Conv2d(4, 8, 1), b=nn.Conv2d(8, 4, 1))
    found = guidelines(nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), inner, nn.Conv2d(4, 4, 1)))
    (block,) = found.blocks
    assert (block.path, block.module) == ("1", "Run")
    assert (block.branches, block.fragments, block.operations) == (2, 2, 3)
    assert block.macs == 2 * 64 * 4 * 8
    assert block.saved_bytes == 0
    assert not any(finding.guideline == "G3" for finding in found.findings)


def test_parallel_convolutions_read_their_input_again_and_are_copied_together() -> None:
    def forward(net: Any, x: Tensor) -> Tensor:
        return torch.cat([net.a(x), net.b(x), net.c(x)], 1)

    inner = Run(forward, a=nn.Conv2d(4, 2, 1), b=nn.Conv2d(4, 2, 1), c=nn.Conv2d(4, 2, 3, padding=1))
    found = guidelines(nn.Sequential(nn.ReLU(), inner, nn.Conv2d(6, 4, 1)))
    (block,) = found.blocks
    assert (block.path, block.branches, block.fragments, block.operations) == ("1", 3, 3, 4)
    again, copied = 2 * 4 * 64, 2 * 6 * 64  # two of three read the input once more; all is read and written
    assert block.saved_bytes == BYTES * (again + copied)
    (finding,) = [finding for finding in found.findings if finding.guideline == "G3"]
    assert (finding.path, finding.saved_bytes) == ("1", block.saved_bytes)


def test_the_pieces_of_a_split_are_each_read_once() -> None:
    def forward(net: Any, x: Tensor) -> Tensor:
        left, right = x.chunk(2, 1)
        return torch.cat([net.a(left), net.b(right)], 1)

    inner = Run(forward, a=nn.Conv2d(2, 2, 1), b=nn.Conv2d(2, 2, 1))
    (block,) = guidelines(nn.Sequential(nn.ReLU(), inner, nn.Conv2d(4, 4, 1))).blocks
    assert block.saved_bytes == BYTES * 2 * 4 * 64  # the copy alone


def test_findings_name_layer_figure_equation_and_remedy() -> None:
    found = guidelines(nn.Sequential(nn.Conv2d(4, 16, 1), nn.ReLU(), nn.Conv2d(16, 16, 1, groups=4)))
    by_guideline = {finding.guideline: finding for finding in found.findings}
    assert by_guideline["G1"].path == "0"
    assert by_guideline["G1"].saved_bytes == BYTES * (1344 - 1088)
    assert by_guideline["G2"].path == "2"
    assert by_guideline["G2"].saved_bytes == BYTES * 768
    assert by_guideline["G4"].path == "1"
    assert by_guideline["G4"].saved_bytes == BYTES * 2 * 16 * 64
    assert all(one.figure and one.equation and one.instead for one in found.findings)
    saved = [finding.saved_bytes for finding in found.findings]
    assert saved == sorted(saved, reverse=True)


@pytest.mark.parametrize(
    "name", ["shufflenet_v1", "shufflenet_v2", "mobilenet_v3_small", "googlenet", "mobilevit_xxs"]
)
def test_shares_add_up_to_the_network(name: str) -> None:
    graph = trace_model(find_source(name, {}).build(False, 0), [(1, 3, 224, 224)])
    counts = count_graph(graph)
    found = assess(graph, counts)
    for column in ("macs", "flops", "memory_bytes"):
        assert sum(getattr(share, column) for share in found.shares) == getattr(counts, column)


@pytest.mark.parametrize(
    ("name", "blocks", "branches"), [("shufflenet_v2", 16, 2), ("googlenet", 9, 4), ("mobilenet_v1", 0, 0)]
)
def test_the_blocks_of_known_networks(name: str, blocks: int, branches: int) -> None:
    graph = trace_model(find_source(name, {}).build(False, 0), [(1, 3, 224, 224)])
    found = assess(graph, count_graph(graph)).blocks
    assert len(found) == blocks
    assert {block.branches for block in found} == ({branches} if blocks else set())


def test_shufflenet_v2_keeps_its_own_guidelines() -> None:
    old, new = (
        assess(graph, count_graph(graph))
        for graph in (
            trace_model(find_source(name, {}).build(False, 0), [(1, 3, 224, 224)])
            for name in ("shufflenet_v1", "shufflenet_v2")
        )
    )
    # Equal channels in all but the first unit of a stage, no groups, two branches.
    assert (
        sum(layer.ratio > 1.01 for layer in new.pointwise)
        <= 6
        < sum(layer.ratio > 1.01 for layer in old.pointwise)
    )
    assert not any(layer.added for layer in new.pointwise)
    assert any(layer.added for layer in old.pointwise)


def test_no_norm_is_a_fragment_of_a_block() -> None:
    assert [kind for kind in FRAGMENTS if kind.endswith("_norm")] == []


@pytest.mark.parametrize("kind", sorted({*PER_ELEMENT, *FORMULAS, *MOVES}))
def test_every_kind_of_op_belongs_to_a_group(kind: str) -> None:
    value = Value(0, (1, 2), "float32")
    found = group_of(Op(kind, kind, "", "", (value,), (value,)))
    told = f"put {kind} among ACTIVATIONS of cost/fusion.py or ARITHMETICS of cost/guidelines/shares.py"
    assert found != OTHERS or kind.startswith("upsample"), told

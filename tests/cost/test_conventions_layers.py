"""What each counter prints for layers that it sees in its own way; the figures are those that the packages print.

That they still print them is tested in ``tests/cross``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from cnnprof.cost.conventions.registry import apply_all, apply_convention
from cnnprof.records.convention import Convention
from cnnprof.trace.trace import trace_model
from tests.cost.counter_layers import LAYERS, Weighted, first_of, lstm_projected
from tests.cost.counter_nets import Run, Shape

COUNTERS = ("fvcore", "thop", "ptflops", "ptflops-aten", "torchinfo", "torchprofile", "torch")
PRINTED: dict[str, tuple[int, ...]] = {
    "after_convolution": (3_536, 32_208, 32_725, 3_541, 30_165, 28_112, 7_072),
    "lstm": (0, 9_600, 9_840, 0, 8_640, 7_680, 0),
    "lstm_unbiased": (0, 3_600, 3_720, 0, 3_120, 3_120, 0),
    "gru": (0, 1_650, 1_650, 1_440, 1_440, 0, 2_520),
    "rnn": (0, 2_280, 2_280, 2_160, 2_160, 0, 3_840),
    "cells": (537, 680, 692, 593, 3_305, 565, 1_074),
    "weight_first": (4_320, 0, 2_880, 17_280, 0, 17_280, 34_560),
    "squares": (2_560, 0, 2_560, 4_096, 0, 4_096, 8_192),
    "stack": (1_440, 0, 1_440, 5_760, 0, 5_760, 11_520),
    "rms_norm": (100, 100, 100, 100, 110, 100, 200),
    "local_response": (1_920, 1_920, 4_080, 1_920, 1_920, 3_360, 3_840),
    "lp_pools": (0, 0, 840, 0, 0, 360, 0),
    "area": (580, 0, 1_180, 0, 0, 500, 0),
    "replaced": (24_960, 29_760, 29_760, 24_960, 25_060, 25_440, 49_920),
    "replaced_convolutions": (0, 25_920, 26_880, 0, 26_880, 960, 0),
    "whole_operators": (0, 0, 0, 2_880, 0, 960, 5_760),
    "fractions": (7_740, 1_800, 6_810, 0, 0, 0, 0),
    "composed": (0, 0, 0, 1_296, 0, 0, 2_592),
    "indexed_pools": (0, 0, 1_200, 0, 0, 0, 0),
}
MULTIHEAD = "nn.MultiheadAttention and the nn.Transformer layers around it"


def conventions(model: nn.Module, shape: Shape) -> dict[str, Convention]:
    return {convention.name: convention for convention in apply_all(trace_model(model.eval(), [shape]))}


def excepted(model: nn.Module, shape: Shape) -> dict[str, str]:
    """The counters that are not reproduced for a layer of the network, and the layer."""
    counts = {
        name: said.counts.partition("; not reproduced here: ")
        for name, said in conventions(model, shape).items()
    }
    return {name: layers for name, (_, found, layers) in counts.items() if found}


@pytest.mark.parametrize("name", LAYERS)
def test_totals(name: str) -> None:
    build, shape = LAYERS[name]
    found = conventions(build(), shape)
    assert tuple(found[counter].total for counter in COUNTERS) == PRINTED[name]


@pytest.mark.parametrize("name", LAYERS)
def test_the_parts_add_up_to_what_a_total_differs_by(name: str) -> None:
    build, shape = LAYERS[name]
    found = conventions(build(), shape)
    for convention in found.values():
        off = convention.total - convention.per_mac * found["paper"].total
        assert sum(part.amount for part in convention.parts) == off, convention.name
        assert all(part.amount and part.reason for part in convention.parts)


def test_a_recurrent_layer_comes_apart_into_multiply_adds_and_the_rest() -> None:
    build, shape = LAYERS["gru"]
    found = conventions(build(), shape)
    assert found["paper"].total == 5 * 3 * 6 * (8 + 6)
    rest = 5 * (3 * (6 + 2 * 6) + 4 * 6)  # a sum and two biases a gate; four operations make the state
    assert {part.reason: part.amount for part in found["thop"].parts} == {
        "recurrent layers: additions, biases and products, element by element": rest
    }
    assert {part.reason: part.amount for part in found["fvcore"].parts} == {
        "products it has no formula for": -found["paper"].total
    }


def test_steps_and_batches_count_alike() -> None:
    recurrent = first_of(nn.LSTM(8, 6))
    assert conventions(recurrent, (5, 2, 8))["thop"].total == conventions(recurrent, (2, 5, 8))["thop"].total
    # thop takes the two sizes of one sequence for steps and batch.
    assert conventions(recurrent, (5, 8))["thop"].total == 5 * 8 * (4 * (14 * 6 + 3 * 6) + 4 * 6)


def test_the_cpu_runs_no_lstm_as_one_that_projects_its_state() -> None:
    found = conventions(lstm_projected(), (1, 2, 8))
    assert (found["torch"].total, found["ptflops-aten"].total) == (4_128, 2_448)
    assert (found["thop"].total, found["ptflops"].total, found["fvcore"].total) == (3_840, 2_784, 0)


def test_the_cpu_runs_no_lstm_as_one_in_double_precision() -> None:
    graph = trace_model(first_of(nn.LSTM(8, 6, batch_first=True)).double(), [(1, 5, 8)], "float64")
    assert apply_convention("torch", graph).total == 3_360


def test_a_recurrent_layer_in_two_places_counts_in_each() -> None:
    shared = nn.GRUCell(8, 6)
    branches = {"left": nn.ModuleList([shared]), "right": nn.ModuleList([shared])}
    found = conventions(Run(lambda net, x: net.left[0](x) + net.right[0](x), **branches), (1, 8))
    once = 3 * (14 * 6 + 3 * 6) + 4 * 6
    assert found["thop"].total == 2 * 4 * once  # two calls, hooked twice, summed twice


def test_what_runs_for_real_counts_as_it_does_by_shapes() -> None:
    def decided(net: Any, x: Tensor) -> Tensor:
        y: Tensor = net.layer(x)[0]
        return y if y.sum() > 1e9 else y.add(0)

    lstm = nn.LSTM(8, 6, batch_first=True)
    graph = trace_model(Run(decided, layer=lstm).eval(), [(1, 5, 8)])
    assert graph.method == "forward"
    totals = {name: apply_convention(name, graph).total for name in ("fvcore", "torch", "thop")}
    assert totals == {"fvcore": 0, "torch": 0, "thop": 2_160}


@pytest.mark.parametrize(
    "build",
    [
        lambda: Run(lambda net, x: net.layer(x, x, x)[0], layer=nn.MultiheadAttention(8, 2)),
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
    ],
)
def test_attention_layers_are_not_claimed(build: Callable[[], nn.Module]) -> None:
    said = excepted(build(), (1, 5, 8))
    assert set(said) == {"fvcore", "ptflops", "ptflops-aten", "torchprofile", "torch", "deepspeed"}
    assert all(layers.startswith(MULTIHEAD) for layers in said.values())


def test_other_layers_that_are_not_claimed() -> None:
    pruned = nn.GRU(8, 6)
    prune.l1_unstructured(pruned, "weight_ih_l0", 10)  # type: ignore[no-untyped-call]
    recurrent = {"deepspeed": "recurrent layers"}
    assert excepted(first_of(nn.GRU(8, 6)), (1, 5, 8)) == recurrent
    assert excepted(lstm_projected(), (1, 2, 8)) == {**recurrent, "torchprofile": "nn.LSTM with a projection"}
    masked = dict.fromkeys(("thop", "ptflops"), "recurrent layers with masked or remade weights")
    assert excepted(first_of(pruned), (1, 5, 8)) == recurrent | masked
    rows = Run(lambda _, x: nn.functional.interpolate(x, 5, mode="area"))
    assert excepted(rows, (1, 4, 12)) == {"fvcore": 'F.interpolate(mode="area") of one dimension'}
    listed = Run(lambda _, x: nn.functional.interpolate(x, scale_factor=[2.0, 1.5]))
    assert excepted(listed, (1, 4, 12, 10)) == {
        "ptflops": "F.interpolate by a list of factors, which it fails at"
    }
    vector = dict.fromkeys(("ptflops-aten", "torch"), "torch.matmul of a vector by matrices")
    assert excepted(Weighted(lambda weight, x: weight @ x, 12), (1, 4, 12, 10)) == vector
    fails = {"fvcore": "torch.matmul by a vector, which it fails at"}
    assert excepted(Weighted(lambda weight, x: x @ weight, 10), (1, 4, 12, 10)) == fails
    outer = Weighted(lambda weight, x: torch.einsum("i,bj->bij", weight, x), 3)
    other = dict.fromkeys(("fvcore", "torchprofile"), "einsum that is no matrix product")
    assert excepted(outer, (1, 4)) == {"deepspeed": "einsum", **other}


KEYWORD = "layers called by keyword, which it fails at"


def by_keyword(layer: nn.Module) -> nn.Module:
    return Run(lambda net, x: net.layer(input=x), layer=layer)


@pytest.mark.parametrize(
    ("layer", "failing"),
    [
        (nn.Conv2d(4, 4, 1), {"thop", "ptflops"}),
        (nn.ConvTranspose2d(4, 4, 1), {"thop", "ptflops"}),
        (nn.BatchNorm2d(4), {"thop", "ptflops"}),
        (nn.AdaptiveAvgPool2d(2), {"thop", "ptflops"}),
        (nn.Softmax(1), {"thop"}),
        (nn.LeakyReLU(), {"thop"}),
        (nn.Linear(10, 3), {"ptflops"}),
        (nn.MaxPool2d(2), {"ptflops"}),
        (nn.ReLU(), set()),
    ],
)
def test_layers_called_by_keyword_are_not_claimed(layer: nn.Module, failing: set[str]) -> None:
    said = excepted(by_keyword(layer), (1, 4, 12, 10))
    assert said == dict.fromkeys({*failing, "torchstat"}, KEYWORD)


def test_a_layer_called_by_keyword_counts_nothing_where_its_hook_fails() -> None:
    found = conventions(by_keyword(nn.BatchNorm2d(4)), (1, 4, 12, 10))
    assert (found["thop"].total, found["ptflops"].total) == (0, 0)
    found = conventions(by_keyword(nn.Conv2d(4, 4, 1)), (1, 4, 12, 10))
    assert (found["paper"].total, found["thop"].total, found["ptflops"].total) == (1_920, 0, 0)
    for counter in ("thop", "ptflops"):
        assert [(part.reason, part.amount) for part in found[counter].parts] == [(KEYWORD, -1_920)]


def test_recurrent_layers_called_by_keyword_are_no_packed_sequences() -> None:
    recurrent = Run(lambda net, x: net.layer(input=x)[0], layer=nn.GRU(8, 6))
    assert excepted(recurrent, (1, 5, 8)) == {
        "deepspeed": "recurrent layers",
        **dict.fromkeys(("thop", "ptflops", "torchstat"), KEYWORD),
    }


def test_packed_sequences_are_not_claimed() -> None:
    def packed(net: Any, x: Tensor) -> Tensor:
        sequence = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([5]), batch_first=True)
        state: Tensor = net.layer(sequence)[1]
        return state

    said = excepted(Run(packed, layer=nn.GRU(8, 6, batch_first=True)), (1, 5, 8))
    layers = dict.fromkeys(
        ("thop", "ptflops", "torchinfo", "torchprofile"), "recurrent layers on packed sequences"
    )
    assert said == {"deepspeed": "recurrent layers", **layers}


def test_a_weight_on_one_side_is_not_claimed_in_a_real_pass() -> None:
    def decided(weight: Tensor, x: Tensor) -> Tensor:
        y = weight @ x
        return y if y.sum() > 1e9 else y.add(0)

    said = excepted(Weighted(decided, 12, 12), (1, 4, 12, 10))
    assert set(said) == {"fvcore", "ptflops", "deepspeed"}


def test_networks_without_such_layers_are_claimed() -> None:
    build, shape = LAYERS["replaced"]
    assert excepted(build(), shape) == {}


@pytest.mark.parametrize("counter", ["ptflops", "deepspeed"])
def test_functions_imported_by_name_are_told_apart(counter: str) -> None:
    counts = conventions(nn.ReLU(), (1, 4))[counter].counts
    assert counts.endswith("functions imported by name before the count are counted here and not there")


def test_deepspeed_sees_functions_within_functions() -> None:
    build, shape = LAYERS["local_response"]
    # Tensor.mul, F.avg_pool3d of two more channels, Tensor.mul, Tensor.add
    assert conventions(build(), shape)["deepspeed"].total == 2 * 1_920 + (480 + 720 + 480 + 480)


def test_deepspeed_takes_factors_as_they_are() -> None:
    build, shape = LAYERS["fractions"]
    assert conventions(build(), shape)["deepspeed"].total == 480 * 1.5 * 2.5 + 1_800 * 1.5**2 + 3_996 * 0.5


def test_deepspeed_sees_pooling_with_indices() -> None:
    build, shape = LAYERS["indexed_pools"]
    assert conventions(build(), shape)["deepspeed"].total == 480 + 120 + 120

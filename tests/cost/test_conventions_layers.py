"""What each counter prints for layers that it sees in its own way; the figures are those that the packages print.

That they still print them is tested in ``tests/cross``.
"""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor, nn

from cnnprof.cost.conventions.registry import apply_all, apply_convention
from cnnprof.records.convention import Convention
from cnnprof.trace.trace import trace_model
from tests.cost.counter_layers import LAYERS, first_of, lstm_projected
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


def conventions(model: nn.Module, shape: Shape) -> dict[str, Convention]:
    return {convention.name: convention for convention in apply_all(trace_model(model.eval(), [shape]))}


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


def test_pools_and_upsampling_as_thop_takes_them() -> None:
    found = {
        "pooled": conventions(nn.Sequential(nn.AdaptiveAvgPool2d((3, 5))), (1, 4, 8, 7)),
        "larger": conventions(nn.Sequential(nn.Upsample(scale_factor=2, mode="bicubic")), (1, 4, 5, 5)),
    }
    # A window of 8/3 x 7/5 elements and a division for each of 4 x 3 x 5 outputs.
    assert found["pooled"]["thop"].total == int((8 / 3 * 7 / 5 + 1) * 60) == 283
    assert found["larger"]["thop"].total == 259 * 4 * 10 * 10


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

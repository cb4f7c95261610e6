"""What each counter makes of small networks, with the arithmetic written out; no counter needs to be installed.

That the counters themselves print the same is tested in ``tests/cross``.
"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.cost.conventions.registry import REGISTRY, apply_all
from cnnprof.records.convention import Convention
from cnnprof.trace.trace import trace_model
from tests.cost.counter_nets import NETS, SHAPE
from tests.trace.nets import Net

IN = 4 * 64  # elements of the input
CONV, ACT, POOLED, FC = 4 * 9 * 6 * 64, 6 * 64, 6 * 16, 6 * 5
UP = 4 * 2 * 2 * 3 * 64  # transposed: each of 4x64 inputs spreads over 3 outputs of its group, 2x2 each
PLAIN = 4 * 4 * 64  # a 1x1 convolution of 4 channels
LINEAR, SCORES = 64 * 4 * 6, 64 * 6 * 64  # 64 tokens

TOTALS: dict[str, dict[str, int]] = {
    "classic": {
        "paper": CONV + FC,
        "fvcore": CONV + FC + 2 * ACT + POOLED,
        "thop": CONV + FC + 4 * ACT + (16 + 1) * 6,
        # activation and pooling layers twice: as a module, and as the function it calls
        "ptflops": CONV + ACT + FC + 5 + 2 * ACT + 2 * ACT + 2 * ACT + 2 * POOLED,
        "ptflops-aten": CONV + ACT + FC + 5,
        "torchinfo": CONV + 6 * 64 + 2 * 6 + FC + 5,
        "torchprofile": CONV + FC + ACT + 6,
        "torch": 2 * (CONV + FC),
        "torchstat": CONV + ACT + 2 * ACT + ACT + ACT + FC,
        "deepspeed": 2 * (CONV + FC) + ACT + 2 * ACT + ACT + ACT + POOLED,
    },
    "transposed": {
        "paper": UP,
        "fvcore": UP,
        "thop": 6 * 256 * (4 // 2) * 4,
        "ptflops": UP + 6 * 256,
        "ptflops-aten": UP + 6 * 256,
        "torchinfo": (4 * 3 * 4 + 6) * 256,
        "torchprofile": 6 * 256 * 4 * 4,
        "torch": 2 * UP,
        "torchstat": 0,
        "deepspeed": 2 * UP + 6 * 256,
    },
    "square_transposed": {
        "paper": 4 * 2 * 4 * 64,
        "thop": 4 * 256 * 2 * 4,
        "torchinfo": 4 * 2 * 4 * 256,
        "torchprofile": 4 * 256 * 2 * 4,
        "deepspeed": 2 * 4 * 2 * 4 * 64,
    },
    "functional": {
        "paper": 2 * PLAIN,
        "thop": 0,
        "ptflops": IN + IN + IN,  # F.relu, mul, add; not * and +
        "ptflops-aten": 2 * PLAIN + IN,
        "torchinfo": PLAIN + IN,
        "torchprofile": 2 * PLAIN + 2 * IN + 4,  # two products, one mean
        "torchstat": PLAIN + IN,  # the derived convolution
        "deepspeed": 2 * 2 * PLAIN + IN + IN + IN + IN,  # bias, F.relu, mul, add
    },
    "called_twice": {
        "paper": 2 * PLAIN,
        "thop": 2 * PLAIN,
        "ptflops": 2 * PLAIN,
        "torchinfo": 2 * PLAIN,
        "torchprofile": 2 * PLAIN,
        "torchstat": PLAIN,
        "deepspeed": 4 * PLAIN,
    },
    "in_two_places": {
        "paper": 2 * PLAIN,
        "thop": 8 * PLAIN,  # two calls, hooked twice, summed twice
        "ptflops": 4 * PLAIN,  # two calls, summed twice
        "torchinfo": 2 * PLAIN,
        "deepspeed": 4 * PLAIN,
    },
    "tokens": {
        "paper": LINEAR + SCORES,
        "fvcore": LINEAR + SCORES + 5 * 64 * 6,
        "thop": LINEAR + 4 * 64 * 6,
        "ptflops": LINEAR + 64 * 6 + 64 * 6 + SCORES,  # bias; layer norm has no ``affine``
        "ptflops-aten": LINEAR + 64 * 6 + SCORES,
        "torchinfo": 4 * 6 + 6 + 2 * 6,
        "torchprofile": LINEAR + SCORES + 64 * 6,
        "deepspeed": 2 * (LINEAR + SCORES) + 5 * 64 * 6,
    },
    "enlarged": {
        "paper": 0,
        "fvcore": 2 * 4 * IN + 4 * 4 * IN,
        "thop": 4 * IN,
        "ptflops": 4 * 4 * IN,
        "torchprofile": 4 * 4 * IN,
        "torchstat": 16 * 16,  # one channel of the module's
        "deepspeed": 4 * IN + 16 + 16 * 16,  # by factors; by one number; by two
    },
    "activations": {
        "paper": 0,
        "thop": IN + 64 * (3 * 4 - 1),  # PReLU; softmax
        "ptflops": IN + 2 * IN + 2 * IN + IN + IN + IN,  # SiLU, GELU, PReLU, LeakyReLU, ReLU6, softmax
        "torchinfo": 1,
        "torchprofile": IN,  # LeakyReLU
        "torchstat": 3 * IN,  # PReLU, LeakyReLU, ReLU6
        "deepspeed": 5 * IN,  # SiLU, GELU, PReLU, LeakyReLU, softmax; ReLU6 calls hardtanh
    },
    "masked": {
        "paper": CONV + FC,
        "fvcore": CONV + FC + ACT,
        "thop": CONV + FC + (64 + 1) * 6,
        "ptflops": CONV + ACT + FC + 5 + 2 * ACT,  # bias; pooling twice
        "ptflops-aten": CONV + ACT + FC + 5,
        "torchinfo": (180 + 4) * 64 + 20 + 5,  # ones of the masks
        "torchprofile": CONV + FC + 6 + (216 + 6 + 30),  # masks are products
        "torch": 2 * (CONV + FC),
        "torchstat": CONV + ACT + FC,
        "deepspeed": 2 * (CONV + FC) + ACT + ACT,
    },
    "remade": {
        "paper": CONV + FC + 6 * 36 + 6,  # a matrix by a vector, and that by a vector
        "fvcore": CONV + FC + ACT,
        "thop": CONV + FC + (64 + 1) * 6,
        "ptflops": CONV + ACT + FC + 5 + 2 * ACT,
        "ptflops-aten": CONV + ACT + FC + 5,
        "torchinfo": 6 * 216 + 6 * 64 + 5 * (5 + 30) + 5,  # ``weight_orig``, ``weight_g``, ``weight_v``: as recurrent
        "torchprofile": CONV + FC + 6,
        "torch": 2 * (CONV + FC),
        "torchstat": CONV + ACT + FC,
        "deepspeed": 2 * (CONV + FC) + ACT + ACT,
    },
    "padded_by_name": {
        "paper": 10 * PLAIN,
        "fvcore": 0,
        "thop": 10 * PLAIN,
        "ptflops": 10 * PLAIN,
        "ptflops-aten": 10 * PLAIN,
        "torchinfo": 10 * PLAIN,
        "torchprofile": 0,
        "torch": 20 * PLAIN,
        "torchstat": 10 * PLAIN,
        "deepspeed": 20 * PLAIN,
    },
    "norms": {
        "paper": 0,
        "fvcore": (5 + 4 + 5 + 4 + 5 + 4) * IN,
        "thop": (4 + 2 + 4 + 2) * IN,
        "ptflops": (2 + 1 + 2 + 1 + 2 + 1) * IN,
        "torchinfo": 3 * 8,
        "torchprofile": 3 * IN,
        "torchstat": (2 + 1) * IN,
        "deepspeed": (5 + 4 + 5 + 4 + 5 + 4) * IN,
    },
    "products": {
        "paper": 64 + 64 + 8 + 512 + 2 * 4 * 512,  # mv, addmv, dot, addmm, addbmm, baddbmm
        "fvcore": 512,
        "thop": 0,
        "ptflops": 512 + 8 + 4 * 512 + IN,  # addmm to a vector, baddbmm to matrices
        "ptflops-aten": 512 + 64,
        "torchinfo": 0,
        "torchprofile": 64 + 512 + 4 * 512,
        "torch": 2 * (512 + 4 * 512),
        "torchstat": 0,
        "deepspeed": 2 * (512 + 4 * 512) + 8 + IN,
    },
    "sums": {
        "paper": PLAIN,
        "ptflops": PLAIN + IN,
        "torchprofile": PLAIN + IN,
        "deepspeed": 2 * PLAIN + IN,
    },
    "ranks": {
        "paper": 0,
        "ptflops": 8 * IN,  # 1x4x8x8 and 8 as 8x4x8x8
        "torchprofile": IN,
        "deepspeed": 8 * IN,
    },
    "resized": {
        "paper": 0,
        "fvcore": 4 * IN,  # F.upsample
        "thop": 0,
        "ptflops": 2 * 4 * IN + 3 * 4 * IN + 2 * IN + IN + 2 * IN,
        "torchprofile": 4 * 4,  # pooling
        "deepspeed": 2 * 4 * IN + 16 * 16 + 4 * IN + 16 + 2 * IN + IN + 2 * 8 * 8,
    },
}  # fmt: skip


def conventions(name: str) -> dict[str, Convention]:
    graph = trace_model(NETS[name]().eval(), [SHAPE])
    return {convention.name: convention for convention in apply_all(graph)}


@pytest.mark.parametrize("name", NETS)
def test_totals(name: str) -> None:
    found = conventions(name)
    assert {counter: found[counter].total for counter in TOTALS[name]} == TOTALS[name]


@pytest.mark.parametrize("name", NETS)
def test_the_parts_add_up_to_what_a_total_differs_by(name: str) -> None:
    found = conventions(name)
    assert list(found) == list(REGISTRY)
    for convention in found.values():
        off = convention.total - convention.per_mac * found["paper"].total
        assert sum(part.amount for part in convention.parts) == off, convention.name
        assert all(part.amount and part.reason for part in convention.parts)


def test_a_part_names_what_it_is_for() -> None:
    found = conventions("classic")
    assert {part.reason: part.amount for part in found["thop"].parts} == {
        "normalisation: 4 an element": 4 * ACT,
        "adaptive average pooling: its window and 1 an output element": 17 * 6,
    }
    assert {part.reason: part.amount for part in found["ptflops"].parts} == {
        "normalisation: 2 an element": 2 * ACT,
        "activations: 1 an element": ACT,
        "activations counted again in the function the module calls: 1 an element": ACT,
        "pooling: 1 an input element": ACT + POOLED,
        "pooling counted again in the function the module calls: 1 an input element": ACT + POOLED,
        "bias: 1 an output element": ACT + 5,
    }


def test_what_no_counter_has_a_formula_for() -> None:
    def run(net: Net, x: Tensor) -> Tensor:
        scaled = F.interpolate(F.adaptive_avg_pool3d(x, 2), scale_factor=2) * torch.vdot(net.v, net.v)
        return F.interpolate(scaled, scale_factor=2, mode="trilinear")

    graph = trace_model(Net(run, v=nn.Parameter(torch.ones(6))), [(1, 3, 4, 4, 4)])
    found = {convention.name: convention.total for convention in apply_all(graph)}
    assert found["paper"] == 6
    assert found["fvcore"] == found["torch"] == found["ptflops-aten"] == 0
    assert found["torchprofile"] == 3 * 8 + 3 * 64  # a pool and a product


def test_deepspeed_prints_macs_as_well() -> None:
    figures = {figure.label: figure.value for figure in conventions("tokens")["deepspeed"].figures}
    assert figures["MACs"] == LINEAR + SCORES


def test_the_batch_counts_as_often_as_it_has_images() -> None:
    one, three = (
        {c.name: c.total for c in apply_all(trace_model(NETS["classic"]().eval(), [(n, *SHAPE[1:])]))}
        for n in (1, 3)
    )
    # torchstat and torchinfo too: parameters times images, activations of the whole batch
    assert three == {name: 3 * total for name, total in one.items()}


def test_the_totals_of_mobilenet_v2() -> None:
    from cnnprof.zoo.sources import find_source

    graph = trace_model(find_source("mobilenet_v2", {}).build(False, 0), [(1, 3, 224, 224)])
    assert {convention.name: convention.total for convention in apply_all(graph)} == {
        "paper": 300_774_272,
        "fvcore": 314_193_216,
        "thop": 327_486_720,
        "ptflops": 320_300_008,
        "ptflops-aten": 300_775_272,
        "torchinfo": 300_809_384,
        "torchprofile": 307_453_664,
        "torch": 601_548_544,
        "torchstat": 320_236_288,
        "deepspeed": 614_967_488,
    }

"""Layers that a counter's total is not claimed for, told in what it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from tests.cost.counter_layers import LAYERS, Weighted, first_of, lstm_projected
from tests.cost.counter_nets import Run, Shape
from tests.cost.test_conventions_layers import conventions

MULTIHEAD = "nn.MultiheadAttention and the nn.Transformer layers around it"
KEYWORD = "layers called by keyword, which it fails at"


def excepted(model: nn.Module, shape: Shape) -> dict[str, str]:
    """The counters that are not reproduced for a layer of the network, and the layer."""
    counts = {
        name: said.counts.partition("; not reproduced here: ")
        for name, said in conventions(model, shape).items()
    }
    return {name: layers for name, (_, found, layers) in counts.items() if found}


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

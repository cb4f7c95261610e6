"""Networks that torch has quantised: rounded to integers and back between their layers, or in one step for training."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from cnnprof.cost.count import count_graph
from cnnprof.records.counts import Counts
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net

Round = Callable[[Tensor], Tensor]
P = 8 * 8  # numbers of one channel
CONV = 4 * 3 + 4 * 4  # numbers of both weights


def by_integers(x: Tensor) -> Tensor:
    """As ``convert_to_reference_fx`` writes it."""
    return torch.quantize_per_tensor(x, 0.1, 0, torch.quint8).dequantize()


def exported(x: Tensor) -> Tensor:
    """As PT2E writes it."""
    ops = torch.ops.quantized_decomposed
    integers = ops.quantize_per_tensor(x, 0.1, 0, 0, 255, torch.uint8)
    rounded: Tensor = ops.dequantize_per_tensor(integers, 0.1, 0, 0, 255, torch.uint8)
    return rounded


def trained(x: Tensor) -> Tensor:
    """As a network is that is trained for integers."""
    return torch.fake_quantize_per_tensor_affine(x, 0.1, 0, 0, 255)


def counted(rounding: Round) -> Counts:
    """Two 1x1 convolutions of an 8x8 picture, all that goes between them rounded."""

    def forward(net: Net, x: Tensor) -> Tensor:
        return rounding(net.second(rounding(net.first(rounding(x)).relu())))

    first, second = nn.Conv2d(3, 4, 1, bias=False), nn.Conv2d(4, 4, 1, bias=False)
    return count_graph(trace_model(Net(forward, first=first, second=second), [(1, 3, 8, 8)]))


# Tensors of quint8 are going, and still there.
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize("rounding", [by_integers, exported])
def test_between_layers_only_integers_move(rounding: Round) -> None:
    if rounding is exported:
        pytest.importorskip("torch.ao.quantization.fx._decomposed")
    counts = counted(rounding)
    assert counts.uncounted_ops == ()
    assert counts.flops == 2 * counts.macs + 6 * (3 + 4 + 4) * P + 4 * P
    # The picture and the result are floats to the caller, and what is between takes a byte a number; the weights four.
    picture, result = (4 + 1) * 3 * P, (1 + 4) * 4 * P
    assert counts.memory_fused_bytes == picture + (3 + 4) * P + (4 + 4) * P + result + 4 * CONV


def test_rounding_for_training_joins_the_layer_before_it() -> None:
    counts = counted(trained)
    assert counts.uncounted_ops == ()
    assert counts.flops == 2 * counts.macs + 6 * (3 + 4 + 4) * P + 4 * P
    assert counts.memory_bytes == 4 * (2 * (3 + 4 + 4) * P + (3 + 4) * P + 2 * 4 * P + (4 + 4) * P + CONV)
    assert counts.memory_fused_bytes == 4 * (2 * 3 * P + (3 + 4) * P + (4 + 4) * P + CONV)

"""Elementwise results keep the layout of their inputs, on which depends whether a later view has to copy."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnprof.trace.rules.shapes import elementwise_strides
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net


@st.composite
def laid_out(draw: st.DrawFn, shape: tuple[int, ...]) -> Tensor:
    """A tensor of that shape with its dimensions in any order in memory, with gaps, or broadcast along some."""
    order = draw(st.permutations(range(len(shape))))
    sizes = [1 if draw(st.integers(0, 5)) == 0 else shape[dim] for dim in order]
    gaps = [size * draw(st.integers(1, 2)) for size in sizes]
    stored = torch.empty(gaps)[tuple(slice(0, size) for size in sizes)]
    return stored.permute([order.index(dim) for dim in range(len(shape))]).expand(shape)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)))
    return draw(laid_out(shape)), draw(laid_out(shape))


@given(pairs())
@settings(max_examples=300)
def test_strides_are_torchs(pair: tuple[Tensor, Tensor]) -> None:
    for tensors, real in ((pair, pair[0] + pair[1]), (pair[:1], pair[0].abs())):
        if all(tensor.is_contiguous() for tensor in tensors):
            continue  # contiguous inputs give a contiguous result, whatever their other readings
        ours = elementwise_strides(tuple(real.shape), [tensor.stride() for tensor in tensors])
        wide = [dim for dim, size in enumerate(real.shape) if size > 1]
        assert [ours[dim] for dim in wide] == [real.stride()[dim] for dim in wide]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.BatchNorm2d(8),
        nn.MaxPool2d(3, 1, 1),
        nn.AvgPool2d(3, 1, 1),
        nn.ReLU(),
    ],
)
def test_channels_that_come_last_stay_last(layer: nn.Module) -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).contiguous()  # type: ignore[no-any-return]

    with torch.no_grad():
        assert layer.eval()(torch.zeros(2, 12, 10, 8).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).is_contiguous()
    assert "copy" not in [op.kind for op in trace_model(Rows(), [(2, 12, 10, 8)]).ops]


@pytest.mark.parametrize("join", [lambda x: torch.cat((x, x), dim=1), nn.PReLU(8)])
def test_what_is_joined_or_sloped_keeps_its_channels_last(join: Any) -> None:
    net = Net(lambda net, x: join(x.to(memory_format=torch.channels_last)).contiguous())
    real = join(torch.ones(1, 8, 6, 5).to(memory_format=torch.channels_last))
    assert real.is_contiguous(memory_format=torch.channels_last)
    kinds = [op.kind for op in trace_model(net.eval(), [(1, 8, 6, 5)]).ops if op.kind != "view"]
    assert (kinds[0], kinds[-1], len(kinds)) == ("copy", "copy", 3)


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 1, 2, 3), (0, 1, 3, 2)])
def test_attention_lies_in_memory_as_the_query_does(order: tuple[int, ...]) -> None:
    def attend(x: Tensor) -> Tensor:
        q = x.permute(order)
        return nn.functional.scaled_dot_product_attention(q, q, q)

    copies = attend(torch.ones(1, 6, 6, 6)).transpose(1, 2).is_contiguous()
    net = Net(lambda net, x: attend(x).transpose(1, 2).reshape(1, 6, 36))
    kinds = [op.kind for op in trace_model(net, [(1, 6, 6, 6)]).ops]
    assert (kinds[-1] == "view") == copies

"""Elementwise results keep the layout of their inputs, on which depends whether a later view has to copy."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cnnprof.trace.shapes import elementwise_strides


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

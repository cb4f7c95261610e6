"""Attention as torch runs it on the CPU: fused, which counters see nothing of, or as two matrix products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.torch_version import TorchVersion

from cnnprof.cost.conventions.registry import apply_all
from cnnprof.trace.peers import run_peers
from cnnprof.trace.trace import trace_model
from tests.cost.counter_layers import Weighted
from tests.cost.counter_nets import Run, Shape

Attend = Callable[[Tensor], Tensor]
HEADS = (1, 2, 6, 8)
attend = F.scaled_dot_product_attention


def from_maps(net: Any, x: Tensor) -> Tensor:
    """Heads and positions are the last two of what a convolution returns, which attention wants the other way round."""
    parts = [part.reshape(1, 2, 4, 36).transpose(-1, -2) for part in net.conv(x).chunk(3, 1)]
    return attend(parts[0], parts[1], parts[2])


def from_tokens(x: Tensor) -> Tensor:
    """A linear layer returns positions first, then heads."""
    heads = x.reshape(1, 6, 2, 8).transpose(1, 2)
    return attend(heads, heads, heads)


def masked(*shape: int) -> Attend:
    return lambda x: attend(x, x, x, attn_mask=torch.zeros(shape))


FUSED: dict[str, tuple[Attend, Shape]] = {
    "four dimensions": (lambda x: attend(x, x, x), HEADS),
    "causal": (lambda x: attend(x, x, x, is_causal=True), HEADS),
    "mask of all": (masked(6, 6), HEADS),
    "mask of heads": (masked(1, 2, 6, 6), HEADS),
    "shared heads": (lambda x: attend(x, x[:, :1], x[:, :1], enable_gqa=True), HEADS),
    "expanded": (lambda x: attend(x, x[:, :1].expand(x.shape), x), HEADS),
    "heads from tokens": (from_tokens, (1, 6, 16)),
    "scaled": (lambda x: attend(x.transpose(1, 2) * 2, x.transpose(1, 2), x.transpose(1, 2).relu()), HEADS),
}
APART: dict[str, tuple[Attend, Shape, int]] = {
    "five dimensions": (lambda x: attend(x, x, x), (1, 1, 2, 6, 8), 2_304),
    "smaller values": (lambda x: attend(x, x, x[..., :4]), HEADS, 1_728),
    "mask of three dimensions": (masked(1, 6, 6), HEADS, 2_304),
    "dropout": (lambda x: attend(x, x, x, dropout_p=0.1), HEADS, 2_304),
    "broadcast keys": (lambda x: attend(x, x[:, :1], x), HEADS, 2_304),
    "broadcast batches": (lambda x: attend(x, x[:1], x[:1]), (2, 2, 6, 8), 4_608),
    "two dimensions": (lambda x: attend(x[0, 0], x[0, 0], x[0, 0]), HEADS, 1_152),
    "shared in threes": (lambda x: attend(x, x[:, :2], x[:, :1], enable_gqa=True), (1, 4, 6, 8), 4_608),
    "columns": (lambda x: attend(x.transpose(-1, -2), x.transpose(-1, -2), x.mT), HEADS, 2 * 2 * 64 * 12),
    "scaled columns": (lambda x: attend(x.mT * 2, x.mT.relu(), x.mT.contiguous()), HEADS, 2 * 2 * 64 * 12),
}

# Two products up to torch 2.13.
SINCE_2_14: dict[str, tuple[Attend, Shape, int]] = {
    "three dimensions": (lambda x: attend(x, x, x), (2, 6, 8), 2_304),
    "mask of three dimensions": (masked(1, 6, 6), (1, 6, 8), 1_152),
    "broadcast heads": (lambda x: attend(x, x[:, :1], x[:, :1]), HEADS, 2_304),
    "broadcast heads of three dimensions": (lambda x: attend(x, x[:1], x[:1]), (2, 6, 8), 2_304),
}


def totals(model: nn.Module, shape: Shape) -> dict[str, int]:
    return {said.name: said.total for said in apply_all(trace_model(model.eval(), [shape]))}


def agree(model: nn.Module, shape: Shape) -> dict[str, int]:
    """Our totals, once fvcore and torch have printed the same."""
    ours = totals(model, shape)
    for counter, peer in zip(("fvcore", "torch"), run_peers(model, [shape]), strict=True):
        assert peer.problem == ""
        assert ours[counter] == sum(amount for *_, amount in peer.amounts), counter
    return ours


@pytest.mark.parametrize("name", FUSED)
def test_fused_attention_is_nothing_to_counters_below_it(name: str) -> None:
    run, shape = FUSED[name]
    found = agree(Run(lambda _, x: run(x)), shape)
    assert (found["torch"], found["ptflops-aten"]) == (0, 0)
    assert found["paper"] > 0


@pytest.mark.parametrize("name", APART)
def test_other_attention_is_two_products(name: str) -> None:
    run, shape, flops = APART[name]
    found = agree(Run(lambda _, x: run(x)), shape)
    assert (found["torch"], found["ptflops-aten"], found["paper"]) == (flops, flops // 2, flops // 2)


@pytest.mark.parametrize("name", SINCE_2_14)
def test_what_is_fused_depends_on_torch(name: str) -> None:
    run, shape, before = SINCE_2_14[name]
    flops = 0 if TorchVersion(torch.__version__) >= "2.14" else before
    found = agree(Run(lambda _, x: run(x)), shape)
    assert (found["torch"], found["ptflops-aten"], found["paper"]) == (flops, flops // 2, before // 2)


def test_attention_over_the_positions_of_a_map() -> None:
    found = agree(Run(from_maps, conv=nn.Conv2d(8, 24, 1)), (1, 8, 6, 6))
    assert (found["torch"], found["ptflops-aten"]) == (55_296, 28_512)


def test_attention_with_a_mask_that_is_learned() -> None:
    found = agree(Weighted(lambda mask, x: attend(x, x, x, attn_mask=mask), 6, 6), HEADS)
    assert (found["torch"], found["ptflops-aten"]) == (2_304, 1_152)


@pytest.mark.parametrize(
    "run",
    [
        FUSED["shared heads"][0],
        SINCE_2_14["broadcast heads"][0],
        lambda x: attend(x[:, :1], x, x),
        lambda x: attend(x[0, 0], x[0, 0], x[0, 0]),
    ],
)
def test_torchprofile_is_not_claimed_for_what_it_fails_at(run: Attend) -> None:
    graph = trace_model(Run(lambda _, x: run(x)), [HEADS])
    said = {convention.name: convention.counts for convention in apply_all(graph)}
    layers = "; not reproduced here: attention without a batch, or whose query has another than key and value"
    assert [name for name, counts in said.items() if counts.endswith(layers)] == ["torchprofile"]


@pytest.mark.parametrize("run", [FUSED["four dimensions"][0], APART["smaller values"][0]])
def test_torchprofile_is_claimed_for_other_attention(run: Attend) -> None:
    graph = trace_model(Run(lambda _, x: run(x)), [HEADS])
    assert not any("not reproduced" in convention.counts for convention in apply_all(graph))


@pytest.mark.parametrize(("shape", "flops"), [(HEADS, 0), ((1, 1, 2, 6, 8), 2_304)])
def test_a_real_pass_counts_alike(shape: Shape, flops: int) -> None:
    def decided(_: Any, x: Tensor) -> Tensor:
        y = attend(x, x, x)
        return y if y.sum() > 1e9 else y.add(0)

    found = agree(Run(decided), shape)
    assert (found["fvcore"], found["torch"]) == (0, flops)

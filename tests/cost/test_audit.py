"""--verify names the op on which a counter and cnnprof differ, and why."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.cost.audit import audit
from cnnprof.cost.count import count_graph
from cnnprof.records.convention import Audit, PeerCount
from cnnprof.trace.peers import run_peers
from cnnprof.trace.trace import trace_model
from tests.trace.nets import Net, Residual


class Attend(nn.Module):
    """Fused attention of 5 tokens, 8 wide."""

    def forward(self, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(x, x, x)


def audits(model: nn.Module, shape: tuple[int, ...]) -> tuple[Audit, ...]:
    counts = count_graph(trace_model(model.eval(), [shape]))
    return tuple(audit(peer, counts) for peer in run_peers(model, [shape]))


def test_fused_attention_is_named() -> None:
    model = nn.Sequential(nn.Linear(8, 8), Attend())
    linear, attention = 3 * 5 * 8 * 8, 2 * 3 * 5 * 5 * 8
    for found, per_mac in zip(audits(model, (2, 3, 5, 8)), (1, 2), strict=True):
        assert found.ours == per_mac * 2 * (linear + attention)
        assert found.theirs == per_mac * 2 * linear
        (difference,) = found.differences
        assert (difference.kind, difference.path) == ("attention", "1")
        assert (difference.ours, difference.theirs) == (per_mac * 2 * attention, 0)
        assert "not counted by" in difference.reason
        assert "fused" in difference.reason


def test_what_only_the_counter_adds_is_named_once_an_operator() -> None:
    model = nn.Sequential(nn.Conv2d(4, 8, 1), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8))
    fvcore, flop_counter = audits(model, (1, 4, 6, 6))
    assert flop_counter.differences == ()
    assert flop_counter.ours == flop_counter.theirs == 2 * 36 * (8 * 4 + 8 * 8)
    (difference,) = fvcore.differences
    assert (difference.kind, difference.path) == ("batch_norm", "1 and 1 more")
    assert (difference.ours, difference.theirs) == (0, 2 * (2 * 8 * 36))
    assert "flops" in difference.reason


def test_the_differences_make_up_the_whole() -> None:
    for found in audits(Residual(), (2, 4, 6, 6)):
        assert found.theirs - found.ours == sum(d.theirs - d.ours for d in found.differences)


def test_a_counter_that_fails_says_why_and_does_not_hide_the_other() -> None:
    def untraceable(net: Net, x: Tensor) -> Tensor:
        if torch._C._get_tracing_state() is not None:
            raise NotImplementedError("not while traced")
        return torch.relu(net.conv(x))

    model = Net(untraceable, conv=nn.Conv2d(4, 4, 1))
    fvcore, flop_counter = audits(model, (1, 4, 6, 6))
    assert "not while traced" in fvcore.problem
    assert fvcore.differences == ()
    assert flop_counter.problem == ""
    assert flop_counter.ours == flop_counter.theirs == 2 * 36 * 16


def test_layers_that_the_two_count_differently() -> None:
    counts = count_graph(trace_model(nn.Sequential(nn.Conv2d(4, 4, 1)), [(1, 4, 6, 6)]))
    peer = PeerCount("other", "1", 1, (("0", "conv", 7), ("gone", "mm", 3)))
    found = audit(peer, counts)
    assert [(d.path, d.ours, d.theirs) for d in found.differences] == [("0", 36 * 16, 7), ("gone", 0, 3)]
    assert "differently" in found.differences[0].reason


def test_counters_leave_the_model_and_the_random_state() -> None:
    model = Residual().eval()
    before = torch.get_rng_state()
    names = set(vars(model)), [len(module._forward_hooks) for module in model.modules()]
    run_peers(model, [(1, 4, 6, 6)])
    assert torch.equal(torch.get_rng_state(), before)
    assert names == (set(vars(model)), [len(module._forward_hooks) for module in model.modules()])

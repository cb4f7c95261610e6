"""The independent counters' amounts, taken apart module by module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.trace.peers import run_peers


class Listed(nn.Module):
    """Two convolutions in a ModuleList, which is never called itself."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 1)])

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W -> N x 4 x H x W``."""
        for layer in self.layers:
            x = layer(x)
        return x


def test_layers_of_a_module_list_are_not_counted_twice() -> None:
    first, second = 8 * 8 * 4 * 3 * 9, 8 * 8 * 4 * 4
    for peer in run_peers(Listed(), [(1, 3, 8, 8)]):
        amounts = {path: amount for path, _, amount in peer.amounts}
        assert not peer.problem
        assert amounts == {"layers.0": first * peer.per_mac, "layers.1": second * peer.per_mac}


def test_an_input_that_does_not_fit_memory_is_a_problem_of_theirs() -> None:
    for peer in run_peers(Listed(), [(1, 3, 2**30, 2**30)]):
        assert peer.problem
        assert not peer.amounts


class Token(nn.Module):
    """A weight, seen as another shape, goes into a module, as a class token does."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.join = Join()

    def forward(self, x: Tensor) -> Tensor:
        """``N x L x 8 -> N x L+1 x 8``."""
        y: Tensor = self.join(x, self.token.expand(x.shape[0], -1, -1))
        return y


class Join(nn.Module):
    """Two sequences as one, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor, token: Tensor) -> Tensor:
        """``N x L x 8``, ``N x 1 x 8`` to ``N x L+1 x 8``."""
        y: Tensor = self.linear(torch.cat((token, x), 1))
        return y


def test_a_view_of_a_weight_that_goes_into_a_module() -> None:
    for peer in run_peers(Token(), [(1, 4, 8)]):
        assert not peer.problem
        assert sum(amount for _, _, amount in peer.amounts) == 5 * 8 * 8 * peer.per_mac

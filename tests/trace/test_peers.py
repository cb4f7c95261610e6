"""The independent counters' amounts, taken apart module by module."""

from __future__ import annotations

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

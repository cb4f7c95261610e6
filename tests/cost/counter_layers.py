"""Networks of layers that each counter sees in its own way: recurrent ones, functions made of others, replaced code."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.cost.counter_nets import Run, Shape


def first_of(layer: nn.Module) -> nn.Module:
    """A layer that returns its output and its state."""
    return Run(lambda net, x: net.layer(x)[0], layer=layer)


def after_convolution() -> nn.Module:
    """3x6x6 -> conv 8x4x4 -> 16 steps of 8 -> LSTM of 16 -> 5."""

    def forward(net: Any, x: Tensor) -> Tensor:
        steps = net.conv(x).flatten(2).transpose(1, 2)
        last: Tensor = net.linear(net.lstm(steps)[0][:, -1])
        return last

    lstm = nn.LSTM(8, 16, batch_first=True)
    return Run(forward, conv=nn.Conv2d(3, 8, 3, bias=False), lstm=lstm, linear=nn.Linear(16, 5))


def lstm() -> nn.Module:
    """5 steps of 8 -> 2 layers of 2 x 6."""
    return first_of(nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True))


def lstm_unbiased() -> nn.Module:
    """1 step of 5 pictures of 8 -> 2 layers of 6."""
    return first_of(nn.LSTM(8, 6, 2, bias=False))


def lstm_projected() -> nn.Module:
    """1 step of 2 pictures of 8 -> 2 layers of 2 x 3, their states of 6."""
    return first_of(nn.LSTM(8, 6, 2, proj_size=3, bidirectional=True))


def gru() -> nn.Module:
    """5 steps of 8 -> 6."""
    return first_of(nn.GRU(8, 6, batch_first=True))


def rnn() -> nn.Module:
    """5 pictures of 1 step of 8 -> 2 layers of 2 x 6."""
    return first_of(nn.RNN(8, 6, 2, bidirectional=True))


def cells() -> nn.Module:
    """One step of each kind of cell: 8 -> 6 -> 5 -> 4."""

    def forward(net: Any, x: Tensor) -> Tensor:
        y: Tensor = net.rnn(net.gru(net.lstm(x)[0]))
        return y

    return Run(forward, lstm=nn.LSTMCell(8, 6), gru=nn.GRUCell(6, 5, bias=False), rnn=nn.RNNCell(5, 4))


class Weighted(nn.Module):
    """A weight, and what is made of it and the input."""

    def __init__(self, forward: Callable[[Tensor, Tensor], Tensor], *shape: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.zeros(shape))
        self.run = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.run(self.factor, x)


def weight_first() -> nn.Module:
    """A matrix by 4 matrices: by the operator, the function and the method."""
    layers = [
        Weighted(lambda weight, x: weight @ x, 12, 12),
        Weighted(lambda weight, x: torch.matmul(weight, x), 12, 12),
        Weighted(lambda weight, x: weight.matmul(x), 12, 12),
    ]
    return nn.Sequential(*layers)


def squares() -> nn.Module:
    """An 8x8 matrix on the left and on the right of 4 of them: only the order tells what counters see."""
    left = Weighted(lambda weight, x: torch.matmul(weight, x), 8, 8)
    return nn.Sequential(left, Weighted(lambda weight, x: torch.matmul(x, weight), 8, 8))


def stack() -> nn.Module:
    """A 12x10 picture by 4 matrices of 10x12."""
    return Weighted(lambda weight, x: torch.matmul(x[:, 0], weight), 4, 10, 12)


def rms_norm() -> nn.Module:
    """A linear layer without bias, and the norm."""
    return nn.Sequential(nn.Linear(10, 10, bias=False), nn.RMSNorm(10))


def local_response() -> nn.Module:
    """1x1 convolution, and a norm over 3 channels."""
    return nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), nn.LocalResponseNorm(3))


def lp_pools() -> nn.Module:
    """4x12x10 -> 4x6x5 -> 4x2x2, the second by the largest."""
    return nn.Sequential(nn.LPPool2d(2, 2), nn.LPPool2d(float("inf"), 3, stride=2))


def indexed_pools() -> nn.Module:
    """4x12x10 -> 4x6x5 -> 4x3x2 with the places of the largest, and 4x30 -> 4x15."""

    def forward(net: Any, x: Tensor) -> Tensor:
        y: Tensor = net.pool(x)[0]
        rows = F.max_pool1d(y.flatten(2), 2, return_indices=True)[0]
        found: Tensor = rows[..., :6] + F.adaptive_max_pool2d(y, (3, 2), return_indices=True)[0].flatten(2)
        return found

    return Run(forward, pool=nn.MaxPool2d(2, return_indices=True))


def fractions() -> nn.Module:
    """4x12x10 -> 4x18x25 -> 4x27x37 -> 4x27x18, by factors that are no integers."""
    resized = Run(lambda _, x: F.interpolate(F.interpolate(x, scale_factor=1.5), scale_factor=(1.0, 0.5)))
    return nn.Sequential(nn.Upsample(scale_factor=(1.5, 2.5)), resized)


def composed() -> nn.Module:
    """Six products of 6x6 matrices, made by operators that a jit trace has no products in; dropout of the sum."""

    def forward(_: Any, x: Tensor) -> Tensor:
        matrix = x[0, 0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is deprecated, and in use
            y = torch.chain_matmul(matrix, matrix)  # type: ignore[no-untyped-call]
        y = y + torch.linalg.multi_dot([matrix, matrix, matrix])
        y = y + torch.linalg.matrix_power(matrix, 3) + torch.cov(matrix)
        return F.dropout(y, training=True) + F.alpha_dropout(y, training=True)

    return Run(forward)


def area() -> nn.Module:
    """4x12x10 -> 4x5x5 -> 4x10x10."""
    return nn.Sequential(
        nn.Upsample((5, 5), mode="area"), Run(lambda _, x: F.interpolate(x, (10, 10), mode="area"))
    )


def replaced() -> nn.Module:
    """A linear layer that doubles its input instead, between two convolutions."""
    linear = nn.Linear(10, 10, bias=False)
    linear.forward = lambda x: x * 2  # type: ignore[assignment, method-assign]
    return nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), linear, nn.Conv2d(4, 8, 3, bias=False))


def replaced_convolutions() -> nn.Module:
    """Convolutions, one of them transposed, that double their input instead."""
    layers = [nn.Conv2d(4, 4, 3, groups=2), nn.ConvTranspose2d(4, 4, 3)]
    for layer in layers:
        layer.forward = lambda x: x * 2
    return nn.Sequential(*layers)


def whole_operators() -> nn.Module:
    """Products that a jit trace sees under names of their own: one known, three not."""

    def forward(net: Any, x: Tensor) -> Tensor:
        y: Tensor = torch.multiply(x, x).multiply(x) + F.cosine_similarity(x, x).unsqueeze(1)
        right: Tensor = net.right.weight
        found: Tensor = torch.inner(y, right) + torch.tensordot(y, right, dims=([3], [1]))
        return found

    return Run(forward, right=nn.Linear(10, 3, bias=False))


LAYERS: dict[str, tuple[Callable[[], nn.Module], Shape]] = {
    net.__name__: (net, shape)
    for net, shape in (
        (after_convolution, (1, 3, 6, 6)), (lstm, (1, 5, 8)), (lstm_unbiased, (1, 5, 8)), (gru, (1, 5, 8)),
        (rnn, (1, 5, 8)), (cells, (1, 8)), (weight_first, (1, 4, 12, 10)), (squares, (1, 4, 8, 8)),
        (stack, (1, 4, 12, 10)), (rms_norm, (1, 10)), (local_response, (1, 4, 12, 10)), (lp_pools, (1, 4, 12, 10)),
        (area, (1, 4, 12, 10)), (replaced, (1, 4, 12, 10)), (replaced_convolutions, (1, 4, 12, 10)),
        (whole_operators, (1, 4, 12, 10)), (indexed_pools, (1, 4, 12, 10)),
        (fractions, (1, 4, 12, 10)), (composed, (1, 2, 6, 6)),
    )
}  # fmt: skip

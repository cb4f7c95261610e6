"""MicroNet: factorised convolutions and Dynamic Shift-Max (Li et al. 2021, arXiv:2108.05894)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import ChannelShuffle, Classifier, pointwise, relu6, round_channels
from cnnprof.zoo.networks.micronet_tables import CONFIGS, Block, Config

REDUCTION = 8
# Multipliers learned from the image lie in -2 .. 2 around their start.
REACH = 4.0


class DynamicShiftMax(nn.Module):
    """Each channel is mixed with one of the next group, by multipliers that the image decides.

    ``max over k of a_k x + b_k shift(x)``, with k = 1, 2 where ``fusions`` is 2, one sum where it is 1;
    a and b are ``N x C x 1 x 1``, from ``mean -> linear -> ReLU -> linear -> hard sigmoid``.
    """

    def __init__(
        self,
        channels: int,
        groups: int,
        reduction: int,
        fusions: int,
        scales: tuple[float, float],
        shifts: tuple[float, float],
    ) -> None:
        super().__init__()
        squeeze = round_channels(channels // reduction, 4)
        self.fusions, self.scales, self.shifts = fusions, scales, shifts
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.attend = nn.Sequential(
            nn.Linear(channels, squeeze),
            nn.ReLU(inplace=True),
            nn.Linear(squeeze, 2 * fusions * channels),
            nn.Hardsigmoid(),
        )
        # Channel j of group i meets channel j + 1 of group i + 1, around.
        size = channels // groups
        order = [(i + 1) % groups * size + (j + 1) % size for i in range(groups) for j in range(size)]
        self.register_buffer("order", torch.tensor(order), persistent=False)
        self.order: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """``N x C x H x W`` to the same shape."""
        batch, channels = x.shape[:2]
        multipliers = self.attend(self.pool(x).view(batch, channels)).view(batch, -1, 1, 1)
        parts = torch.split((multipliers - 0.5) * REACH, channels, dim=1)
        shifted = x[:, self.order]
        fused = [
            x * (parts[2 * k] + self.scales[k]) + shifted * (parts[2 * k + 1] + self.shifts[k])
            for k in range(self.fusions)
        ]
        return fused[0] if self.fusions == 1 else torch.max(fused[0], fused[1])


def row_and_column(
    inputs: int, expand: tuple[int, int], kernel: int, stride: int, dense: bool = False
) -> nn.Sequential:
    """Factorised depthwise convolution: k x 1 filters, then 1 x k filters on each of their outputs.

    ``N x inputs x H x W -> N x (inputs a b) x H/stride x W/stride`` for ``expand`` (a, b); with
    ``dense`` there are only a of the k x 1 filters, and they see all inputs.
    """
    columns, rows = expand
    hidden = columns if dense else inputs * columns
    half = kernel // 2
    groups = 1 if dense else inputs
    return nn.Sequential(
        nn.Conv2d(inputs, hidden, (kernel, 1), (stride, 1), (half, 0), groups=groups, bias=False),
        nn.BatchNorm2d(hidden),
        nn.Conv2d(hidden, hidden * rows, (1, kernel), (1, stride), (0, half), groups=hidden, bias=False),
        nn.BatchNorm2d(hidden * rows),
    )


def activation(channels: int, groups: int, fusions: int, reduction: int, config: Config) -> nn.Module:
    """ReLU6 where ``fusions`` is 0, else Dynamic Shift-Max."""
    if fusions == 0:
        return relu6()
    return DynamicShiftMax(channels, groups, reduction, fusions, config.scales, config.shifts)


def lite(inputs: int, hidden: int, block: Block, config: Config) -> list[nn.Module]:
    """Start of an early block: the depthwise convolution itself expands, ``inputs -> hidden``."""
    groups, fusions = block.groups_in[1], block.dynamic[1]
    layers = [
        row_and_column(inputs, block.expand, block.kernel, block.stride),
        activation(hidden, groups, fusions, REDUCTION * block.reduction, config),
        ChannelShuffle(groups),
    ]
    return [*layers, ChannelShuffle(hidden // 2)] if fusions else layers


def regular(inputs: int, hidden: int, block: Block, config: Config) -> list[nn.Module]:
    """Start of a later block: a grouped 1x1 convolution expands, then the depthwise one filters."""
    convolutions, groups = block.groups_in
    before, after, _ = block.dynamic
    reduction = REDUCTION * block.reduction
    layers = [
        pointwise(inputs, hidden, groups=convolutions, activation=None),
        activation(hidden, groups, before, reduction, config),
        ChannelShuffle(groups),
        row_and_column(hidden, (1, 1), block.kernel, block.stride),
        activation(hidden, hidden // groups, after, reduction, config),
    ]
    if before or after:
        layers.append(ChannelShuffle(hidden // (4 if before and after else 2)))
    return layers


def projection(hidden: int, block: Block, config: Config) -> list[nn.Module]:
    """End of a block: a grouped 1x1 convolution, ``hidden -> outputs``, a shift-sum and shuffles."""
    convolutions, groups = block.groups_out
    fusions, reduction = block.dynamic[2], REDUCTION * block.reduction // 2
    layers: list[nn.Module] = [pointwise(hidden, block.outputs, groups=convolutions, activation=None)]
    if fusions:
        layers.append(activation(block.outputs, groups, fusions, reduction, config))
    layers.append(ChannelShuffle(groups))
    return [*layers, ChannelShuffle(block.outputs // 2)] if fusions else layers


def expansion(inputs: int, hidden: int, block: Block, config: Config) -> list[nn.Module]:
    """The last block: the expanding half of a factorised 1x1 convolution alone."""
    convolutions, groups = block.groups_in
    fusions, reduction = block.dynamic[2], REDUCTION * block.reduction
    layers: list[nn.Module] = [pointwise(inputs, hidden, groups=convolutions, activation=None)]
    return [*layers, activation(hidden, groups, fusions, reduction, config)] if fusions else layers


class MicroBlock(nn.Module):
    """A block of one of the three kinds, with a shortcut where shapes allow."""

    def __init__(self, inputs: int, block: Block, config: Config) -> None:
        super().__init__()
        hidden = inputs * block.expand[0] * block.expand[1]
        self.residual = block.stride == 1 and inputs == block.outputs
        if block.groups_out[1] == 0:
            layers = expansion(inputs, hidden, block, config)
        else:
            start = regular if block.groups_in[0] else lite
            layers = start(inputs, hidden, block, config) + projection(hidden, block, config)
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        y: Tensor = self.layers(x)
        return y + x if self.residual else y


def linear_swish(inputs: int, outputs: int) -> nn.Sequential:
    """Linear layer with bias, batch norm and h-swish: ``N x inputs -> N x outputs``."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.Hardswish())


class MicroNet(Classifier):
    """``N x 3 x H x W -> N x num_classes``; batch norm and h-swish follow the last layer, too."""

    def __init__(self, config: Config, num_classes: int, dropout: float) -> None:
        super().__init__()
        channels = config.stem[0] * config.stem[1]
        stem = row_and_column(3, config.stem, 3, 2, dense=True)
        layers: list[nn.Module] = [stem, ChannelShuffle(config.stem[0]), relu6()]
        for block in config.blocks:
            layers.append(MicroBlock(channels, block, config))
            channels = block.outputs
        self.features = nn.Sequential(*layers)
        self.pool = nn.Sequential(relu6(), nn.AdaptiveAvgPool2d(1), nn.Hardswish())
        self.classifier = nn.Sequential(
            linear_swish(channels, config.head), nn.Dropout(dropout), linear_swish(config.head, num_classes)
        )


def micronet(size: str = "m0", num_classes: int = 1000, dropout: float | None = None) -> nn.Module:
    """MicroNet-M0 to M3 of the ICCV 2021 paper; ``dropout`` defaults to theirs (0.05, from M2 on 0.1)."""
    if size not in CONFIGS:
        raise ValueError(f"micronet has the sizes {', '.join(CONFIGS)}, not {size}")
    config = CONFIGS[size]
    return MicroNet(config, num_classes, config.dropout if dropout is None else dropout)

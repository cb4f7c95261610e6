"""What the builders of the blocks share: numbers of channels, and blocks stripped to their convolutions."""

from __future__ import annotations

from torch import nn

DECORATION = (nn.BatchNorm2d, nn.ReLU, nn.ReLU6)


def outputs_of(in_channels: int, out_channels: int | None) -> int:
    """``out_channels``, or as many as in where that is None. ValueError unless both are positive."""
    outputs = in_channels if out_channels is None else out_channels
    if min(in_channels, outputs) < 1:
        raise ValueError(f"in_channels and out_channels must be positive, not {in_channels} and {outputs}")
    return outputs


def unchanged(in_channels: int, out_channels: int | None) -> int:
    """The channels of a block that cannot change them. ValueError where it is asked to."""
    if outputs_of(in_channels, out_channels) != in_channels:
        raise ValueError(f"{in_channels} channels come in and stay, so out_channels cannot be {out_channels}")
    return in_channels


def check_groups(groups: int, *channels: int) -> None:
    """ValueError unless there are channels everywhere, and whole groups of them."""
    if groups < 1 or any(count < 1 or count % groups for count in channels):
        named = ", ".join(map(str, dict.fromkeys(channels)))
        raise ValueError(f"{groups} groups do not divide {named} channels")


def stripped(block: nn.Module) -> nn.Module:
    """The block without batch norms and activations: its convolutions alone, as textbooks count them."""
    for name, child in list(block.named_children()):
        if isinstance(child, DECORATION):
            block.add_module(name, nn.Identity())
        else:
            stripped(child)
    return block

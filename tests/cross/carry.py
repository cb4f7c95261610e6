"""Carries weights from a reference network into ours, layer by layer in the order the layers run."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def running_order(model: nn.Module, x: Tensor) -> list[nn.Module]:
    """Modules that hold weights or buffers themselves, in the order in which ``model(x)`` first enters them."""
    order: dict[int, nn.Module] = {}

    def enter(module: nn.Module, _inputs: object) -> None:
        if any(p is not None for p in (*module._parameters.values(), *module._buffers.values())):
            order.setdefault(id(module), module)

    hooks = [module.register_forward_pre_hook(enter) for module in model.modules()]
    try:
        with torch.no_grad():
            model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return list(order.values())


def randomise(model: nn.Module, seed: int = 0) -> None:
    """Weights and statistics under which no output vanishes: fan-in scaled weights, batch norm away from identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            if not tensor.is_floating_point():
                continue
            noise = torch.randn(tensor.shape, generator=generator)
            if name.endswith("running_var"):
                tensor.copy_(1 + 0.3 * noise.abs())
            elif tensor.dim() > 1:
                tensor.copy_(noise * (2 / tensor[0].numel()) ** 0.5)
            else:
                tensor.copy_(0.1 * noise + (1 if name.endswith("weight") else 0))


def own_tensors(module: nn.Module) -> list[Tensor]:
    """The floating-point weights and buffers of one module, without those of its children."""
    held = (*module._parameters.values(), *module._buffers.values())
    return [tensor for tensor in held if tensor is not None and tensor.is_floating_point()]


def carry(source: nn.Module, target: nn.Module, x: Tensor) -> None:
    """Copy all weights of ``source`` into ``target``; ValueError where the layers do not pair off in running order.

    A linear layer pairs with a 1x1 convolution of the same size.
    """
    theirs, ours = running_order(source, x), running_order(target, x)
    if len(theirs) != len(ours):
        raise ValueError(f"{len(theirs)} layers against {len(ours)}")
    for index, (a, b) in enumerate(zip(theirs, ours, strict=True)):
        give, take = own_tensors(a), own_tensors(b)
        if [t.numel() for t in give] != [t.numel() for t in take]:
            raise ValueError(f"layer {index}: {a} against {b}")
        with torch.no_grad():
            for tensor, into in zip(give, take, strict=True):
                into.copy_(tensor.reshape(into.shape))


def largest_difference(source: nn.Module, target: nn.Module, x: Tensor) -> float:
    """Largest output difference relative to the largest output, after carrying ``source``'s weights over."""
    randomise(source)
    source.eval()
    target.eval()
    carry(source, target, x)
    with torch.no_grad():
        a, b = source(x), target(x)
    return float((a - b).abs().max() / a.abs().max())

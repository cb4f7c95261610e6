"""What goes into a network and what comes out: random inputs, the same for every runtime, and outputs laid flat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass

import torch
from torch import Tensor

from cnnprof.runtimes.registry import Settings


def random_inputs(settings: Settings) -> tuple[Tensor, ...]:
    """One float32 tensor on the CPU for each input, of the shapes with the batch, whatever torch's defaults are.

    Random normal: never zeros or constants, whose speed is not that of pictures on every kernel. No two are alike, as
    their difference would be nothing but zeros. The caller's random state stays as it is.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    return tuple(
        torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu")
        for shape in settings.shapes
    )


def lay_flat(output: object) -> list[Tensor]:
    """The tensors of a network's output in order, out of tuples, lists, mappings and dataclasses."""
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, Mapping):
        return _all(output.values())
    if isinstance(output, (list, tuple)):
        return _all(output)
    if is_dataclass(output) and not isinstance(output, type):
        return _all(getattr(output, field.name) for field in fields(output))
    return []


def _all(parts: Iterable[object]) -> list[Tensor]:
    return [tensor for part in parts for tensor in lay_flat(part)]


def to_compare(output: object) -> list[Tensor]:
    """The output's tensors on the CPU, in memory of their own; magnitudes in float32, and what has no fraction as it
    is: a class or an index is a decision, and one beside it is no smaller an error than another.

    Of a complex tensor both parts come last, where ONNX has them.
    """
    return [
        tensor.detach().to(device="cpu", dtype=torch.float32 if is_magnitude(tensor) else None, copy=True)
        for tensor in map(_as_real, lay_flat(output))
    ]


def _as_real(tensor: Tensor) -> Tensor:
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def is_magnitude(tensor: Tensor) -> bool:
    """Whether its numbers measure something, so that two of them can be close."""
    return tensor.dtype.is_floating_point

"""Questions about a tensor: no ops. Most the tensor answers itself; where it lies is answered as with data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from cnnprof.trace.tape import Tape

_ASKED = (
    "size", "dim", "numel", "nelement", "stride", "is_contiguous", "storage_offset", "is_floating_point",
    "is_complex", "element_size", "__len__", "data_ptr", "ndimension", "__hash__",
)  # fmt: skip
_READ = (
    "shape", "dtype", "ndim", "is_meta", "requires_grad", "layout", "is_quantized",
    "is_sparse", "is_mkldnn", "grad_fn", "is_nested", "is_leaf", "itemsize", "nbytes",
)  # fmt: skip

# Answered by the tensor itself. Which of them exist depends on torch's version.
QUESTIONS = frozenset(
    [getattr(Tensor, name) for name in _ASKED if hasattr(Tensor, name)]
    + [getattr(Tensor, name).__get__ for name in _READ if hasattr(Tensor, name)]
    + [torch.is_tensor, torch.is_floating_point, torch.is_complex, torch.numel]
)


def _device(tape: Tape, tensor: Tensor) -> torch.device:
    return tape.inventory.device if tensor.is_meta else tensor.device


def _lies_on(kind: str) -> Callable[[Tape, Tensor], bool]:
    return lambda tape, tensor: _device(tape, tensor).type == kind


def _device_number(tape: Tape, tensor: Tensor) -> int:
    device = _device(tape, tensor)
    return -1 if device.type == "cpu" else device.index or 0


# Torch's older names of dtypes, which hold where a tensor lies as well.
TYPES = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
DTYPE_OF: Mapping[str, torch.dtype] = {
    f"{name}Tensor": getattr(torch, f"{name}Tensor").dtype for name in TYPES
}
NAME_OF = {dtype: name for name, dtype in DTYPE_OF.items()}


def _type(tape: Tape, tensor: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """``x.type()`` is ``torch.FloatTensor``; so asked for by that name, a tensor stays where it is."""
    if dtype is None:
        return _type_name(tape, tensor)
    named = DTYPE_OF.get(dtype.rpartition(".")[2]) if isinstance(dtype, str) else None
    wanted = dtype if isinstance(dtype, torch.dtype) else named or getattr(dtype, "dtype", None)
    if wanted is None or wanted == tensor.dtype:
        return NotImplemented if wanted is None else tensor
    out = tape.fresh(tuple(tensor.shape), wanted)
    tape.emit("copy", "type", (tensor,), (out,))
    return out


def _type_name(tape: Tape, tensor: Tensor) -> Any:
    name, kind = NAME_OF.get(tensor.dtype), _device(tape, tensor).type
    return f"torch.{'' if kind == 'cpu' else f'{kind}.'}{name}" if name else NotImplemented


def _requires_grad_(tape: Tape, tensor: Tensor, requires_grad: bool = True) -> Tensor:
    """A weight stays as it was found; of an activation nothing depends on it."""
    return tensor


# Networks branch on where a tensor lies: as long as they run on meta, all lie where the weights do.
ANSWERS: Mapping[Callable[..., Any], Callable[..., Any]] = {
    Tensor.device.__get__: _device,
    **{
        getattr(Tensor, f"is_{kind}").__get__: _lies_on(kind)
        for kind in ("cpu", "cuda", "mps", "xpu")
        if hasattr(Tensor, f"is_{kind}")
    },
    Tensor.get_device: _device_number,
    Tensor.type: _type,
    Tensor.requires_grad_: _requires_grad_,
}
